import type { App } from "../../app";
import { callOptions } from "../../limits";
import type { AccountConfig } from "../../rotation/account-config";
import type { FleetState } from "../../rotation/fleet/fleet-state";
import { usesRow } from "../../rotation/fleet/hold";
import type { RotationRecord } from "../../rotation/record";
import { scheduledDue } from "../../rotation/schedule";
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
