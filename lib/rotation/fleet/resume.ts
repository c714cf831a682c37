import { toInstant } from "../time/time";
import { stoppedNow } from "./breaker";
import type { FleetConfig } from "./fleet-config";
import { emptyFleet, type FleetState } from "./fleet-state";
import { settled } from "./settled";

export interface ResumeRequest {
  /** The id of the event. */
  readonly id: string;
  readonly by: string;
  readonly reason: string;
}

/** The row of a fleet that an operator resumes: no failure from before counts. Unchanged where it is not stopped. */
export const resumed = (state: FleetState, request: ResumeRequest, fleet: FleetConfig, now: Date): FleetState => {
  if (stoppedNow(state, fleet, now) === null) return state;
  const before = state.unreadable ? emptyFleet : state;
  const resumption = { ...request, at: toInstant(now), announced: false };
  const after = settled(before, { ...before, failures: [], resumed: resumption }, fleet, now);
  return { ...after, heldUntil: toInstant(now) };
};

/** The row once log and webhook queue have the event. */
export const resumptionAnnounced = (state: FleetState, id: string): FleetState =>
  state.resumed?.id !== id || state.resumed.announced
    ? state
    : { ...state, resumed: { ...state.resumed, announced: true } };
