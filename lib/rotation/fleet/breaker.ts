import { type Instant, msBetween, plusMs, toInstant } from "../time/time";
import type { BreakerConfig, FleetConfig } from "./fleet-config";
import type { FleetFailure, FleetState } from "./fleet-state";

/** Why no scheduled rotation starts. */
export interface Stopped {
  /** Null where the row cannot be read, like `until`. */
  readonly since: Instant | null;
  /** When it ends by itself. */
  readonly until: Instant | null;
  readonly failures: readonly FleetFailure[];
}

/** How many failures are kept at most: more than any breaker needs that stops a fleet in time. */
const maxFailures = 200;

const byTime = (failures: readonly FleetFailure[]): readonly FleetFailure[] =>
  failures.toSorted((one, other) => (one.at < other.at ? -1 : 1));

/** How many failures stop the fleet: never more than are kept. */
const enough = ({ failures }: BreakerConfig): number => Math.min(failures, maxFailures);

/** Those that count now, oldest first. Where there is no breaker, none does. */
export const recentFailures = (
  { failures }: Pick<FleetState, "failures">,
  { breaker }: Pick<FleetConfig, "breaker">,
  now: Date,
): readonly FleetFailure[] => {
  if (breaker === null) return [];
  const from = plusMs(toInstant(now), -breaker.withinMs);
  return byTime(failures.filter(({ at }) => at > from)).slice(-maxFailures);
};

/** Whether the fleet is stopped: `failures` of them lie within the time. Null while it is not. */
export const stoppedNow = (state: FleetState, fleet: Pick<FleetConfig, "breaker">, now: Date): Stopped | null => {
  if (state.unreadable) return { since: null, until: null, failures: [] };
  const { breaker } = fleet;
  if (breaker === null) return null;
  const failures = recentFailures(state, fleet, now);
  const last = failures[enough(breaker) - 1];
  const leaves = failures[failures.length - enough(breaker)];
  if (last === undefined || leaves === undefined) return null;
  return { since: last.at, until: plusMs(leaves.at, breaker.withinMs), failures };
};

/** When the last stop has ended, or will end, by the failures that are known; null for none. */
export const lastStopEnd = (
  { failures }: Pick<FleetState, "failures">,
  { breaker }: Pick<FleetConfig, "breaker">,
): Instant | null => {
  if (breaker === null) return null;
  const newestFirst = byTime(failures).toReversed();
  const first = newestFirst.find((failure, index) => {
    const last = newestFirst[index - enough(breaker) + 1];
    return last !== undefined && msBetween(failure.at, last.at) < breaker.withinMs;
  });
  return first === undefined ? null : plusMs(first.at, breaker.withinMs);
};
