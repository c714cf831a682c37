import type { CallOptions } from "../ports/call";
import type { Ports } from "../ports/ports";
import { retried } from "../rotation/events/deliveries";
import type { Announcement } from "../rotation/events/events";
import type { Delivery } from "../rotation/record";
import { plusMs, toInstant } from "../rotation/time/time";
import { seconds } from "../rotation/time/units";

/** There may be a day's alarms to send, and an HTTP request may be waiting for the sender. */
const maxSendingMs = seconds(5);

interface Sent<E extends Announcement> {
  /** Still to be sent, in order. */
  readonly rest: readonly Delivery<E>[];
  /** Given up. */
  readonly dropped: readonly E[];
}

/**
 * In order; the first that cannot be sent holds up those after it, and nothing else. A slow receiver gets the rest the
 * next time.
 */
export const sendDeliveries = async <E extends Announcement>(
  { alerts, clock }: Pick<Ports, "alerts" | "clock">,
  deliveries: readonly Delivery<E>[],
  call: () => CallOptions,
): Promise<Sent<E>> => {
  const enoughAt = plusMs(toInstant(clock.now()), maxSendingMs);
  const dropped: E[] = [];
  let rest = deliveries;
  for (const delivery of deliveries) {
    const now = clock.now();
    if (delivery.nextAttemptAt > toInstant(now) || toInstant(now) >= enoughAt) break;
    const outcome = await alerts.deliver(delivery.event, call());
    const next = outcome === "failed" ? retried(delivery, now) : null;
    rest = next === null ? rest.slice(1) : [next, ...rest.slice(1)];
    if (outcome !== "delivered" && next === null) dropped.push(delivery.event);
    if (next !== null) break;
  }
  return { rest, dropped };
};

/** The line of an event that the webhook never got. */
export const alertDropped = ({ id, event, account }: Announcement) => ({
  event: "AlertDropped",
  account,
  detail: `the webhook did not take event ${id} (${event}); it is given up: check ROTATION_ALERT_WEBHOOK_URL`,
});
