import type { VirtualClock } from "../fakes/world/virtual-clock";

/** The reaction to one request: a status, possibly after some time; no answer; or no connection. */
export type Reaction = number | { readonly status: number; readonly afterMs: number } | "silence" | "refused";

export interface Received {
  readonly at: string;
  readonly id: string;
  readonly kind: string;
  /** For `AlarmCleared`: the alarm that has ended. */
  readonly cleared: string | null;
  /** Null for an alarm about the rotator as a whole. */
  readonly account: string | null;
  readonly reaction: Reaction;
}

interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly data: { readonly event: string; readonly kind?: string };
}

/** The webhook's receiver, which replaces `fetch`. */
export class Receiver {
  readonly received: Received[] = [];
  /** Called at each request. */
  reacts: (nth: number) => Reaction = () => 200;

  constructor(private readonly clock: VirtualClock) {}

  readonly fetch = async (_url: unknown, { body, signal }: RequestInit = {}): Promise<Response> => {
    if (typeof body !== "string") throw new TypeError("a webhook gets text");
    const event: CloudEvent = JSON.parse(body);
    const reaction = this.reacts(this.received.length + 1);
    this.received.push({
      at: this.clock.at,
      id: event.id,
      kind: event.data.event,
      cleared: event.data.kind ?? null,
      account: event.subject ?? null,
      reaction,
    });
    if (reaction === "refused") throw new TypeError("fetch failed");
    if (typeof reaction === "number") return new Response(null, { status: reaction });
    await this.#elapse(reaction === "silence" ? Number.POSITIVE_INFINITY : reaction.afterMs, signal);
    return new Response(null, { status: reaction === "silence" ? 200 : reaction.status });
  };

  async #elapse(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
    await this.clock.sleep(ms, signal ?? new AbortController().signal);
    if (signal?.aborted) throw new DOMException("timed out", "TimeoutError");
  }
}
