import { aConsumer } from "../builders/account";
import { days, minutes } from "../builders/time";
import type { Route } from "../emulators/routes";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../rig/emulated";
import type { AccountOptions } from "../rig/rig";
import { adopt } from "../rig/served-place";

let world: EmulatedRig;
beforeAll(async () => {
  world = await openEmulatedRig();
});
afterAll(() => world.close());

const soakless = { gate: { soakMs: 0, consumers: [aConsumer()] } } as const;
const vmOf = (at: EmulatedPlace) => at.vm();

const adopted = async (name: string, options: AccountOptions = {}): Promise<EmulatedPlace> => {
  const at = world.place({ ...soakless, ...options, name });
  await adopt(at, [vmOf(at)]);
  return at;
};

/** The routes that only read. */
const reads: readonly Route[] = [
  "arm.getAccount",
  "arm.listKeys",
  "arm.listPermissions",
  "batch.listPools",
  "batch.listJobs",
  "batch.listJobSchedules",
  "batch.listTasks",
  "vault.challenge",
  "vault.getSecret",
  "vault.getSecretVersion",
  "identity.token",
];

test("a dry run sends no write, whatever step each account would take and whatever an operator requests", async () => {
  const { rig, emulators } = world;
  const { batch, faults, journal } = emulators;
  const due = await adopted("due-weu");
  const drifted = await adopted("drifted-weu", { reconcileEveryMs: minutes(1) });
  const republished = await adopted("republished-weu", { reconcileEveryMs: minutes(1) });
  const begun = await adopted("begun-weu");
  const unpublished = await adopted("unpublished-weu");
  const left = await adopted("left-weu");
  const unhealthy = await adopted("unhealthy-weu", {
    gate: { ...soakless.gate, rollbackWhenUnhealthyForMs: minutes(1) },
  });
  const retired = await adopted("retired-weu");

  const refuse = (route: Route, { config }: EmulatedPlace) =>
    faults.add({
      route,
      when: "before",
      kind: "status",
      status: 429,
      subject: route.startsWith("arm") ? config.batch.accountName : config.secret.name,
    });
  const kept = [refuse("arm.regenerateKeys", begun), refuse("vault.setSecret", unpublished)];
  for (const at of [begun, unpublished, left, unhealthy, retired]) expect((await at.rotate()).status).toBe(202);
  kept.push(refuse("vault.updateSecret", retired));
  await vmOf(retired).refresh().report();
  await vmOf(unhealthy).refresh().report({ healthy: false });
  for (const fault of kept) fault.remove();
  batch.regenerateManually(drifted.config.batch.accountName, "primary");
  world.vault.seed(republished.config.secret.name, { value: republished.keys().secondary });
  const fresh = world.place({ ...soakless, name: "fresh-weu", seed: null });
  const held = world.place({ ...soakless, name: "held-weu", seed: "secondary" });
  const all = [due, drifted, republished, begun, unpublished, left, unhealthy, retired, fresh, held];

  const phases = async () => Promise.all(all.map(async (at) => await at.phase()));
  expect(await phases()).toEqual([
    "idle",
    "idle",
    "idle",
    "started",
    "regenerated",
    "published",
    "published",
    "retired",
    null,
    null,
  ]);
  rig.deploy(rig.accounts, { dryRun: true });
  rig.clock.advance(days(60));
  for (const at of [due, drifted, republished, begun, unpublished, left, retired, held])
    await vmOf(at).refresh().report();
  const before = all.map((at) => [at.keys(), at.versions()]);
  rig.lines.length = 0;
  journal.clear();

  for (let tick = 0; tick < 3; tick += 1) {
    await rig.surface.tick();
    for (const at of all) {
      if (at !== fresh) await vmOf(at).report();
      await at.rotate();
      for (const action of ["approve", "rollback", "pause", "resume"] as const) await at.order(action);
      await rig.surface.call({ method: "GET", path: `/accounts/${at.name}/check` });
    }
    rig.clock.advance(minutes(30));
  }

  const sent = journal.entries.filter(({ route }) => !route.startsWith("tables."));
  expect(sent.length).toBeGreaterThan(100);
  // The preflight's write names a version that never exists, so the vault answers 404.
  const changes = sent.filter(
    ({ route, path }) => !reads.includes(route) && !(route === "vault.updateSecret" && /\/0{32}$/.test(path)),
  );
  expect(changes.map(({ route, subject }) => `${route} ${subject}`)).toEqual([]);
  expect(all.map((at) => [at.keys(), at.versions()])).toEqual(before);
  // Every account has logged what it would do.
  const said = new Set(rig.logged("DryRun").map(({ account }) => account));
  expect(all.map(({ name }) => name).filter((name) => !said.has(name))).toEqual([]);
});

test("probe none: an account is adopted and rotated, old key included, without a call to the data plane", async () => {
  const { rig, emulators } = world;
  rig.deploy([], { dryRun: false });
  emulators.journal.clear();
  const at = await adopted("noprobe-weu", { probe: "none" });
  const old = at.newest();
  await at.rotate();
  await vmOf(at).refresh().report();
  expect(await at.status()).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
  expect(at.accepts(old.value)).toBe(false);
  expect(at.versions()[0]).toMatchObject({ enabled: false });
  expect(at.newest().value).toBe(at.keys().secondary);
  expect(emulators.journal.countOf("batch")).toBe(0);
});
