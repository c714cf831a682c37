import type { Condition } from "../events/alarm-changes";
import { toInstant } from "../time/time";
import { stoppedNow } from "./breaker";
import type { FleetConfig } from "./fleet-config";
import type { FleetState } from "./fleet-state";
import { stoppedDetail } from "./hold";

/**
 * One alarm for all accounts that wait: the breaker has stopped the fleet, its row cannot be read, or a canary is no
 * account, so that the others would wait for it for ever.
 */
export const fleetCondition = (
  state: FleetState,
  fleet: FleetConfig,
  isAccount: (name: string) => boolean,
  now: Date,
): Condition | null => {
  const stopped = stoppedNow(state, fleet, now);
  if (stopped !== null) {
    const reason = stopped.since === null ? "RecordCorrupt" : "FleetStopped";
    return {
      kind: "FleetStopped",
      since: stopped.since ?? toInstant(now),
      reason,
      detail: stoppedDetail(stopped, fleet),
    };
  }
  const missing = fleet.canaries.find((name) => !isAccount(name));
  return missing === undefined
    ? null
    : {
        kind: "FleetStopped",
        since: toInstant(now),
        reason: "CanaryPending",
        detail:
          `canary ${missing} is no account of the configuration, so no other account starts: correct fleet.canaries ` +
          "in ROTATION_ACCOUNTS, or add the account",
      };
};
