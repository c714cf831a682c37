import { earliest, type Instant, latest, msBetween } from "../time/time";

/** What is known of one consumer instance: its newest signal, and since when it has been good without a break. */
export interface InstanceReport {
  readonly consumer: string;
  readonly instance: string;
  /** The instant the instance put on its newest signal, no later than its receipt. */
  readonly at: Instant;
  /**
   * The latest instant that it has ever signed, which is after `at` where its clock is ahead: nothing from before it is
   * new.
   */
  readonly latestSignedAt: Instant;
  readonly receivedAt: Instant;
  readonly secretVersion: string;
  readonly healthy: boolean;
  readonly proven: boolean;
  readonly detail: string | null;
  /**
   * Since when it has reported this version, healthy, without falling silent for longer than the freshness; null while
   * unhealthy.
   */
  readonly goodSince: Instant | null;
  /** Since when each report of that streak has carried a proof; null when the newest one did not. */
  readonly provenSince: Instant | null;
  /** Null while healthy. */
  readonly unhealthySince: Instant | null;
  /** The streak began when the instance was first heard of: joining is not a break of its consumer's soak. */
  readonly joinedHealthy: boolean;
}

/** One signal whose proof has been checked already. */
export interface IncomingSignal {
  readonly consumer: string;
  readonly instance: string;
  readonly at: Instant;
  readonly secretVersion: string;
  readonly healthy: boolean;
  readonly proven: boolean;
  readonly detail: string | null;
}

export interface SignalLimits {
  readonly signalFreshnessMs: number;
}

export interface MergedSignal {
  readonly accepted: boolean;
  readonly report: InstanceReport;
}

/**
 * The report of an instance after a signal.
 * A later `at` replaces an earlier one, an earlier or equal one never does; but `healthy: false` always counts,
 * without moving `at` back: a late unhealthy signal must shut the gate, and a replayed one can do no more.
 * An instant after the receipt is stored as the instant of receipt. A signed one still counts as sent at its own
 * instant: else a signal from a clock that is ahead would be new at each replay. An unsigned one does not, because any
 * caller could then outrank the instance.
 */
export const mergeSignal = (
  known: InstanceReport | null,
  signal: IncomingSignal,
  receivedAt: Instant,
  limits: SignalLimits,
): MergedSignal => {
  const at = earliest(signal.at, receivedAt);
  if (known !== null && (at <= known.at || signal.at <= known.latestSignedAt)) {
    return signal.healthy
      ? { accepted: false, report: known }
      : { accepted: true, report: lateUnhealthy(known, signal, receivedAt) };
  }
  const unbroken =
    known !== null &&
    known.secretVersion === signal.secretVersion &&
    msBetween(known.at, receivedAt) <= limits.signalFreshnessMs
      ? known
      : null;
  const streak = signal.healthy ? (unbroken?.goodSince ?? null) : null;
  return {
    accepted: true,
    report: {
      ...signal,
      at,
      latestSignedAt: latest(signal.proven ? signal.at : at, ...(known === null ? [] : [known.latestSignedAt])),
      receivedAt,
      goodSince: signal.healthy ? (streak ?? receivedAt) : null,
      provenSince: signal.proven ? (unbroken?.provenSince ?? receivedAt) : null,
      unhealthySince: signal.healthy ? null : (known?.unhealthySince ?? receivedAt),
      // One that comes back after it was forgotten is none: its consumer was not good for as long as it was missed.
      joinedHealthy: signal.healthy && (known === null || (streak !== null && known.joinedHealthy)),
    },
  };
};

const lateUnhealthy = (known: InstanceReport, signal: IncomingSignal, receivedAt: Instant): InstanceReport => ({
  ...known,
  healthy: false,
  // An unsigned report must not pass for a signed one.
  proven: known.proven && signal.proven,
  provenSince: signal.proven ? known.provenSince : null,
  detail: signal.detail ?? known.detail,
  goodSince: null,
  unhealthySince: known.unhealthySince ?? receivedAt,
  joinedHealthy: false,
});
