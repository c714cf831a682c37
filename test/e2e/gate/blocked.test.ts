import { minutes } from "../../builders/time";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "./rig/emulated";
import { adopt, type PlaceOptions } from "./rig/place";

let world: EmulatedRig;
beforeAll(async () => {
  world = await openEmulatedRig();
});
afterEach(() => world.emulators.faults.clear());
afterAll(() => world.close());

let made = 0;
/** Each test has an account of its own, and no other is configured. */
const anyAccount = (options: Pick<PlaceOptions, "gate" | "seed"> = {}): EmulatedPlace => {
  world.rig.deploy([]);
  return world.place({ ...options, name: `render${(made += 1)}` });
};

const adoptedAccount = async (): Promise<EmulatedPlace> => {
  const at = anyAccount({ gate: { soakMs: 0 } });
  await adopt(at, [at.instance("render-api", "vm-1")]);
  return at;
};

const expectBlocked = async (at: EmulatedPlace, reason: string, remedy: RegExp): Promise<void> => {
  const status = await at.status();
  expect(status).toMatchObject({
    waitingFor: null,
    blocked: {
      reason,
      remedy: expect.stringMatching(remedy),
      since: expect.any(String),
      attempts: expect.any(Number),
      nextAttemptAt: expect.any(String),
    },
  });
  expect(JSON.stringify(status)).not.toMatch(/[A-Za-z0-9+/]{86}/);
};

const resumed = async (at: EmulatedPlace): Promise<unknown> => (await at.order("resume", "mended")).body;

test("Forbidden: names the action and the scope, and ends with the role, at the operator's resume", async () => {
  const at = await adoptedAccount();
  world.emulators.batch.deny("regeneratekeys/action");
  await at.rotate();
  const { resourceId } = at.config.batch;
  await expectBlocked(
    at,
    "Forbidden",
    new RegExp(`Microsoft\\.Batch/batchAccounts/regeneratekeys/action on ${resourceId}`),
  );
  world.emulators.batch.allow("regeneratekeys/action");
  expect(await resumed(at)).toMatchObject({ phase: "published", blocked: null });
});

test("Forbidden at the vault: names the data action, the secret and the role, and ends by itself at a later tick", async () => {
  const at = await adoptedAccount();
  world.vault.deny("setSecret/action");
  await at.rotate();
  const secret = `${at.config.secret.vaultUrl}/secrets/${at.config.secret.name}`;
  await expectBlocked(
    at,
    "Forbidden",
    new RegExp(`secrets/setSecret/action on ${secret}, as the role Key Vault Secrets Officer`),
  );
  world.vault.allow("setSecret/action");
  await world.rig.surface.tick();
  expect(await at.status()).toMatchObject({ phase: "published", blocked: null });
});

test("NotFound: names the Batch account that is not there", async () => {
  const at = anyAccount();
  world.emulators.batch.removeAccount(at.config.batch.accountName);
  await world.rig.surface.tick();
  await expectBlocked(at, "NotFound", new RegExp(`there is no Batch account ${at.config.batch.resourceId}`));
  expect(await at.status()).toMatchObject({ phase: "adopting" });
});

test("SharedKeyNotAllowed: names the setting, and ends when shared keys are allowed", async () => {
  const at = anyAccount();
  world.emulators.batch.setModes(at.config.batch.accountName, ["AAD"]);
  await world.rig.surface.tick();
  await expectBlocked(at, "SharedKeyNotAllowed", /add SharedKey to its allowedAuthenticationModes/);
  world.emulators.batch.setModes(at.config.batch.accountName, ["SharedKey", "AAD"]);
  expect(await resumed(at)).toMatchObject({ phase: "adopting", blocked: null, waitingFor: { reason: "NoSignalYet" } });
});

