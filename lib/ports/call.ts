/** Every external call ends when `signal` aborts, which is before the caller's claim runs out. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

/** What a service gave for the record of a change. */
export interface Receipt {
  /** The service's id of the request, for an audit or a support case. */
  readonly requestId: string | null;
}
