import { type Instant, msBetween, toInstant } from "../time/time";

/** What is stored of a consumer on a platform, whichever it is. */
export interface PlatformBase {
  readonly consumer: string;
  readonly resourceId: string;
  /** The address of the secret, without a version. */
  readonly secret: string;
  /** The newest version of the secret at that time: all that is stored is about the time since it was published. */
  readonly version: string;
  /** The last time that all of it could be seen; null for never since this version was published. */
  readonly lookedAt: Instant | null;
  /** Why it could not be seen the last time; null where it could. */
  readonly problem: string | null;
  /** Since when each look has found it in order, without a break; null where the last one has not. */
  readonly goodSince: Instant | null;
}

/**
 * Since when it has been in order, where a look has just found it so. Looks that were further apart than a signal is
 * fresh have missed what was in between.
 */
export const streakAt = (
  before: Pick<PlatformBase, "goodSince" | "lookedAt"> | null,
  signalFreshnessMs: number,
  now: Date,
): Instant => {
  const at = toInstant(now);
  if (before?.goodSince == null || before.lookedAt === null) return at;
  return msBetween(before.lookedAt, at) <= signalFreshnessMs ? before.goodSince : at;
};
