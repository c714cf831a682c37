import type { Instant } from "../time/time";
import { earliest, latest, latestOf, toInstant } from "../time/time";
import type { Blackout, FleetConfig } from "./fleet-config";

const isActive = ({ from, to }: Blackout, at: Instant): boolean => from <= at && at < to;

/**
 * The blackout in which `now` lies; null for none. Those that touch or overlap are one: `to` is when the last of them
 * ends, `from` when the first of those that are active began.
 */
export const blackoutAt = ({ blackouts }: FleetConfig, now: Date): Blackout | null => {
  const at = toInstant(now);
  const [first, ...others] = blackouts.filter((blackout) => isActive(blackout, at));
  if (first === undefined) return null;
  let to = latest(first.to, ...others.map((other) => other.to));
  for (let next = endAfter(blackouts, to); next !== null; next = endAfter(blackouts, to)) to = next;
  return { from: earliest(first.from, ...others.map(({ from }) => from)), to, reason: first.reason };
};

/** The end of another blackout in which this instant lies. */
const endAfter = (blackouts: readonly Blackout[], at: Instant): Instant | null =>
  blackouts.find((blackout) => isActive(blackout, at))?.to ?? null;

/** When the last blackout that is over has ended. */
export const lastBlackoutEnd = ({ blackouts }: FleetConfig, now: Date): Instant | null =>
  latestOf(
    blackouts.filter(({ to }) => to <= toInstant(now)),
    ({ to }) => to,
  );
