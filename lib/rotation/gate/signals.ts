import { earliest, type Instant, latest, msBetween } from "../time/time";

/** What is known of one consumer instance: its newest signal, and since when it has been good without a break. */
export interface InstanceReport {
  readonly consumer: string;
  readonly instance: string;
  /** The instant the instance put on the newest signal that counts, no later than its receipt. */
  readonly at: Instant;
  /**
   * The latest instant that it has ever signed, which is after `at` where its clock is ahead: nothing signed from
   * before it is new. Null while it has never proven itself.
   */
  readonly latestSignedAt: Instant | null;
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
  /** What unsigned reports have said since the newest signed one; null of an instance that does not sign. */
  readonly unsigned: UnsignedClaim | null;
  /** When it reported that it has ended; null of one that runs. */
  readonly leftAt: Instant | null;
}

/**
 * What unsigned reports have claimed of an instance that signs. It can only shut the gate: until a later signed report,
 * it stands beside the signed one and replaces nothing of it.
 */
export interface UnsignedClaim {
  /** Of the latest of them. */
  readonly at: Instant;
  /** The last one that is not the signed version, else that. */
  readonly secretVersion: string;
  /** None of them was unhealthy. */
  readonly healthy: boolean;
  readonly detail: string | null;
  /** When the first of them was received. */
  readonly since: Instant;
}

/** The row that stands for a consumer's health URL itself: no instance of an app can have this name. */
export const healthUrlInstance = "(healthUrl)";

/** The row that stands for the instances of a consumer whose reports are refused, because it has too many. */
export const refusedInstance = "(refused)";

/** Stands for what the platform of a consumer shows, in the history. */
export const platformInstance = "(platform)";

/** Whether it is the report of no instance of an app. */
export const isPseudo = ({ instance }: Pick<InstanceReport, "instance">): boolean => instance.startsWith("(");

/** When it was last heard of: an instance that signs is not forgotten while it still reports unsigned. */
export const heardAt = ({ at, unsigned }: InstanceReport): Instant => latest(at, unsigned?.at ?? at);

/** Whether unsigned reports say something against the signed one. */
export const contradicted = ({
  secretVersion,
  unsigned,
}: Pick<InstanceReport, "secretVersion" | "unsigned">): boolean =>
  unsigned !== null && (!unsigned.healthy || unsigned.secretVersion !== secretVersion);

/** One signal whose proof has been checked already. */
export interface IncomingSignal {
  readonly consumer: string;
  readonly instance: string;
  readonly at: Instant;
  readonly secretVersion: string;
  readonly healthy: boolean;
  readonly proven: boolean;
  readonly detail: string | null;
  /** The instance has ended. */
  readonly leaving: boolean;
}

export interface SignalLimits {
  readonly signalFreshnessMs: number;
  readonly forgetInstanceAfterMs: number;
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
 * instant: else a signal from a clock that is ahead would be new at each replay. An unsigned one does not.
 * Signed signals are compared with signed ones only, because any caller could otherwise outrank the instance. Of an
 * instance that has proven itself an unsigned signal replaces nothing.
 */
export const mergeSignal = (
  known: InstanceReport | null,
  signal: IncomingSignal,
  receivedAt: Instant,
  limits: SignalLimits,
): MergedSignal => {
  if (known !== null && !signal.proven && signs(known, receivedAt, limits))
    return withUnsigned(known, signal, receivedAt);
  const at = earliest(signal.at, receivedAt);
  if (known !== null && !isNew(known, signal, at)) {
    return signal.healthy
      ? { accepted: false, report: known }
      : { accepted: true, report: lateUnhealthy(known, signal, receivedAt) };
  }
  return { accepted: true, report: replaced(known, signal, at, receivedAt, limits) };
};

/**
 * Whether the instance has proven itself. One that has signed nothing for as long as it takes to forget an instance may
 * have gone back to unsigned reports.
 */
const signs = ({ latestSignedAt }: InstanceReport, receivedAt: Instant, limits: SignalLimits): boolean =>
  latestSignedAt !== null && msBetween(latestSignedAt, receivedAt) <= limits.forgetInstanceAfterMs;

export const isNew = ({ at: knownAt, latestSignedAt }: InstanceReport, signal: IncomingSignal, at: Instant): boolean =>
  (latestSignedAt === null || signal.at > latestSignedAt) && (signal.proven || at > knownAt);

/** The report that a new signal makes; `known`: the one before. */
export const replaced = (
  known: InstanceReport | null,
  { leaving, ...signal }: IncomingSignal,
  at: Instant,
  receivedAt: Instant,
  limits: SignalLimits,
): InstanceReport => {
  const claim = known?.unsigned ?? null;
  const unsigned = claim !== null && signal.proven && claim.at >= at ? claim : null;
  const good = signal.healthy && !contradicted({ ...signal, unsigned });
  const unbroken =
    known !== null &&
    known.leftAt === null &&
    known.secretVersion === signal.secretVersion &&
    msBetween(known.at, receivedAt) <= limits.signalFreshnessMs
      ? known
      : null;
  const streak = good ? (unbroken?.goodSince ?? null) : null;
  return {
    ...signal,
    at: latest(at, known?.at ?? at),
    latestSignedAt: signal.proven ? signal.at : (known?.latestSignedAt ?? null),
    receivedAt,
    goodSince: good ? (streak ?? receivedAt) : null,
    provenSince: signal.proven && unsigned === null ? (unbroken?.provenSince ?? receivedAt) : null,
    unhealthySince: signal.healthy ? null : (known?.unhealthySince ?? receivedAt),
    // One that comes back after it was forgotten is none: its consumer was not good for as long as it was missed.
    joinedHealthy:
      signal.healthy &&
      (known === null || (known.joinedHealthy && (streak !== null || leftGood(known, signal.secretVersion)))),
    unsigned,
    leftAt: leaving ? receivedAt : null,
  };
};

/** It ended while it was good on this version, with proofs if it signs: nothing was missed until it came back. */
const leftGood = (known: InstanceReport, version: string): boolean => {
  const { leftAt, goodSince, provenSince, latestSignedAt, secretVersion } = known;
  if (leftAt === null || goodSince === null || secretVersion !== version) return false;
  return latestSignedAt === null || (provenSince !== null && provenSince <= goodSince);
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

/** An unsigned signal of an instance that signs: it may shut the gate, open it never. */
const withUnsigned = (known: InstanceReport, signal: IncomingSignal, receivedAt: Instant): MergedSignal => {
  const at = earliest(signal.at, receivedAt);
  const isLate = at <= heardAt(known);
  if (isLate && signal.healthy) return { accepted: false, report: known };
  const before = known.unsigned ?? { at, secretVersion: known.secretVersion, healthy: true, detail: null };
  const names = isLate || signal.secretVersion === known.secretVersion ? before.secretVersion : signal.secretVersion;
  const unsigned: UnsignedClaim = {
    at: latest(at, before.at),
    secretVersion: names,
    healthy: signal.healthy && before.healthy,
    detail: signal.detail ?? before.detail,
    since: known.unsigned?.since ?? receivedAt,
  };
  const report = { ...known, provenSince: null, unsigned };
  const shown = contradicted(report) ? { ...report, goodSince: null, joinedHealthy: false } : report;
  return { accepted: true, report: shown };
};
