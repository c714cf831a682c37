import { type Instant, toInstant } from "../time/time";
import { type Stopped, stoppedNow } from "./breaker";
import type { FleetConfig } from "./fleet-config";
import { emptyFleet, type FleetState } from "./fleet-state";
import { settled } from "./settled";

interface ResumeRequest {
  /** The id of the event. */
  readonly id: string;
  readonly by: string;
  readonly reason: string;
}

/** When the stop ends by itself, as the operator saw it: a failure since then changes it. Absent: not compared. */
export type ExpectedStop = Instant | null | undefined;

/** What the operator decided on is no longer there. */
export const isAnotherStop = ({ until }: Stopped, expected: ExpectedStop): boolean =>
  expected !== undefined && expected !== until;

/**
 * The row of a fleet that an operator resumes: no failure from before counts. Unchanged where it is not stopped, or not
 * as the operator expected.
 */
export const resumed = (
  state: FleetState,
  { expected, ...request }: ResumeRequest & { readonly expected?: ExpectedStop },
  fleet: FleetConfig,
  now: Date,
): FleetState => {
  const stopped = stoppedNow(state, fleet, now);
  if (stopped === null || isAnotherStop(stopped, expected)) return state;
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
