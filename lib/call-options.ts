import type { CallOptions, Clock } from "./ports";

/** The options of one external call that may take at most `ms` milliseconds from now. */
export const callOptions = (clock: Pick<Clock, "abortAfter">, ms: number): CallOptions => ({
  signal: clock.abortAfter(ms),
});
