import type { ConsumerConfig, GateConfig } from "../account-config";
import type { StateOf } from "../phases";
import { formatDuration } from "../time/duration";
import { type Instant, latest, msBetween, toInstant } from "../time/time";
import { hasLeft } from "./leaving";
import { heardAt, type InstanceReport, isPseudo } from "./signals";

/** An instance that is unhealthy on the new key, and since when. */
interface UnhealthyReport {
  readonly report: InstanceReport;
  readonly since: Instant;
}

/**
 * Only an unhealthy instance on the published version counts, also one that fell silent, as long as it is not
 * forgotten; from the publication on, because one that was unhealthy before says nothing about the new key. Where proof
 * is required, only proven reports count: else any caller could bring a leaked key back. A health URL that does not
 * answer is no unhealthy instance.
 */
const unhealthyReports = (
  gate: GateConfig,
  { active }: Pick<StateOf<"published">, "active">,
  reports: readonly InstanceReport[],
  now: Date,
): readonly UnhealthyReport[] =>
  reports.flatMap((report) => {
    const consumer = gate.consumers.find(({ name }) => name === report.consumer);
    if (consumer === undefined || !counts(report, consumer) || report.secretVersion !== active.version) return [];
    if (msBetween(heardAt(report), toInstant(now)) > gate.forgetInstanceAfterMs) return [];
    return [{ report, since: latest(active.publishedAt, unhealthySince(report, consumer)) }];
  });

/** Since when a consumer has been unhealthy on the new key, by reports that count; null where none is. */
export const unhealthyOnNewKeySince = (
  gate: GateConfig,
  state: Pick<StateOf<"published">, "active">,
  reports: readonly InstanceReport[],
  now: Date,
): Instant | null =>
  unhealthyReports(gate, state, reports, now)
    .map(({ since }) => since)
    .toSorted()[0] ?? null;

/**
 * Why a published rotation is rolled back by itself, or null. A rotation with `retireAfter` never is: an unhealthy
 * report could bring a leaked key back.
 */
export const rollbackDue = (
  gate: GateConfig,
  { active, rotation }: StateOf<"published">,
  reports: readonly InstanceReport[],
  now: Date,
): string | null => {
  const limitMs = gate.rollbackWhenUnhealthyForMs;
  if (limitMs === null || rotation.retireAfterMs !== null) return null;
  const found = unhealthyReports(gate, { active }, reports, now).find(
    ({ since }) => msBetween(since, toInstant(now)) >= limitMs,
  );
  if (found === undefined) return null;
  const { report, since } = found;
  return (
    `${report.consumer}/${report.instance} has been unhealthy on version ${active.version} since ${since}, ` +
    `longer than ${formatDuration(limitMs)}`
  );
};

const counts = (report: InstanceReport, { proof }: ConsumerConfig): boolean =>
  !report.healthy && !isPseudo(report) && !hasLeft(report) && (proof === "optional" || report.proven);

/** Where proof is required, the time counts from the first of the reports that have all been proven. */
const unhealthySince = (report: InstanceReport, { proof }: ConsumerConfig): Instant => {
  const since = report.unhealthySince ?? report.at;
  return proof === "required" ? latest(since, report.provenSince ?? report.at) : since;
};
