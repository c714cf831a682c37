import type { ConsumerConfig, GateConfig } from "../account-config";
import { formatDuration } from "../time/duration";
import { type ConsumerReason, consumerReasons } from "../reasons";
import type { InstanceReport } from "./signals";
import { type Instant, latest, plusMs, toInstant } from "../time/time";

/** How one consumer stands towards the published version. */
export type ConsumerState =
  | { readonly state: "Good"; readonly goodSince: Instant }
  | { readonly state: ConsumerReason; readonly detail: string; readonly since: Instant };

/** The row that stands for a consumer's health URL itself: no instance of an app can have this name. */
export const healthUrlInstance = "(healthUrl)";

export interface PublishedVersion {
  readonly version: string;
  readonly publishedAt: Instant;
}

interface ConsumerView {
  readonly consumer: ConsumerConfig;
  readonly gate: GateConfig;
  readonly published: PublishedVersion;
  /** Heard of within `forgetInstanceAfter`. */
  readonly known: readonly InstanceReport[];
  readonly forgotten: readonly InstanceReport[];
  readonly now: Date;
}

type Fault = { readonly detail: string; readonly since: Instant } | null;

/** Reports by consumer: with many consumers, searching all reports for each of them takes longer than everything else. */
export const reportsByConsumer = (
  reports: readonly InstanceReport[],
): ((consumer: ConsumerConfig) => readonly InstanceReport[]) => {
  const known = new Map<string, InstanceReport[]>();
  for (const report of reports) {
    const own = known.get(report.consumer);
    if (own === undefined) known.set(report.consumer, [report]);
    else own.push(report);
  }
  return ({ name }) => known.get(name) ?? [];
};

const nameOf = (report: InstanceReport): string => `${report.consumer}/${report.instance}`;

/** The first report that shows a fault, told as a sentence. */
const faultOf = (
  seen: ConsumerView,
  shows: (report: InstanceReport) => boolean,
  tell: (report: InstanceReport) => { readonly detail: string; readonly since: Instant },
): Fault => {
  const report = seen.known.find(shows);
  return report === undefined ? null : tell(report);
};

/** Asked in the order of `consumerReasons`: the first that finds a fault is what log, status, page and alarm show. */
const checks: Readonly<Record<ConsumerReason, (seen: ConsumerView) => Fault>> = {
  NoSignalYet: ({ known, forgotten, consumer, gate, published }) => {
    if (known.length > 0) return null;
    const last = forgotten
      .map(({ at }) => at)
      .toSorted()
      .at(-1);
    const heard =
      last === undefined
        ? ""
        : `, not heard of since ${last} (forgotten after ${formatDuration(gate.forgetInstanceAfterMs)})`;
    return {
      detail: `no instance of ${consumer.name} has reported version ${published.version}, published at ${published.publishedAt}${heard}`,
      since: published.publishedAt,
    };
  },
  SignalStale: (seen) => {
    const freshFrom = plusMs(toInstant(seen.now), -seen.gate.signalFreshnessMs);
    return faultOf(
      seen,
      ({ at }) => at < freshFrom,
      (report) => ({
        detail: `${nameOf(report)} last reported at ${report.at}, on version ${report.secretVersion}, longer than ${formatDuration(seen.gate.signalFreshnessMs)} ago`,
        since: plusMs(report.at, seen.gate.signalFreshnessMs),
      }),
    );
  },
  InstancesMissing: ({ known, consumer, published }) =>
    known.length >= consumer.instances
      ? null
      : {
          detail: `${known.length} of ${consumer.instances} instances of ${consumer.name} have reported (${known.map(({ instance }) => instance).join(", ")}); version ${published.version} was published at ${published.publishedAt}`,
          since: published.publishedAt,
        },
  OnPreviousKey: (seen) =>
    faultOf(
      seen,
      ({ secretVersion }) => secretVersion !== seen.published.version,
      (report) => ({
        detail: `${nameOf(report)} reported version ${report.secretVersion} at ${report.at}, not ${seen.published.version}`,
        since: seen.published.publishedAt,
      }),
    ),
  ProofMissing: (seen) =>
    faultOf(
      seen,
      ({ proven }) => seen.consumer.proof === "required" && !proven,
      (report) => ({
        detail: `${nameOf(report)} reported version ${report.secretVersion} at ${report.at} without a proof`,
        since: report.at,
      }),
    ),
  Unhealthy: (seen) => unhealthyInstance(seen),
};

