import { aConsumer } from "../builders/account";
import { seconds } from "../builders/time";
import type { Operation } from "../fakes/world/faults";
import { type EmulatedRig, openEmulatedRig } from "../rig/emulated";
import type { Instance } from "../rig/served-place";

const consumers = 200;
const instancesEach = 10;
const all = consumers * instancesEach;

let world: EmulatedRig;
beforeAll(async () => {
  world = await openEmulatedRig();
});
afterAll(() => world.close());

/** Every instance signals once, spread over 30 seconds. */
const round = async (instances: readonly Instance[]): Promise<void> => {
  for (const instance of instances) {
    world.rig.clock.advance(seconds(30) / all - 1);
    await instance.report();
  }
};

test("2,000 instances cost one vault read per version and minute, and few lists of reports", async () => {
  const { rig, emulators } = world;
  const names = Array.from({ length: consumers }, (_, index) => `app-${String(index).padStart(3, "0")}`);
  const gate = { soakMs: 0, consumers: names.map((name) => aConsumer({ name, instances: instancesEach })) };
  const at = world.place({ gate });
  const instances = names.flatMap((name) =>
    Array.from({ length: instancesEach }, (_, index) => at.instance(name, `vm-${index}`)),
  );
  await rig.surface.tick();
  await at.order("approve", "a new account");
  for (const instance of instances) instance.stay();

  const lists: Operation[] = [];
  rig.faults.onEffect((operation) => {
    if (operation === "signals.list") lists.push(operation);
  });
  emulators.journal.clear();
  await round(instances);
  expect(lists).toHaveLength(0);

  await at.rotate();
  const [late] = instances;
  for (const instance of instances.slice(1)) instance.refresh();
  const [armCalls, listed] = [emulators.journal.countOf("arm"), lists.length];
  const asked = emulators.journal.entries.length;
  const began = rig.clock.now().getTime();
  await round(instances);
  await round(instances);
  const { journal } = emulators;
  expect(journal.countOf("arm")).toBe(armCalls);
  // No other service is called: 4,000 signals cost only these reads.
  const versionsInUse = 2;
  const minutesOfSignals = Math.ceil((rig.clock.now().getTime() - began) / seconds(60));
  const signalled = journal.entries.slice(asked);
  expect(new Set(signalled.map(({ route }) => route))).toEqual(new Set(["vault.getSecretVersion"]));
  expect(signalled.length).toBeLessThanOrEqual(versionsInUse * minutesOfSignals);
  expect(await at.waitingFor()).toMatchObject({
    reason: "OnPreviousKey",
    detail: expect.stringContaining("app-000/vm-0"),
  });
  // One list of 2,000 rows every two seconds instead of one for each of 4,000 signals.
  expect(lists.length - listed).toBeLessThanOrEqual(Math.ceil((rig.clock.now().getTime() - began) / seconds(2)) + 2);

  const reads = journal.of("vault.getSecretVersion");
  expect(reads.length).toBeGreaterThan(0);
  for (const { version } of at.versions()) {
    const times = reads.filter(({ path }) => path.endsWith(version)).map((read) => read.at.getTime());
    for (const [index, time] of times.slice(1).entries()) {
      expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(seconds(60));
    }
  }

  // The signal of the last instance to move ends the rotation.
  await late?.refresh().report();
  expect(await at.phase()).toBe("idle");
});
