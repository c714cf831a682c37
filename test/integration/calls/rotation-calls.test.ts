import { aConsumer } from "../../builders/account";
import { days, minutes } from "../../builders/time";
import { openTablesWorld, type TablesWorld } from "../../contracts/azure/tables-world";
import type { JournalEntry } from "../../emulators/journal";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../../rig/emulated";
import type { Instance } from "../../rig/served-place";

let tables: TablesWorld;
let world: EmulatedRig;
beforeAll(async () => {
  world = await openEmulatedRig(undefined, async ({ faults, journal }) => {
    tables = await openTablesWorld(faults, journal);
    const { rotations, notices, signals, history } = tables;
    return { rotations, notices, signals, history };
  });
});
afterAll(async () => {
  await tables.close();
  await world.close();
});

/** A tick reads these for all accounts together. */
const isShared = ({ route, subject }: JournalEntry): boolean =>
  route === "tables.query" && subject === "BatchKeyRotations";

const shown = ({ route, subject }: JournalEntry): string =>
  route.startsWith("tables.") ? `${route} ${subject?.replace("BatchKey", "") ?? ""}`.trimEnd() : route;

const together = ["batch.listPools", "batch.listJobs", "batch.listJobSchedules", "vault.getSecretVersion"] as const;

/** Those of a search, and what is read meanwhile, are sent at once: which one arrives first is left to chance. */
const withSearchInOrder = (calls: readonly string[]): readonly string[] => {
  const first = calls.findIndex((_, at) =>
    together.every((one) => calls.slice(at, at + together.length).includes(one)),
  );
  return first === -1 ? calls : calls.toSpliced(first, together.length, ...together);
};

/** The requests about the account, in order. */
const callsOf = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
  const { journal } = world.emulators;
  const before = journal.entries.length;
  await work();
  const entries = journal.entries.slice(before).filter((entry) => !isShared(entry));
  return withSearchInOrder(entries.map(shown));
};

/** Idle, in a process that has rotated it before: its vault knows the process. */
const idle = async (name: string): Promise<{ readonly at: EmulatedPlace; readonly vm: Instance }> => {
  const at = world.place({ name, gate: { soakMs: 0, consumers: [aConsumer({ proof: "required" })] } });
  const vm = at.vm();
  await world.rig.surface.tick();
  await vm.refresh().report();
  await at.rotate();
  await vm.refresh().report();
  expect(await at.phase()).toBe("idle");
  return { at, vm };
};

type Step = readonly [call: string, purpose: string];

/** With a rotation that is due: `started`, `regenerated`, `published`. */
const startingTick: readonly Step[] = [
  ["tables.get Rotations", "the record"],
  ["tables.update Rotations", "the claim, only where the record is unchanged"],
  ["vault.getSecret", "comparison before the regenerate: what apps read"],
  ["batch.listPools", "comparison: Batch accepts that key"],
  ["arm.listKeys", "comparison: which slot it is in"],
  ["tables.query History", "no later publication, and no event that the record does not know"],
  ["tables.update Rotations", "the start and the intent, before the request is sent"],
  ["vault.getSecret", "the last look"],
  ["arm.regenerateKeys", "the next key; the answer has both keys"],
  ["tables.update Rotations", "what was regenerated, before it is published"],
  ["batch.listPools", "Batch accepts the next key"],
  ["vault.setSecret", "the publication"],
  ["tables.update Rotations", "what was published, before the reports are read"],
  ["tables.query Signals", "the gate; alarms share the list"],
  ["tables.batch History", "all events of the drive, once the record has them"],
  ["tables.update Rotations", "end of the claim, and of the events that the history has"],
];

/** The signal of the last instance: gate, `retired`, `idle`. */
const lastSignal: readonly Step[] = [
  ["vault.getSecretVersion", "the key that the signal's proof is checked with"],
  ["tables.update Signals", "the report, only where it is unchanged since this process wrote it"],
  ["tables.get Rotations", "the record, after the report is stored"],
  ["tables.query Signals", "whether the gate could be open"],
  ["tables.update Rotations", "the claim, only where the record is unchanged"],
  ["tables.query Signals", "the gate, under the claim"],
  ["vault.getSecret", "comparison before the regenerate: what apps read"],
  ["batch.listPools", "comparison: Batch accepts that key"],
  ["arm.listKeys", "comparison: which slot it is in"],
  ["batch.listPools", "copies of the old key in the account: three requests where it holds no job"],
  ["batch.listJobs", "the same"],
  ["batch.listJobSchedules", "the same"],
  ["vault.getSecretVersion", "the old key: not replaced yet, and to be proven dead"],
  ["tables.query History", "no later publication, and no event that the record does not know"],
  ["tables.update Rotations", "the intent, before the request is sent"],
  ["vault.getSecret", "the last look"],
  ["arm.regenerateKeys", "the old key is replaced; the answer has both keys"],
  ["batch.listPools", "Batch refuses the old key"],
  ["tables.update Rotations", "the retirement and the proof, before the old version is disabled"],
  ["vault.updateSecret", "the old version is disabled"],
  ["tables.update Rotations", "the end of the rotation"],
  ["tables.batch History", "all events of the drive, once the record has them"],
  ["tables.update Rotations", "end of the claim, and of the events that the history has"],
];

const callsIn = (steps: readonly Step[]): readonly string[] => steps.map(([call]) => call);

const numberOf = (calls: readonly string[], service: string): number =>
  calls.filter((call) => call.startsWith(`${service}.`)).length;

test("each call of an undisturbed rotation on schedule, in order and with its purpose", async () => {
  const { at, vm } = await idle("render-weu");
  world.rig.clock.advance(days(60) - minutes(1));
  // A comparison that is due every six hours is none of the rotation's.
  await world.rig.surface.tick();
  await vm.report();
  world.rig.clock.advance(minutes(1));

  const started = await callsOf(() => world.rig.surface.tick());
  expect(await at.phase()).toBe("published");
  const waits = await callsOf(() => world.rig.surface.tick());
  const ended = await callsOf(() => vm.refresh().report());
  expect(await at.status()).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });

  expect(started).toEqual(callsIn(startingTick));
  expect(ended).toEqual(callsIn(lastSignal));
  const all = [...started, ...ended];
  expect(["arm", "vault", "batch", "tables"].map((service) => numberOf(all, service))).toEqual([4, 8, 7, 20]);
  // One signed call for each tick that waits.
  expect(["arm", "vault", "batch"].map((service) => numberOf(waits, service))).toEqual([0, 1, 1]);
});
