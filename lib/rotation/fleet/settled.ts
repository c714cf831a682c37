import { latestOf, toInstant } from "../time/time";
import { lastStopEnd, recentFailures, stoppedNow } from "./breaker";
import type { FleetConfig } from "./fleet-config";
import type { FleetState } from "./fleet-state";

/** Whether some account may be held back: whether one is due is not known here. */
const mayHold = (state: FleetState, fleet: FleetConfig, now: Date): boolean =>
  stoppedNow(state, fleet, now) !== null ||
  (fleet.maxRotating !== null && state.rotating.length >= fleet.maxRotating) ||
  fleet.canaries.some((name) => !state.canaries.some((pass) => pass.account === name && pass.until > toInstant(now)));

/** A changed row as it is written: remembers until when something was held back, and drops what no longer counts. */
export const settled = (before: FleetState, after: FleetState, fleet: FleetConfig, now: Date): FleetState => ({
  ...after,
  rotating: fleet.maxRotating === null ? [] : after.rotating,
  failures: recentFailures(after, fleet, now),
  canaries: after.canaries.filter(({ account }) => fleet.canaries.includes(account)),
  heldUntil: latestOf(
    [before.heldUntil, endedStop(before, fleet, now), mayHold(before, fleet, now) ? toInstant(now) : null],
    (at) => at,
  ),
});

/** Its failures may be dropped with this write. */
const endedStop = (state: FleetState, fleet: FleetConfig, now: Date) => {
  const end = lastStopEnd(state, fleet);
  return end !== null && end <= toInstant(now) ? end : null;
};
