interface RateLimiterOptions {
  /** Maximum number of tokens at once, after a quiet time. */
  readonly capacity: number;
  readonly refillPerSecond: number;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Waits; rejects at once when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * A token bucket that is served in order of arrival. Each caller books its token at once, on credit if necessary, and
 * waits until the refill has paid for it; so no caller is overtaken and none polls.
 */
export class RateLimiter {
  readonly #options: RateLimiterOptions;
  #tokens: number;
  #countedAt: number;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    this.#tokens = options.capacity;
    this.#countedAt = options.now();
  }

  /** Waits for one token. Rejects when `signal` aborts, and gives the token back. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#refill();
    this.#tokens -= 1;
    if (this.#tokens >= 0) return;
    try {
      await this.#options.sleep((-this.#tokens / this.#options.refillPerSecond) * 1000, signal);
    } catch (error) {
      this.#tokens += 1;
      throw error;
    }
  }

  #refill(): void {
    const now = this.#options.now();
    const refilled = ((now - this.#countedAt) / 1000) * this.#options.refillPerSecond;
    this.#tokens = Math.min(this.#options.capacity, this.#tokens + refilled);
    this.#countedAt = now;
  }
}
