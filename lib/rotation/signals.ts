import type { Instant } from "./time";

/** What is known of one consumer instance: its newest signal, and since when it has been good without a break. */
export interface InstanceReport {
  readonly consumer: string;
  readonly instance: string;
  /** The instant the instance put on its newest signal, no later than its receipt. */
  readonly at: Instant;
  readonly receivedAt: Instant;
  readonly secretVersion: string;
  readonly healthy: boolean;
  readonly proven: boolean;
  readonly detail: string | null;
  /** Since when it has reported this version, healthy, without falling silent for longer than the freshness; null while unhealthy. */
  readonly goodSince: Instant | null;
  /** Since when every report since has carried a proof; null when the newest one did not. */
  readonly provenSince: Instant | null;
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

/**
 * What becomes of an instance's report when a signal arrives.
 * A later `at` replaces an earlier one, an earlier or equal one never does; but `healthy: false` always counts,
 * without moving `at` back: a late cry for help must shut the gate, and a replayed one can do no worse.
 */
export const mergeSignal = (
  known: InstanceReport | null,
  signal: IncomingSignal,
  receivedAt: Instant,
  freshnessMs: number,
): { readonly accepted: boolean; readonly report: InstanceReport } => {
  const at = signal.at < receivedAt ? signal.at : receivedAt;
  if (known !== null && at <= known.at) {
    return signal.healthy
      ? { accepted: false, report: known }
      : { accepted: true, report: { ...known, healthy: false, goodSince: null, detail: signal.detail ?? known.detail } };
  }
  const unbroken =
    known !== null &&
    known.secretVersion === signal.secretVersion &&
    Date.parse(receivedAt) - Date.parse(known.at) <= freshnessMs;
  return {
    accepted: true,
    report: {
      consumer: signal.consumer,
      instance: signal.instance,
      at,
      receivedAt,
      secretVersion: signal.secretVersion,
      healthy: signal.healthy,
      proven: signal.proven,
      detail: signal.detail,
      goodSince: signal.healthy ? ((unbroken ? known.goodSince : null) ?? receivedAt) : null,
      provenSince: signal.proven ? ((unbroken ? known.provenSince : null) ?? receivedAt) : null,
    },
  };
};
