import { outgoingFetch } from "../outgoing/fetch";
import { createHmac } from "node:crypto";
import type { Alerts, Delivered } from "../ports/alerts";
import type { CallOptions } from "../ports/call";
import type { Clock } from "../ports/system";
import type { Wanted } from "../rotation/events/deliveries";
import type { Announcement } from "../rotation/events/events";
import { cloudEvent, slackMessage, teamsMessage } from "./webhook-formats";
import { seconds } from "../rotation/time/units";

export interface WebhookOptions {
  readonly url: string;
  readonly format: "cloudevents" | "teams" | "slack";
  /** Decoded; null where messages are not signed. */
  readonly secret: Buffer | null;
  readonly wanted: Wanted;
  /** The function app's name, or `local`. */
  readonly site: string;
  readonly clock: Clock;
}

const maxMs = seconds(5);
/**
 * After a failure the receiver is left alone for this long, so that a dead one does not cost every account of a tick
 * its time.
 */
const restMs = seconds(30);

/** One webhook for all accounts. */
export class Webhook implements Alerts {
  readonly wanted: Wanted;
  readonly #options: WebhookOptions;
  #restsUntil = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.wanted = options.wanted;
  }

  async deliver(event: Announcement, { signal }: CallOptions): Promise<Delivered> {
    const now = this.#options.clock.now().getTime();
    // Only differences count, and a clock that was set back must not make the rest last.
    if (now < this.#restsUntil && this.#restsUntil - now <= restMs) return "failed";
    const outcome = await this.#send(event, signal);
    this.#restsUntil = outcome === "failed" ? now + restMs : 0;
    return outcome;
  }

  async #send(event: Announcement, signal: AbortSignal): Promise<Delivered> {
    const { url, clock } = this.#options;
    const { body, contentType } = this.#message(event);
    try {
      const response = await outgoingFetch(url, {
        method: "POST",
        body,
        headers: { "content-type": contentType, ...this.#signature(event.id, body, clock.now()) },
        signal: AbortSignal.any([signal, clock.abortAfter(maxMs)]),
      });
      await response.body?.cancel();
      if (response.ok) return "delivered";
      // Standard Webhooks: the receiver wants no more of it.
      return response.status === 410 ? "gone" : "failed";
    } catch {
      return "failed";
    }
  }

  #message(event: Announcement): { readonly body: string; readonly contentType: string } {
    const { format, site } = this.#options;
    switch (format) {
      case "cloudevents":
        return { body: JSON.stringify(cloudEvent(event, site)), contentType: "application/cloudevents+json" };
      case "teams":
        return { body: JSON.stringify(teamsMessage(event)), contentType: "application/json" };
      case "slack":
        return { body: JSON.stringify(slackMessage(event)), contentType: "application/json" };
    }
  }

  /** Standard Webhooks (standardwebhooks.com): HMAC-SHA256 of id, time in seconds and body. */
  #signature(id: string, body: string, now: Date): Record<string, string> {
    const { secret } = this.#options;
    if (secret === null) return {};
    const timestamp = String(Math.floor(now.getTime() / 1000));
    const signature = createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`, "utf8").digest("base64");
    return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
  }
}

/** Where there is no webhook. */
export const noWebhook: Alerts = { wanted: null, deliver: async () => "gone" };
