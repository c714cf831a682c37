import { aConsumer } from "../../builders/account";
import { days, minutes } from "../../builders/time";
import { openTablesWorld, type TablesWorld } from "../../contracts/azure/tables-world";
import type { JournalEntry } from "../../emulators/journal";
import { serviceOf } from "../../emulators/routes";
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

/** The requests about the account, in order. */
const callsOf = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
  const { journal } = world.emulators;
  const before = journal.entries.length;
  await work();
  return journal.entries
    .slice(before)
    .filter((entry) => !isShared(entry))
    .map(shown);
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

const countOf = (calls: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    const service = call.split(".")[0] ?? "";
    counts[service] = (counts[service] ?? 0) + 1;
  }
  return counts;
};
void serviceOf;

test("each call of an undisturbed rotation on schedule, and its purpose", async () => {
  const { at, vm } = await idle("render-weu");
  world.rig.clock.advance(days(60) - minutes(1));
  await world.rig.surface.tick();
  await vm.report();
  world.rig.clock.advance(minutes(1));

  const started = await callsOf(() => world.rig.surface.tick());
  expect(await at.phase()).toBe("published");
  const waits = await callsOf(() => world.rig.surface.tick());
  const ended = await callsOf(() => vm.refresh().report());
  expect(await at.status()).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
  console.log(JSON.stringify({ started, waits, ended, n: countOf([...started, ...ended]) }, null, 1));
});
