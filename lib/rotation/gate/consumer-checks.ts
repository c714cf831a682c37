import type { ConsumerConfig, GateConfig } from "../account-config";
import type { ReportReason } from "../reasons";
import { formatDuration } from "../time/duration";
import { type Instant, latestOf, plusMs, toInstant } from "../time/time";
import { describeReader, readOfOlder } from "./readers";
import type { ReadersSeen } from "./readers-seen";
import { heardAt, type InstanceReport } from "./signals";
import { maxInstances, tooManyRemedy } from "./instance-limits";

export interface PublishedVersion {
  readonly version: string;
  readonly publishedAt: Instant;
  /** When the vault made it, by the vault's clock: at adoption long before the rotator found it. */
  readonly createdAt: Instant;
}

/** What the checks of one consumer know. */
export interface ConsumerView {
  readonly consumer: ConsumerConfig;
  readonly gate: GateConfig;
  readonly published: PublishedVersion;
  /** Reported within `forgetInstanceAfter`, and has not left. */
  readonly known: readonly InstanceReport[];
  readonly forgotten: readonly InstanceReport[];
  /** Has reported that it has ended, within `forgetInstanceAfter`. */
  readonly left: readonly InstanceReport[];
  /** Stands for instances whose reports were refused within `forgetInstanceAfter`; null where there is none. */
  readonly refused: InstanceReport | null;
  readonly now: Date;
}

export type Fault = { readonly detail: string; readonly since: Instant } | null;

const nameOf = (report: Pick<InstanceReport, "consumer" | "instance">): string =>
  `${report.consumer}/${report.instance}`;

/** The first report that shows a fault, as a sentence. */
const faultOf = (
  seen: ConsumerView,
  shows: (report: InstanceReport) => boolean,
  describe: (report: InstanceReport) => { readonly detail: string; readonly since: Instant },
): Fault => {
  const report = seen.known.find(shows);
  return report === undefined ? null : describe(report);
};

/** One that is refused may be on the previous key. */
const tooManyInstances = (consumer: string, at: Instant): Fault => ({
  detail:
    `${consumer} has ${maxInstances.toLocaleString("en")} instances, and reports of further ones are refused, ` +
    `last at ${at}: ${tooManyRemedy}`,
  since: at,
});

const maxNames = 20;

const someNames = (reports: readonly InstanceReport[]): string => {
  const names = reports.slice(0, maxNames).map(({ instance }) => instance);
  const more = reports.length - names.length;
  return more === 0 ? names.join(", ") : `${names.join(", ")} and ${more} more`;
};

/** The instances that count as required ones: an unsigned report does not bring back one that has left. */
export const runningOf = ({ known }: ConsumerView): readonly InstanceReport[] =>
  known.filter(({ leftAt }) => leftAt === null);

const lastHeard = ({ forgotten, left, gate }: ConsumerView): string => {
  const leftAt = latestOf(left, (report) => report.leftAt);
  if (leftAt !== null) return `; the last one that is known left at ${leftAt}`;
  const last = latestOf(forgotten, heardAt);
  return last === null
    ? ""
    : `, not heard of since ${last} (forgotten after ${formatDuration(gate.forgetInstanceAfterMs)})`;
};

