import type { AccountConfig } from "./account-config";
import { activeQuarantine, claimIsLive } from "./claim";
import { alarmChanges } from "./events/alarm-changes";
import { conditions } from "./events/alarm-conditions";
import { isFor } from "./first-record";
import type { FleetState } from "./fleet/fleet-state";
import type { AlarmKind } from "./events/events";
import { nothingSeen, type Sightings } from "./gate/sightings";
import { waitsForNewer, withConfigurationSeen } from "./newest-configuration";
import { pauseInForce, withPauseSeen } from "./pause";
import type { State } from "./phases";
import type { RotationRecord } from "./record";
import { comparisonDue, scheduledDue } from "./schedule";
import { toInstant } from "./time/time";
import { gatedState, heldByFleet, mayRegenerateNext } from "./waiting";

/**
 * Whether a tick has anything to do, by what is stored: an idle account costs one table read.
 * `sightings`: of an account that waits at its gate; else `nothingSeen`. `fleet`: null where it need not be read.
 */
export const needsDriver = (
  record: RotationRecord,
  config: AccountConfig,
  sightings: Sightings,
  now: Date,
  fleet: FleetState | null = null,
): boolean => {
  if (claimIsLive(record, now)) return false;
  if (withConfigurationSeen(record, config, now) !== record) return true;
  if (waitsForNewer(record, config, now) !== null) return olderHasToDrive(record, config, now);
  return hasToPublish(record, config, sightings, now, fleet) || hasToMove(record, config, now, fleet);
};

/** With an older configuration: events that wait, and the repair of drift. Its alarms and its steps do not count. */
const olderHasToDrive = (record: RotationRecord, config: AccountConfig, now: Date): boolean =>
  hasToSend(record, now) ||
  (isFor(record, config) && (record.state.phase !== "idle" || comparisonDue(record, config, now)));

const hasToSend = ({ publishing: { outbox, deliveries } }: RotationRecord, now: Date): boolean =>
  outbox.length > 0 || deliveries.some(({ nextAttemptAt }) => nextAttemptAt <= toInstant(now));

/** Who reads the secret is known at a gate only; at any other time a driver that drives for other reasons reads it. */
const isDetermined = (kind: AlarmKind, state: State): boolean => kind !== "UnknownReader" || gatedState(state) !== null;

const hasToPublish = (
  record: RotationRecord,
  config: AccountConfig,
  sightings: Sightings,
  now: Date,
  fleet: FleetState | null,
): boolean => {
  if (hasToSend(record, now)) return true;
  const alarms = record.publishing.alarms.filter(({ kind }) => isDetermined(kind, record.state));
  const found = conditions({ record, config, sightings, dryRun: false, fleet, now });
  return alarmChanges(alarms, found, config.remindEveryMs, now).drafts.length > 0;
};

const hasToMove = (record: RotationRecord, config: AccountConfig, now: Date, fleet: FleetState | null): boolean => {
  if (record.claim !== null || !isFor(record, config)) return true;
  if (withPauseSeen(record, config, now) !== record) return true;
  if (record.failure !== null) return record.failure.nextAttemptAt <= toInstant(now);
  if (record.rollback !== null || record.state.phase !== "idle") return true;
  if (comparisonDue(record, config, now)) return true;
  const due = scheduledDue(record, config, now);
  if (!due.due || !due.startsNow || pauseInForce(record, config) !== null) return false;
  return heldByFleet({ record, config, sightings: nothingSeen, dryRun: false, fleet, now }) === null;
};

/**
 * A slot that may have been regenerated is not touched at all; where only a publish can be late, nothing is
 * regenerated.
 */
export const quarantineStops = (record: RotationRecord, now: Date): boolean => {
  const quarantine = activeQuarantine(record, now);
  return quarantine !== null && (quarantine.slot !== null || mayRegenerateNext(record.state.phase));
};
