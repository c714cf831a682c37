import { type Instant, latest, latestOf, plusMs } from "../time/time";
import { type ConsumerView, runningOf } from "./consumer-checks";
import { heardAt, type InstanceReport } from "./signals";

/**
 * Since when this consumer has been good without a break, given that every known instance is good now. The latest of
 * these: its n-th instance became good (its first, where none has to run); an instance that had not been good became so
 * (one that was good from its first report on only joined); one that had fallen silent was forgotten; one that was not
 * good left.
 */
export const goodSince = (seen: ConsumerView): Instant => {
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
