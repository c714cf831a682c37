import { type Instant, latest, plusMs, toInstant } from "./time";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * When to try again after `attempts` failures in a row: at the next tick after the first, then after 1, 2, 4, …
 * minutes, at most an hour. A service that requests a longer wait gets it, up to a day: an earlier attempt only makes
 * it refuse for longer.
 */
export const nextAttemptAt = (attempts: number, now: Date, retryAfterMs: number | null): Instant => {
  const waitMs = attempts <= 1 ? 0 : Math.min(minute * 2 ** (attempts - 2), hour);
  const at = toInstant(now);
  return latest(plusMs(at, waitMs), plusMs(at, Math.min(retryAfterMs ?? 0, day)));
};
