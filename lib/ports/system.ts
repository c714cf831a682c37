/** One line of JSON each. Never given an error of an SDK. */
export interface Log {
  write(level: "info" | "warn" | "error", line: Readonly<Record<string, unknown>> & { readonly event: string }): void;
}

export interface Clock {
  now(): Date;
  /** A signal that aborts `ms` milliseconds from now. */
  abortAfter(ms: number): AbortSignal;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Ids {
  /** A new ULID. */
  next(): string;
}
