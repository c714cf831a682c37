const capacity = 200;
const refillPerSecond = 10;

export interface Taken {
  readonly remaining: number;
  /** Seconds to wait; null where the write may go on. */
  readonly retryAfterSeconds: number | null;
}

/** Resource Manager's token bucket for the writes of one identity in one subscription: 200, refilled by 10 a second. */
export class WriteBucket {
  /** Off: it counts, but never refuses. */
  enforced = false;
  #tokens = capacity;
  #filledAt: number;

  constructor(private readonly now: () => Date) {
    this.#filledAt = now().getTime();
  }

  take(): Taken {
    const now = this.now().getTime();
    // A test's clock may stand before the bucket's: it must not drain it.
    const earned = (Math.max(0, now - this.#filledAt) / 1000) * refillPerSecond;
    this.#tokens = Math.min(capacity, this.#tokens + earned);
    this.#filledAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return { remaining: Math.floor(this.#tokens), retryAfterSeconds: null };
    }
    if (!this.enforced) return { remaining: 0, retryAfterSeconds: null };
    return { remaining: 0, retryAfterSeconds: Math.ceil((1 - this.#tokens) / refillPerSecond) };
  }
}
