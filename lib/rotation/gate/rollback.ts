import type { GateConfig } from "../account-config";
import type { PublishedVersion } from "./consumer-checks";
import { formatDuration } from "../time/duration";
import type { InstanceReport } from "./signals";
import { type Instant, latest, msBetween, toInstant } from "../time/time";

/**
 * Why a published rotation is to be rolled back by itself, or null. Only an instance that is unhealthy on the published
 * version counts, and that is not forgotten (one that broke and fell silent still counts), from the publication on: one
 * that was unhealthy on the previous key already says nothing about the new one.
 */
export const rollbackDue = (
  gate: GateConfig,
  published: PublishedVersion,
  reports: readonly InstanceReport[],
  now: Date,
): string | null => {
  const limitMs = gate.rollbackWhenUnhealthyForMs;
  if (limitMs === null) return null;
  const since = (report: InstanceReport): Instant => latest(published.publishedAt, report.unhealthySince ?? report.at);
  const worst = reports.find(
    (report) =>
      !report.healthy &&
      msBetween(report.at, toInstant(now)) <= gate.forgetInstanceAfterMs &&
      report.secretVersion === published.version &&
      gate.consumers.some(({ name }) => name === report.consumer) &&
      msBetween(since(report), toInstant(now)) >= limitMs,
  );
  return worst === undefined
    ? null
    : `${worst.consumer}/${worst.instance} has been unhealthy on version ${published.version} since ${since(worst)}, ` +
        `longer than ${formatDuration(limitMs)}`;
};
