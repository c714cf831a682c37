import { type Instant, plusMs, toInstant } from "../time/time";
import type { FleetConfig } from "./fleet-config";
import type { FleetFailure, FleetState } from "./fleet-state";

/**
 * The row with a failure, where it counts: each rotation once, and nothing that began before the breaker's time or
 * before an operator has resumed the fleet. `at`: null where there is none.
 */
export const withFailure = (
  state: FleetState,
  { at, ...failure }: Omit<FleetFailure, "at"> & { readonly at: Instant | null },
  { breaker }: FleetConfig,
  now: Date,
): FleetState => {
  if (at === null || breaker === null) return state;
  if (at <= plusMs(toInstant(now), -breaker.withinMs)) return state;
  if (state.resumed !== null && at <= state.resumed.at) return state;
  if (state.failures.some(({ rotationId }) => rotationId === failure.rotationId)) return state;
  return { ...state, failures: [...state.failures, { ...failure, at }] };
};