const unhealthyInstance = (seen: ConsumerView): Fault =>
  faultOf(
    seen,
    ({ healthy }) => !healthy,
    (report) => ({
      detail: `${nameOf(report)} is unhealthy on version ${report.secretVersion}, as reported at ${report.at}${report.detail === null ? "" : `: ${report.detail}`}`,
      since: report.unhealthySince ?? report.at,
    }),
  );

/** How `consumer` stands at `now`, from its reports; those of others are left aside. */
export const consumerState = (
  consumer: ConsumerConfig,
  gate: GateConfig,
  published: PublishedVersion,
  reports: readonly InstanceReport[],
  now: Date,
): ConsumerState => {
  const asked = healthUrlReportOf(consumer, reports);
  if (asked !== undefined && !asked.healthy) return { state: "Unhealthy", ...faultOfHealthUrl(consumer, asked) };
  const seen = seenOf(consumer, gate, published, reports, now);
  for (const state of consumerReasons) {
    const fault = checks[state](seen);
    if (fault !== null) return { state, ...fault };
  }
  // A bad answer in between was a break as well, also where no instance has reported one.
  return { state: "Good", goodSince: latest(goodSince(seen), asked?.goodSince ?? published.publishedAt) };
};

/** What its health URL answered last, where it has one. */
const healthUrlReportOf = (consumer: ConsumerConfig, reports: readonly InstanceReport[]): InstanceReport | undefined =>
  consumer.healthUrl === null
    ? undefined
    : reports.find((report) => report.consumer === consumer.name && report.instance === healthUrlInstance);

const seenOf = (
  consumer: ConsumerConfig,
  gate: GateConfig,
  published: PublishedVersion,
  reports: readonly InstanceReport[],
  now: Date,
): ConsumerView => {
  const own = reports.filter((report) => report.consumer === consumer.name && report.instance !== healthUrlInstance);
  // Compared as text: with thousands of reports, parsing each of their instants takes longer than everything else.
  const knownFrom = plusMs(toInstant(now), -gate.forgetInstanceAfterMs);
  const isKnown = (report: InstanceReport): boolean => report.at >= knownFrom;
  return {
    consumer,
    gate,
    published,
    known: own.filter(isKnown),
    forgotten: own.filter((report) => !isKnown(report)),
    now,
  };
};

/**
 * What a consumer complains of, whatever else keeps the gate shut: one that is unhealthy and falls silent has not recovered,
 * and one that broke on the new key is not to be heard of only when the last of the others has left the old one.
 */
export const complaintOf = (
  consumer: ConsumerConfig,
  gate: GateConfig,
  published: PublishedVersion,
  reports: readonly InstanceReport[],
  now: Date,
): Fault => {
  const asked = healthUrlReportOf(consumer, reports);
  if (asked !== undefined && !asked.healthy) return faultOfHealthUrl(consumer, asked);
  return unhealthyInstance(seenOf(consumer, gate, published, reports, now));
};

/** The reports by which the gate may open: of configured consumers, not forgotten, healthy, on the published version. */
export const confirmationsOf = (
  gate: GateConfig,
  published: PublishedVersion,
  reports: readonly InstanceReport[],
  now: Date,
): readonly InstanceReport[] =>
  gate.consumers
    .flatMap((consumer) => seenOf(consumer, gate, published, reports, now).known)
    .filter(({ healthy, secretVersion }) => healthy && secretVersion === published.version);

/** A consumer that does not answer when it is asked is unhealthy, whatever its instances said before. */
const faultOfHealthUrl = (consumer: ConsumerConfig, report: InstanceReport): NonNullable<Fault> => ({
  detail: `${consumer.name}: ${report.detail ?? "its health URL"}, last at ${report.at}, asked about version ${report.secretVersion}`,
  since: report.unhealthySince ?? report.at,
});

/**
 * Since when this consumer has been good without a break, given that every known instance is good now:
 * the latest of these: its n-th instance became good; an instance that had not been good became so
 * (one that was good from its first report on only joined); one that had fallen silent was forgotten.
 */
const goodSince = ({ consumer, gate, published, known, forgotten }: ConsumerView): Instant => {
  const streaks = known.map((report) => {
    const since = report.goodSince ?? report.receivedAt;
    const provenSince = consumer.proof === "required" ? (report.provenSince ?? report.receivedAt) : since;
    return { since: latest(since, provenSince), joined: report.joinedHealthy && provenSince <= since };
  });
  const starts = streaks.map(({ since }) => since).toSorted();
  return latest(
    published.publishedAt,
    ...starts.slice(consumer.instances - 1, consumer.instances),
    ...streaks.filter(({ joined }) => !joined).map(({ since }) => since),
    ...forgotten.map(({ at }) => plusMs(at, gate.forgetInstanceAfterMs)),
  );
};
