import { type FleetConfig, noFleetLimits } from "../../lib/rotation/fleet/fleet-config";
import { type Admission, emptyFleet, type FleetFailure, type FleetState } from "../../lib/rotation/fleet/fleet-state";
import { at, days } from "./time";

/** Two at once, one canary, and three failures within a day stop it. */
export const aFleet = (changes: Partial<FleetConfig> = {}): FleetConfig => ({
  ...noFleetLimits,
  maxRotating: 2,
  breaker: { failures: 3, withinMs: days(1) },
  ...changes,
});

export const aFleetState = (changes: Partial<FleetState> = {}): FleetState => ({ ...emptyFleet, ...changes });

export const anAdmission = (account: string, changes: Partial<Admission> = {}): Admission => ({
  account,
  rotationId: `rotation-of-${account}`,
  claimId: `claim-of-${account}`,
  at: at("09:00"),
  ...changes,
});

export const aFleetFailure = (account: string, time = "09:00", changes: Partial<FleetFailure> = {}): FleetFailure => ({
  account,
  rotationId: `rotation-of-${account}`,
  cause: "rolledBack",
  at: at(time),
  ...changes,
});
