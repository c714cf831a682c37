const capacity = 200;
const refillPerSecond = 10;

export interface Taken {
  readonly remaining: number;
  /** Seconds to wait; null if the write may proceed. */
  readonly retryAfterSeconds: number | null;
}

/** Resource Manager's token buckets for writes, one per subscription: 200, refilled with 10 per second. */
export class WriteBuckets {
  /** If off, they count but never refuse. */
  enforced = false;
  readonly #buckets = new Map<string, { readonly tokens: number; readonly filledAt: number }>();

  constructor(private readonly now: () => Date) {}

  take(subscription: string): Taken {
    const name = subscription.toLowerCase();
    const at = this.now().getTime();
    const { tokens, filledAt } = this.#buckets.get(name) ?? { tokens: capacity, filledAt: at };
    // A clock that was set back neither adds nor removes tokens.
    const filled = Math.min(capacity, tokens + (Math.max(0, at - filledAt) / 1000) * refillPerSecond);
    const left = Math.max(0, filled >= 1 ? filled - 1 : filled);
    this.#buckets.set(name, { tokens: left, filledAt: at });
    const refused = this.enforced && filled < 1;
    return {
      remaining: Math.floor(left),
      retryAfterSeconds: refused ? Math.ceil((1 - filled) / refillPerSecond) : null,
    };
  }
}
