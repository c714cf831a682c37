import type { ConsumerConfig, GateConfig } from "../account-config";
import { platformState } from "../platforms/platform-state";
import { reportReasons } from "../reasons";
import { latest } from "../time/time";
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
import { isSigned, consumerViewOf } from "./consumer-view";
import { goodSince } from "./good-since";
import { type Grade, isWeaker, weakest } from "./grades";
import { readsGoodSince } from "./readers";
import type { ReadersSeen } from "./readers-seen";
import { healthUrlInstance, type InstanceReport } from "./signals";
import type { Sightings } from "./sightings";

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
  const seen = consumerViewOf(consumer, gate, published, sightings.reports, now);
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
  const seen = consumerViewOf(consumer, gate, published, reports, now);
  const found = unhealthyInstance(seen);
  if (found !== null || consumer.platform === null) return found;
  const shown = platformState(consumer.platform, { consumer, gate, published, platforms, reports: false, now });
  return shown.state === "Unhealthy" ? { detail: shown.detail, since: shown.since } : null;
};

/** A consumer whose health URL does not answer is unhealthy, whatever its instances reported before. */
const faultOfHealthUrl = (consumer: ConsumerConfig, report: InstanceReport): NonNullable<Fault> => ({
  detail:
    `${consumer.name}: ${report.detail ?? "its health URL"}, last at ${report.at}, ` +
    `asked about version ${report.secretVersion}`,
  since: report.unhealthySince ?? report.at,
});
