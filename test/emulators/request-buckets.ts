import { armError } from "./arm-errors";
import { type Answer, withHeaders } from "./wire";

/** Learn: request-limits-and-throttling. Key operations count as writes, although listing only reads (recordings). */
const limits = {
  reads: { capacity: 250, refillPerSecond: 25 },
  writes: { capacity: 200, refillPerSecond: 10 },
} as const;

/** Resource Manager's token buckets for one identity: one for reads and one for writes of each subscription. */
export class RequestBuckets {
  /** If off, requests are counted but never refused. */
  enforced = false;
  readonly #buckets = new Map<string, { readonly tokens: number; readonly filledAt: number }>();

  constructor(private readonly now: () => Date) {}

  /** The answer, with the rest of the bucket as a header; or 429, and the request is not applied. */
  answer(kind: keyof typeof limits, subscription: string, apply: () => Answer): Answer {
    const { capacity, refillPerSecond } = limits[kind];
    const name = `${kind} ${subscription.toLowerCase()}`;
    const at = this.now().getTime();
    const { tokens, filledAt } = this.#buckets.get(name) ?? { tokens: capacity, filledAt: at };
    const filled = Math.min(capacity, tokens + (Math.max(0, at - filledAt) / 1000) * refillPerSecond);
    const left = filled < 1 ? filled : filled - 1;
    this.#buckets.set(name, { tokens: left, filledAt: at });
    if (this.enforced && filled < 1) {
      return armError(
        429,
        "SubscriptionRequestsThrottled",
        `Number of ${kind.slice(0, -1)} requests for the subscription exceeded the limit.`,
        { "retry-after": `${Math.ceil((1 - filled) / refillPerSecond)}` },
      );
    }
    return withHeaders(apply(), { [`x-ms-ratelimit-remaining-subscription-${kind}`]: `${Math.floor(left)}` });
  }
}
