import type { ConsumerConfig, GateConfig } from "../account-config";
import { type ConsumerReason, consumerReasons } from "../reasons";
import {
  consumerChecks,
  type ConsumerView,
  type Fault,
  type PublishedVersion,
  runningOf,
  unhealthyInstance,
} from "./consumer-checks";
import { hasLeft } from "./leaving";
import { contradicted, healthUrlInstance, heardAt, type InstanceReport, isPseudo, refusedInstance } from "./signals";
import { type Sightings } from "./sightings";
import { type Instant, latest, latestOf, plusMs, toInstant } from "../time/time";

/** The state of one consumer, seen from the published version. */
export type ConsumerState =
  | { readonly state: "Good"; readonly goodSince: Instant }
  | { readonly state: ConsumerReason; readonly detail: string; readonly since: Instant };

/**
 * Sightings with the reports of one consumer only: with many consumers, searching all reports for each of them takes
 * longer than everything else.
 */
export const sightingsByConsumer = (sightings: Sightings): ((consumer: ConsumerConfig) => Sightings) => {
  const known = new Map<string, InstanceReport[]>();
  for (const report of sightings.reports) {
    const own = known.get(report.consumer);
    if (own === undefined) known.set(report.consumer, [report]);
    else own.push(report);
  }
  return ({ name }) => ({ ...sightings, reports: known.get(name) ?? [] });
};

/** The state of `consumer` at `now`, from what is known of it; what is known of others is ignored. */
export const consumerState = (
  consumer: ConsumerConfig,
  gate: GateConfig,
  published: PublishedVersion,
  { reports }: Sightings,
  now: Date,
): ConsumerState => {
  const healthUrlReport = healthUrlReportOf(consumer, reports);
  if (healthUrlReport?.healthy === false) return { state: "Unhealthy", ...faultOfHealthUrl(consumer, healthUrlReport) };
  const seen = seenOf(consumer, gate, published, reports, now);
  for (const state of consumerReasons) {
    const fault = consumerChecks[state](seen);
    if (fault !== null) return { state, ...fault };
  }
  // A bad answer in between was a break as well, also where no instance has reported one.
  return { state: "Good", goodSince: latest(goodSince(seen), healthUrlReport?.goodSince ?? published.publishedAt) };
};

/** The last answer of its health URL, where it has one. */
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
  const all = reports.filter((report) => report.consumer === consumer.name);
  const own = all.filter((report) => !isPseudo(report));
  // Compared as text: with thousands of reports, parsing each of their instants takes longer than everything else.
  const knownFrom = plusMs(toInstant(now), -gate.forgetInstanceAfterMs);
  const isKnown = (report: InstanceReport): boolean => heardAt(report) >= knownFrom;
  const heard = own.filter(isKnown);
  return {
    consumer,
    gate,
    published,
    known: heard.filter((report) => !hasLeft(report)),
    left: heard.filter(hasLeft),
    forgotten: own.filter((report) => !isKnown(report)),
    refused: all.find((report) => report.instance === refusedInstance && isKnown(report)) ?? null,
    now,
  };
};

/**
 * What is unhealthy about a consumer, whatever else keeps the gate shut. One that is unhealthy and falls silent has not
 * recovered. One that broke on the new key is reported at once, not only when the last of the others has left the old
 * key.
 */
export const complaintOf = (
  consumer: ConsumerConfig,
  gate: GateConfig,
  published: PublishedVersion,
  { reports }: Sightings,
  now: Date,
): Fault => {
  const healthUrlReport = healthUrlReportOf(consumer, reports);
  if (healthUrlReport?.healthy === false) return faultOfHealthUrl(consumer, healthUrlReport);
  return unhealthyInstance(seenOf(consumer, gate, published, reports, now));
};

/**
 * The reports by which the gate may open: of configured consumers, not forgotten, healthy, on the published version.
 */
export const confirmationsOf = (
  gate: GateConfig,
  published: PublishedVersion,
  { reports }: Sightings,
  now: Date,
): readonly InstanceReport[] =>
  gate.consumers
    .flatMap((consumer) => seenOf(consumer, gate, published, reports, now).known)
    .filter((report) => report.healthy && report.secretVersion === published.version && !contradicted(report));

/** A consumer whose health URL does not answer is unhealthy, whatever its instances reported before. */
const faultOfHealthUrl = (consumer: ConsumerConfig, report: InstanceReport): NonNullable<Fault> => ({
  detail:
    `${consumer.name}: ${report.detail ?? "its health URL"}, last at ${report.at}, ` +
    `asked about version ${report.secretVersion}`,
  since: report.unhealthySince ?? report.at,
});

/**
 * Since when this consumer has been good without a break, given that every known instance is good now. The latest of
 * these: its n-th instance became good (its first, where none has to run); an instance that had not been good became so
 * (one that was good from its first report on only joined); one that had fallen silent was forgotten; one that was not
 * good left.
 */
const goodSince = (seen: ConsumerView): Instant => {
  const { consumer, gate, published, known, forgotten, left } = seen;
  const streaks = known.map((report) => streakOf(report, consumer));
  const starts = (consumer.instances === 0 ? [...known, ...left] : runningOf(seen))
    .map((report) => streakOf(report, consumer).since)
    .toSorted();
  const nth = Math.max(consumer.instances, 1);
  const lastForgotten = latestOf(forgotten, heardAt);
  return latest(
    published.publishedAt,
    ...starts.slice(nth - 1, nth),
    latestOf(streaks, ({ since, joined }) => (joined ? null : since)) ?? published.publishedAt,
    latestOf(left, (report) => breakOf(report, seen)) ?? published.publishedAt,
    lastForgotten === null ? published.publishedAt : plusMs(lastForgotten, gate.forgetInstanceAfterMs),
  );
};

interface Streak {
  readonly since: Instant;
  /** It began when the instance was first heard of. */
  readonly joined: boolean;
}

const streakOf = (report: InstanceReport, { proof }: ConsumerConfig): Streak => {
  const since = report.goodSince ?? report.receivedAt;
  const provenSince = proof === "required" ? (report.provenSince ?? report.receivedAt) : since;
  return { since: latest(since, provenSince), joined: report.joinedHealthy && provenSince <= since };
};

/** Until when an instance that has left was not good; null where it always was. */
const breakOf = (report: InstanceReport, { consumer, published }: ConsumerView): Instant | null => {
  if (report.goodSince === null || report.secretVersion !== published.version) return report.leftAt;
  const { since, joined } = streakOf(report, consumer);
  return joined ? null : since;
};
