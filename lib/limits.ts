import type { CallOptions } from "./ports/call";
import type { Clock } from "./ports/system";

export interface Limits {
  /** How long a claim lasts, in milliseconds; longer than the host lets a function run. */
  readonly claimMs: number;
  /** Longer than a request can stay in flight. */
  readonly quarantineMs: number;
  /** A list of keys is at most this far behind a regenerate, by the clocks of any two processes. */
  readonly keyListLagMs: number;
  /** The most that one external call may take. */
  readonly callMs: number;
  readonly dryRun: boolean;
  /** Events older than this are taken out of the history. */
  readonly historyKeepMs: number;
}

export interface AppLimits extends Limits {
  /** A tick begins no new step after this many milliseconds: well before the host ends the function. */
  readonly tickMs: number;
  /** A tick that has to look at more accounts than this hands them to the queue. */
  readonly fanOutAbove: number;
  /** An HTTP request takes no new step after this many milliseconds: well before the platform cuts its answer. */
  readonly requestMs: number;
  /** How long a request waits for another driver's claim, in milliseconds. */
  readonly claimWaitMs: number;
}

/** The options of one external call that may take at most `ms` milliseconds from now. */
export const callOptions = (clock: Pick<Clock, "abortAfter">, ms: number): CallOptions => ({
  signal: clock.abortAfter(ms),
});
