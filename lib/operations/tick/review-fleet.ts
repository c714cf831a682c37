import type { App } from "../../app";
import { CorruptRecordError, safeMessage } from "../../errors";
import { callOptions } from "../../limits";
import { isOver, released } from "../../rotation/fleet/admissions";
import type { Admission, FleetState } from "../../rotation/fleet/fleet-state";
import { usesRow } from "../../rotation/fleet/hold";
import { noted } from "../../rotation/fleet/noted";
import type { WaitingReason } from "../../rotation/reasons";
import type { RotationRecord } from "../../rotation/record";
import { minutes } from "../../rotation/time/units";
import { concurrently } from "../../concurrently";

/** Entries that one tick checks, at most: those that it does not reach come at a later one. */
const maxChecked = 16;
const maxConcurrent = 4;
const maxAgeMs = minutes(1);

/** One entry, or a canary, with the record that was read after it. */
type Finding = (state: FleetState) => FleetState;

/**
 * The end of a tick in which the fleet held accounts back: removes what a crash has left in the row. Entries of
 * rotations that ended or never started, and canaries whose completion the row does not know. Only the records decide,
 * and never the time that has passed. Where nothing was held back nothing is read.
 */
export const reviewFleet = async (app: App, held: ReadonlySet<WaitingReason>): Promise<void> => {
  const { ports, limits, fleet } = app;
  if (!usesRow(fleet) || (!held.has("FleetLimit") && !held.has("CanaryPending"))) return;
  try {
    const call = () => callOptions(ports.clock, limits.callMs);
    const state = await ports.fleet.read(maxAgeMs, call());
    const entries = held.has("FleetLimit") ? await overEntries(app, state) : [];
    const canaries = held.has("CanaryPending") ? await completedCanaries(app) : [];
    const findings = [...entries, ...canaries];
    if (findings.length === 0) return;
    await ports.fleet.update((known) => findings.reduce((changed, apply) => apply(changed), known), call());
  } catch (error) {
    ports.log.write("warn", { event: "FleetDelayed", account: null, detail: safeMessage(error) });
  }
};

/** Begins anywhere, so that every entry has its turn although a process may live for one tick only. */
const someOf = (app: App, entries: readonly Admission[]): readonly Admission[] => {
  const first = app.ports.clock.now().getTime() % Math.max(1, entries.length);
  return [...entries.slice(first), ...entries.slice(0, first)].slice(0, maxChecked);
};

const overEntries = async (app: App, { rotating }: FleetState): Promise<readonly Finding[]> => {
  const found = await concurrently(someOf(app, rotating), maxConcurrent, async (entry) => {
    const record = await readable(app, entry.account);
    if (record === "unreadable" || !(isOver(entry, record) || isAbandoned(app, entry, record))) return null;
    return (state: FleetState) => released(state, entry, record, app.fleet, app.ports.clock.now());
  });
  return found.filter((finding) => finding !== null);
};

/**
 * The account was taken out of the configuration after its rotation had begun, so no process drives it any more: its
 * own alarm is RecordOrphaned. A process that has read its configuration before may only not know the account yet.
 */
const isAbandoned = ({ accounts }: App, entry: Admission, record: RotationRecord | null): boolean =>
  accounts.isComplete() &&
  accounts.find(entry.account) === null &&
  (record?.claim ?? null) === null &&
  accounts.list().every(({ loadedAt }) => loadedAt > entry.at);

const completedCanaries = async (app: App): Promise<readonly Finding[]> => {
  const found = await concurrently(app.fleet.canaries, maxConcurrent, async (name) => {
    const config = app.accounts.find(name);
    const record = config === null ? null : await readable(app, name);
    if (config === null || record === null || record === "unreadable") return null;
    const driven = { config, record, before: null, unhealthySince: null };
    return (state: FleetState) => noted(state, driven, app.ports.clock.now());
  });
  return found.filter((finding) => finding !== null);
};

/** A record that cannot be read may be of a rotation that is under way. */
const readable = async ({ ports, limits }: App, account: string): Promise<RotationRecord | "unreadable" | null> => {
  try {
    return (await ports.rotations.read(account, callOptions(ports.clock, limits.callMs)))?.record ?? null;
  } catch (error) {
    if (error instanceof CorruptRecordError) return "unreadable";
    throw error;
  }
};
