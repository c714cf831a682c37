import type { ConsumerConfig, GateConfig } from "../account-config";
import { reportReasons } from "../reasons";
import {
  consumerChecks,
  type ConsumerView,
  type Fault,
  type PublishedVersion,
  readOlderVersion,
  runningOf,
  unhealthyInstance,
} from "./consumer-checks";
import type { ConsumerState, GoodState } from "./consumer-state";
import { type Grade, isWeaker, weakest } from "./grades";
import { hasLeft } from "./leaving";
import { type PlatformQuestion, platformState } from "../platforms/platform-state";
import { readsGoodSince } from "./readers";
import type { ReadersSeen } from "./readers-seen";
import {
  contradicted,
  healthUrlInstance,
  heardAt,
  type InstanceReport,
  isPseudo,
  platformInstance,
  refusedInstance,
} from "./signals";
import type { Confirmation } from "../moves/evidence";
import { type Sightings } from "./sightings";
import { type Instant, latest, latestOf, plusMs, toInstant } from "../time/time";

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
  sightings: Sightings,
  now: Date,
): ConsumerState => {
  const seen = seenOf(consumer, gate, published, sightings.reports, now);
  return unlessReads(seen, sightings.readers, shownState(seen, sightings));
};

/** A consumer that is good by all else is not while the vault's audit log speaks against it, nor was it before. */
const unlessReads = (seen: ConsumerView, readers: ReadersSeen | null, found: ConsumerState): ConsumerState => {
  if (found.state !== "Good") return found;
  const fault = readOlderVersion(seen, readers);
  if (fault !== null) return { state: "OnPreviousKey", ...fault };
  const since = readsGoodSince(seen.consumer, seen.published.version, readers);
  return since === null ? found : { ...found, goodSince: latest(found.goodSince, since) };
};

/** The state by reports and platform. */
const shownState = (seen: ConsumerView, { reports, platforms }: Sightings): ConsumerState => {
  const { consumer, gate, published, now } = seen;
  const healthUrlReport = healthUrlReportOf(consumer, reports);
  if (healthUrlReport?.healthy === false) return { state: "Unhealthy", ...faultOfHealthUrl(consumer, healthUrlReport) };
  const { platform } = consumer;
  if (platform === null) return strongEnough(seen, reportedState(seen, healthUrlReport));
  const running = runningOf(seen).length > 0;
  const shown = platformState(platform, { consumer, gate, published, platforms, reports: running, now });
  if (shown.state !== "Good") return shown;
  // What it reports beside that can shut its gate, and without a health URL it need not report.
  if (consumer.healthUrl === null && !running && seen.refused === null) return strongEnough(seen, shown);
  return strongEnough(seen, both(shown, reportedState(seen, healthUrlReport)));
};

/** The state by what its instances have reported. */
const reportedState = (seen: ConsumerView, healthUrlReport: InstanceReport | undefined): ConsumerState => {
  for (const state of reportReasons) {
    const fault = consumerChecks[state](seen);
    if (fault !== null) return { state, ...fault };
  }
  // A bad answer in between was a break as well, also where no instance has reported one.
  const since = latest(goodSince(seen), healthUrlReport?.goodSince ?? seen.published.publishedAt);
  return { state: "Good", goodSince: since, evidence: gradeOf(seen) };
};

const both = (one: GoodState, other: ConsumerState): ConsumerState =>
  other.state === "Good"
    ? {
        state: "Good",
        goodSince: latest(one.goodSince, other.goodSince),
        evidence: weakest(one.evidence, other.evidence),
      }
    : other;

const isSigned = ({ proven, unsigned }: InstanceReport): boolean => proven && unsigned === null;

const gradeOf = ({ known, left }: ConsumerView): Grade =>
  (known.length > 0 ? known : left).every(isSigned) ? "proof" : "report";

const strongEnough = ({ consumer, gate, known }: ConsumerView, found: ConsumerState): ConsumerState => {
  if (found.state !== "Good" || !isWeaker(found.evidence, gate.leastEvidence)) return found;
  const unsigned = found.evidence === "report" ? known.find((report) => !isSigned(report)) : undefined;
  const which = unsigned === undefined ? "" : `; ${consumer.name}/${unsigned.instance} has not signed its report`;
  return {
    state: "EvidenceTooWeak",
    detail:
      `${consumer.name} is good by evidence of grade ${found.evidence}, and gate.leastEvidence is ` +
      `${gate.leastEvidence}${which}`,
    since: found.goodSince,
  };
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
  { reports, platforms }: Sightings,
  now: Date,
): Fault => {
  const healthUrlReport = healthUrlReportOf(consumer, reports);
  if (healthUrlReport?.healthy === false) return faultOfHealthUrl(consumer, healthUrlReport);
  const seen = seenOf(consumer, gate, published, reports, now);
  const found = unhealthyInstance(seen);
  if (found !== null || consumer.platform === null) return found;
  const shown = platformState(consumer.platform, { consumer, gate, published, platforms, reports: false, now });
  return shown.state === "Unhealthy" ? { detail: shown.detail, since: shown.since } : null;
};

/**
 * What the gate may open by. Reports: of configured consumers, not forgotten, healthy, on the published version.
 * Platforms: of consumers that are good by theirs.
 */
export const confirmationsOf = (
  gate: GateConfig,
  published: PublishedVersion,
  { reports, platforms }: Sightings,
  now: Date,
): readonly Confirmation[] =>
  gate.consumers.flatMap((consumer) => [
    ...seenOf(consumer, gate, published, reports, now)
      .known.filter((report) => report.healthy && report.secretVersion === published.version && !contradicted(report))
      .map((report) => ({ ...report, evidence: isSigned(report) ? ("proof" as const) : ("report" as const) })),
    ...platformConfirmation({ consumer, gate, published, platforms, reports: false, now }),
  ]);

const platformConfirmation = (question: PlatformQuestion): readonly Confirmation[] => {
  const { consumer, published } = question;
  const found = consumer.platform === null ? null : platformState(consumer.platform, question);
  if (found?.state !== "Good") return [];
  return [
    {
      consumer: consumer.name,
      instance: platformInstance,
      at: found.goodSince,
      secretVersion: published.version,
      healthy: true,
      proven: false,
      evidence: found.evidence,
    },
  ];
};

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
  const streaks = known.map((report) => streakOf(report, seen));
  const starts = (consumer.instances === 0 ? [...known, ...left] : runningOf(seen))
    .map((report) => streakOf(report, seen).since)
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

const streakOf = (report: InstanceReport, { consumer, gate }: Pick<ConsumerView, "consumer" | "gate">): Streak => {
  const since = report.goodSince ?? report.receivedAt;
  const mustProve = consumer.proof === "required" || gate.leastEvidence === "proof";
  const provenSince = mustProve ? (report.provenSince ?? report.receivedAt) : since;
  return { since: latest(since, provenSince), joined: report.joinedHealthy && provenSince <= since };
};

/** Until when an instance that has left was not good; null where it always was. */
const breakOf = (report: InstanceReport, seen: ConsumerView): Instant | null => {
  if (report.goodSince === null || report.secretVersion !== seen.published.version) return report.leftAt;
  const { since, joined } = streakOf(report, seen);
  return joined ? null : since;
};
