import type { ConsumerConfig, GateConfig } from "../account-config";
import type { StateOf } from "../phases";
import { formatDuration } from "../time/duration";
import { type Instant, latest, msBetween, toInstant } from "../time/time";
import { hasLeft } from "./leaving";
import { heardAt, type InstanceReport, isPseudo } from "./signals";

/**
 * Why a published rotation is rolled back by itself, or null. Only an unhealthy instance on the published version
 * counts, also one that fell silent, as long as it is not forgotten; from the publication on, because one that was
 * unhealthy before says nothing about the new key. Where proof is required, only proven reports count: else any caller
 * could bring a leaked key back. For the same reason a rotation with `retireAfter` is never rolled back by itself, and
 * a health URL that does not answer is no unhealthy instance.
 */
export const rollbackDue = (
  gate: GateConfig,
  { active, rotation }: StateOf<"published">,
  reports: readonly InstanceReport[],
  now: Date,
): string | null => {
  const limitMs = gate.rollbackWhenUnhealthyForMs;
  if (limitMs === null || rotation.retireAfterMs !== null) return null;
  for (const report of reports) {
    const consumer = gate.consumers.find(({ name }) => name === report.consumer);
    if (consumer === undefined || !counts(report, consumer)) continue;
    if (report.secretVersion !== active.version) continue;
    if (msBetween(heardAt(report), toInstant(now)) > gate.forgetInstanceAfterMs) continue;
    const since = latest(active.publishedAt, unhealthySince(report, consumer));
    if (msBetween(since, toInstant(now)) >= limitMs)
      return (
        `${report.consumer}/${report.instance} has been unhealthy on version ${active.version} since ${since}, ` +
        `longer than ${formatDuration(limitMs)}`
      );
  }
  return null;
};

const counts = (report: InstanceReport, { proof }: ConsumerConfig): boolean =>
  !report.healthy && !isPseudo(report) && !hasLeft(report) && (proof === "optional" || report.proven);

/** Where proof is required, the time counts from the first of the reports that have all been proven. */
const unhealthySince = (report: InstanceReport, { proof }: ConsumerConfig): Instant => {
  const since = report.unhealthySince ?? report.at;
  return proof === "required" ? latest(since, report.provenSince ?? report.at) : since;
};