/** Run in the order of `reportReasons`: the first that finds a fault is what log, status, page and alarm show. */
export const consumerChecks: Readonly<Record<ReportReason, (seen: ConsumerView) => Fault>> = {
  NoSignalYet: (seen) => {
    const { left, consumer, published } = seen;
    const running = runningOf(seen);
    if (running.length > 0 || (consumer.instances === 0 && left.length > 0)) return null;
    return {
      detail:
        `no instance of ${consumer.name} has reported version ${published.version}, ` +
        `published at ${published.publishedAt}${lastHeard(seen)}`,
      since: published.publishedAt,
    };
  },
  SignalStale: (seen) => {
    const freshFrom = plusMs(toInstant(seen.now), -seen.gate.signalFreshnessMs);
    return faultOf(
      seen,
      ({ at }) => at < freshFrom,
      (report) => ({
        detail:
          `${nameOf(report)} last reported at ${report.at}, on version ${report.secretVersion}, ` +
          `longer than ${formatDuration(seen.gate.signalFreshnessMs)} ago` +
          (report.unsigned === null ? "" : `; its unsigned reports, until ${heardAt(report)}, do not count`),
        since: plusMs(report.at, seen.gate.signalFreshnessMs),
      }),
    );
  },
  InstancesMissing: (seen) => {
    const { refused, consumer, published } = seen;
    if (refused !== null) return tooManyInstances(consumer.name, refused.at);
    const running = runningOf(seen);
    if (running.length >= consumer.instances) return null;
    return {
      detail:
        `${running.length} of ${consumer.instances} instances of ${consumer.name} have reported ` +
        `(${someNames(running)}); version ${published.version} was published at ${published.publishedAt}`,
      since: published.publishedAt,
    };
  },
  OnPreviousKey: (seen) =>
    faultOf(
      seen,
      (report) => otherVersionOf(report, seen) !== null,
      (report) => ({
        detail: `${nameOf(report)} reported ${otherVersionOf(report, seen)}`,
        since: seen.published.publishedAt,
      }),
    ),
  ProofMissing: (seen) =>
    faultOf(
      seen,
      ({ proven, unsigned }) => seen.consumer.proof === "required" && (!proven || unsigned !== null),
      ({ unsigned, ...report }) => {
        const { secretVersion, at } = unsigned ?? report;
        return { detail: `${nameOf(report)} reported version ${secretVersion} at ${at} without a proof`, since: at };
      },
    ),
  Unhealthy: (seen) => unhealthyInstance(seen),
};

/**
 * The version, other than the published one, that it has reported, signed or not; null where it has not. Where proof is
 * required, an unsigned report of the published one is a missing proof.
 */
const otherVersionOf = (report: InstanceReport, { consumer, published: { version } }: ConsumerView): string | null => {
  const { secretVersion, at, unsigned } = report;
  const named = unsigned?.secretVersion ?? secretVersion;
  if (unsigned !== null && named !== version)
    return `version ${named} at ${unsigned.at}, not ${version}${withoutProof}`;
  if (secretVersion === version || (unsigned !== null && consumer.proof === "required")) return null;
  const ignored = unsigned === null ? "" : "; its unsigned reports since then do not count";
  return `version ${secretVersion} at ${at}, not ${version}${ignored}`;
};

/** Of a consumer that is good by all else: a read in the vault's audit log that is later than its reports. */
export const readOlderVersion = ({ consumer, published, known }: ConsumerView, readers: ReadersSeen | null): Fault => {
  const reported = known.map(({ secretVersion, at }) => ({ version: secretVersion, at }));
  const read = readOfOlder(consumer, published.version, readers, reported);
  return (
    read && {
      detail:
        `${consumer.name} (${describeReader(read)}) last read version ${read.version} at ${read.lastAt}, by the ` +
        `vault's audit log, not ${published.version}, and has not reported that since`,
      since: published.publishedAt,
    }
  );
};

const withoutProof = ", without a proof after signed reports";

export const unhealthyInstance = (seen: ConsumerView): Fault =>
  faultOf(
    seen,
    ({ healthy, unsigned }) => !healthy || unsigned?.healthy === false,
    (report) => {
      const { unsigned } = report;
      const shown =
        report.healthy && unsigned !== null
          ? { ...unsigned, how: withoutProof }
          : { ...report, since: report.unhealthySince ?? report.at, how: "" };
      return {
        detail:
          `${nameOf(report)} is unhealthy on version ${shown.secretVersion}, as reported at ${shown.at}${shown.how}` +
          (shown.detail === null ? "" : `: ${shown.detail}`),
        since: shown.since,
      };
    },
  );