test("SecretDeleted: says how to recover it, and ends when it is there again", async () => {
  const at = await adoptedAccount();
  world.vault.delete(at.config.secret.name);
  await at.rotate();
  await expectBlocked(at, "SecretDeleted", /az keyvault secret recover.* or purge/);
  world.vault.recover(at.config.secret.name);
  expect(await resumed(at)).toMatchObject({ phase: "published", blocked: null });
});

test("SecretDisabled: says which command enables it, and ends when it is enabled", async () => {
  const at = await adoptedAccount();
  world.vault.disable(at.config.secret.name);
  await at.rotate();
  await expectBlocked(at, "SecretDisabled", /az keyvault secret set-attributes --enabled true/);
  world.vault.enable(at.config.secret.name);
  expect(await resumed(at)).toMatchObject({ phase: "published", blocked: null });
});

test("ResourceLocked: says where the lock is, and ends with it", async () => {
  const at = await adoptedAccount();
  world.emulators.batch.lock(at.config.batch.accountName, "ReadOnly");
  await at.rotate();
  await expectBlocked(at, "ResourceLocked", new RegExp(`remove the lock on ${at.config.batch.resourceId}`));
  world.emulators.batch.unlock(at.config.batch.accountName);
  expect(await resumed(at)).toMatchObject({ phase: "published", blocked: null });
});

test("PolicyRefused: says which action of which account, and ends with the exemption", async () => {
  const at = await adoptedAccount();
  const fault = world.emulators.faults.add({
    route: "arm.regenerateKeys",
    when: "before",
    kind: "status",
    status: 403,
    code: "RequestDisallowedByPolicy",
  });
  await at.rotate();
  await expectBlocked(at, "PolicyRefused", /az policy exemption create/);
  fault.remove();
  expect(await resumed(at)).toMatchObject({ phase: "published", blocked: null });
});

test("NoUsableKey: names the key that Batch did not return, and ends when it does", async () => {
  const at = await adoptedAccount();
  const { secondary } = at.keys();
  const fault = world.emulators.faults.add({
    route: "arm.listKeys",
    when: "before",
    kind: "status",
    status: 200,
    body: { accountName: at.config.batch.accountName, primary: "", secondary },
  });
  await at.rotate();
  await expectBlocked(at, "NoUsableKey", new RegExp(`no usable primary key for ${at.config.batch.resourceId}`));
  fault.remove();
  expect(await resumed(at)).toMatchObject({ phase: "published", blocked: null });
});

test("RecordCorrupt: names the row, and an account without its row is adopted anew", async () => {
  const at = await adoptedAccount();
  world.rig.rotations.damage(at.name);
  await world.rig.surface.tick();
  await expectBlocked(at, "RecordCorrupt", new RegExp(`row with PartitionKey ${at.name}`));
  expect(await at.order("approve")).toMatchObject({ status: 409, body: { reason: "RecordCorrupt" } });
  // The sender has done its part: its signal is kept.
  expect(await at.post(at.instance("render-api", "vm-1").signal())).toMatchObject({
    status: 202,
    body: { accepted: true, waitingFor: null },
  });
  world.rig.forgetRecords();
  await world.rig.surface.tick();
  expect(await at.status()).toMatchObject({ phase: "idle", blocked: null });
});

test("a blocked account is tried again by itself, later and later, at most an hour apart", async () => {
  const at = await adoptedAccount();
  world.emulators.batch.deny("regeneratekeys/action");
  await at.rotate();
  const waits: number[] = [];
  for (let tries = 0; tries < 9; tries += 1) {
    const { blocked } = await at.status();
    const next = Date.parse(blocked?.nextAttemptAt ?? "");
    waits.push((next - world.rig.clock.now().getTime()) / minutes(1));
    world.rig.clock.advance(Math.max(0, next - world.rig.clock.now().getTime()));
    await world.rig.surface.tick();
  }
  expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60]);
  expect(at.eventKinds().filter((event) => event === "StepFailed")).toHaveLength(1);
  world.emulators.batch.allow("regeneratekeys/action");
});
