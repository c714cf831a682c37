import type { App } from "../../app";
import { callOptions } from "../../limits";
import { CorruptRecordError } from "../../errors";
import type { Advanced } from "../../driver/requests";
import { readRecord } from "../../driver/read-record";
import type { AccountConfig } from "../../rotation/account-config";
import { nothingSeen, type Sightings } from "../../rotation/gate/sightings";
import type { RotationRecord } from "../../rotation/record";
import type { Instant } from "../../rotation/time/time";
import { fleetFor } from "./fleet-view";
import { keysListedAt } from "./key-uses";
import { corruptStatus, type StatusBody, statusOf } from "./status";

type Driven = Extract<Advanced, { kind: "driven" }>;

/** An account as it is stored now: its status, and what that was made of. */
export interface AccountRead {
  readonly status: StatusBody;
  /** Null before first sight, and where it cannot be used. */
  readonly record: RotationRecord | null;
  readonly sightings: Sightings;
}

/** The status of one account as it is stored now. Throws what `readAccount` throws. */
export const readStatus = async (app: App, config: AccountConfig): Promise<StatusBody> =>
  (await readAccount(app, config)).status;

/** Throws `TransientServiceError` or `OperatorNeededError` where the tables cannot be read. */
export const readAccount = async (app: App, config: AccountConfig): Promise<AccountRead> => {
  const { ports, limits } = app;
  const call = () => callOptions(ports.clock, limits.callMs);
  try {
    const [stored, sightings] = await Promise.all([
      readRecord(ports, limits, config, call()),
      ports.signals.list(config.name, call()),
    ]);
    const record = stored?.record ?? null;
    const fleet = await fleetFor(app, config, record);
    const now = ports.clock.now();
    const listedAt = record === null ? null : await keysListedAt(app, { config, record, sightings, now });
    const known = { config, record, sightings, dryRun: limits.dryRun, fleet, keysListedAt: listedAt, now };
    return { status: statusOf(known), record, sightings };
  } catch (error) {
    if (!(error instanceof CorruptRecordError)) throw error;
    const status = corruptStatus(config, error, ports.clock.now(), await alarmSince(app, config));
    return { status, record: null, sightings: nothingSeen };
  }
};

/** The status of one account as a drive has just left it. */
export const statusAfter = async (
  app: App,
  config: AccountConfig,
  { record, sightings }: Pick<Driven, "record" | "sightings">,
): Promise<StatusBody> => {
  const { ports, limits } = app;
  const known = sightings ?? (await ports.signals.list(config.name, callOptions(ports.clock, limits.callMs)));
  const now = ports.clock.now();
  const listedAt = await keysListedAt(app, { config, record, sightings: known, now });
  return statusOf({ config, record, sightings: known, dryRun: limits.dryRun, keysListedAt: listedAt, now });
};

/** When the alarm began; null where that cannot be read: the rest of the status is worth more. */
const alarmSince = async ({ ports, limits }: App, { name }: AccountConfig): Promise<Instant | null> => {
  try {
    const notices = await ports.notices.list(callOptions(ports.clock, limits.callMs));
    return notices.find(({ notice }) => notice.account === name)?.notice.alarms[0]?.since ?? null;
  } catch {
    return null;
  }
};
