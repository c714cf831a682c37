import type { App } from "../../app";
import { callOptions } from "../../limits";
import type { AccountConfig } from "../../rotation/account-config";
import type { FleetState } from "../../rotation/fleet/fleet-state";
import { stoppedNow } from "../../rotation/fleet/breaker";
import type { FleetConfig } from "../../rotation/fleet/fleet-config";
import { stoppedDetail, usesRow } from "../../rotation/fleet/hold";
import type { RotationRecord } from "../../rotation/record";
import { scheduledDue } from "../../rotation/schedule";
import type { Instant } from "../../rotation/time/time";
import { minutes } from "../../rotation/time/units";

/** A tick reads the row once for all accounts. */
const maxAgeMs = minutes(1);

/** What all accounts share, where a due account depends on it; null where it does not, and nothing is read. */
export const fleetFor = async (
  { ports, limits }: App,
  config: AccountConfig,
  record: RotationRecord | null,
): Promise<FleetState | null> => {
  if (record === null || !usesRow(config.fleet)) return null;
  if (!scheduledDue(record, config, ports.clock.now()).due) return null;
  return ports.fleet.read(maxAgeMs, callOptions(ports.clock, limits.callMs));
};

/** Why no scheduled rotation of any account starts. */
export interface FleetStop {
  /** Null where the fleet's row cannot be read, like `until`. */
  readonly since: Instant | null;
  /** When it ends by itself. */
  readonly until: Instant | null;
  readonly detail: string;
}

/** Null while the fleet is not stopped, or has no breaker. */
export const fleetStop = async ({ ports, limits, fleet }: App): Promise<FleetStop | null> => {
  if (!usesRow(fleet)) return null;
  const state = await ports.fleet.read(maxAgeMs, callOptions(ports.clock, limits.callMs));
  return stopOf(state, fleet, ports.clock.now());
};

export const stopOf = (state: FleetState, fleet: FleetConfig, now: Date): FleetStop | null => {
  const stopped = stoppedNow(state, fleet, now);
  return stopped && { since: stopped.since, until: stopped.until, detail: stoppedDetail(stopped, fleet) };
};
