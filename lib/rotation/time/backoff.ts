import { type Instant, latest, plusMs, toInstant } from "./time";
import { days, hours, minutes } from "./units";

/**
 * When to try again after `attempts` failures in a row: at the next tick after the first, then after 1, 2, 4, …
 * minutes, at most an hour. A service that requests a longer wait gets it, up to a day: an earlier attempt only makes
 * it refuse for longer.
 */
export const nextAttemptAt = (attempts: number, now: Date, retryAfterMs: number | null): Instant => {
  const waitMs = attempts <= 1 ? 0 : Math.min(minutes(2 ** (attempts - 2)), hours(1));
  const at = toInstant(now);
  return latest(plusMs(at, waitMs), plusMs(at, Math.min(retryAfterMs ?? 0, days(1))));
};
