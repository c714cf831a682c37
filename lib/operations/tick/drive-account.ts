import { safeMessage } from "../../errors";
import type { App } from "../../app";
import { callOptions } from "../../limits";
import { advance } from "../../driver/advance";
import { readRecord } from "../../driver/read-record";
import type { Stored } from "../../ports/rotations";
import type { AccountConfig } from "../../rotation/account-config";
import type { FleetState } from "../../rotation/fleet/fleet-state";
import { nothingSeen, type Sightings } from "../../rotation/gate/sightings";
import { needsDriver } from "../../rotation/needs-driver";
import { atEveryTick, lookIsDue, nextLook } from "../../rotation/next-look";
import type { RotationRecord } from "../../rotation/record";
import { fleetFor } from "../status/fleet-view";
import { gatedState } from "../../rotation/waiting";
import { pullSignals } from "../../signals/pull-signals";
import { lookAround } from "../../sights/look-around";
import { lookAtNew } from "../../sights/look-at-new";

/** The account after its turn in a tick. */
export interface Driven {
  /** Null where it still has no record. */
  readonly record: RotationRecord | null;
  /** Of an account that waits at its gate; else `nothingSeen`. */
  readonly sightings: Sightings;
  /** Null where there was nothing to drive. */
  readonly moves: number | null;
  /** What all accounts share, where the account depends on it. */
  readonly fleet: FleetState | null;
}

/** Pulls the account's signals, looks around, and drives it where there is anything to do. */
export const driveAccount = async (app: App, config: AccountConfig, stop: AbortSignal): Promise<Driven> => {
  const { ports, limits } = app;
  const stored = await readRecord(ports, limits, config, callOptions(ports.clock, limits.callMs));
  // Its rotation was ended: the row was deleted because the tag is gone.
  if (stored === null && (config.discovered?.held ?? null) !== null)
    return { record: null, sightings: nothingSeen, moves: null, fleet: null };
  if (stored !== null) await pull(app, config, stored.record);
  const sightings = stored === null ? null : await see(app, config, stored.record);
  if (stored !== null && !(await hasToDrive(app, config, stored, sightings ?? nothingSeen)))
    return after(app, config, { record: stored.record, moves: null, sightings });
  const begunAt = ports.clock.now();
  const driven = await advance(ports, limits, config, { by: "schedule", stop, claimWaitMs: 0, known: stored });
  if (driven.kind !== "driven") return after(app, config, { record: await recordOf(app, config), moves: 0, sightings });
  const looked = await lookAtNew(app, config, driven, {
    before: stored?.record ?? null,
    begunAt,
    maxMs: 2 * limits.requestMs,
  });
  return after(app, config, { ...looked, sightings: looked.sightings ?? sightings });
};

/** What is known now; null where the account waits at no gate, or it cannot be read. */
const see = async (app: App, config: AccountConfig, record: RotationRecord): Promise<Sightings | null> => {
  // Where they cannot be read the driver finds that out itself, and its record says so.
  const known = await sightingsAt(app, config, record).catch(() => null);
  if (known === null || !(await lookAround(app, config, record, known))) return known;
  return (await sightingsAt(app, config, record).catch(() => null)) ?? known;
};

/** A driver writes the row: so it drives an account that may rest from now on where the row does not say so. */
const hasToDrive = async (
  app: App,
  config: AccountConfig,
  { record, look }: Stored,
  sightings: Sightings,
): Promise<boolean> => {
  // Where it cannot be read the driver finds that out itself.
  const fleet = await fleetFor(app, config, record).catch(() => null);
  const now = app.ports.clock.now();
  if (needsDriver(record, config, sightings, now, fleet)) return true;
  return lookIsDue(look, config, now) && nextLook(record, config, now).nextLookAt !== atEveryTick;
};

/** `sightings`: those of before the drive, which serve for the state after it, where there are any. */
const after = async (
  app: App,
  config: AccountConfig,
  { record, moves, sightings }: Pick<Driven, "record" | "moves"> & { readonly sightings: Sightings | null },
): Promise<Driven> => ({
  record,
  moves,
  sightings: sightings ?? (record === null ? null : await sightingsAt(app, config, record)) ?? nothingSeen,
  fleet: await fleetFor(app, config, record).catch(() => null),
});

const recordOf = async ({ ports, limits }: App, config: AccountConfig): Promise<RotationRecord | null> =>
  (await readRecord(ports, limits, config, callOptions(ports.clock, limits.callMs)))?.record ?? null;

/** Null where the account waits at no gate. */
const sightingsAt = async (
  { ports, limits }: App,
  config: AccountConfig,
  { state }: RotationRecord,
): Promise<Sightings | null> =>
  gatedState(state) === null ? null : ports.signals.list(config.name, callOptions(ports.clock, limits.callMs));

/** A failed pull is repeated at the next tick; until then the gate uses the stored reports. */
const pull = async (app: App, config: AccountConfig, record: RotationRecord): Promise<void> => {
  try {
    await pullSignals(app, config, record);
  } catch (error) {
    app.ports.log.write("warn", { event: "PullFailed", account: config.name, detail: safeMessage(error) });
  }
};
