import { minutes } from "../builders/time";
import type { Route } from "../emulators/routes";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../rig/emulated";
import type { AccountOptions } from "../rig/rig";
import { adopt } from "../rig/served-place";

let world: EmulatedRig;
beforeAll(async () => {
  world = await openEmulatedRig();
});
afterEach(() => world.emulators.faults.clear());
afterAll(() => world.close());

let made = 0;
/** Each test has an account of its own, and no other is configured. */
const anyAccount = (options: Pick<AccountOptions, "gate" | "seed"> = {}): EmulatedPlace => {
  world.rig.deploy([]);
  return world.place({ ...options, name: `render${(made += 1)}` });
};

const adoptedAccount = async (): Promise<EmulatedPlace> => {
  const at = anyAccount({ gate: { soakMs: 0 } });
  await adopt(at, [at.vm()]);
  return at;
};

const expectBlocked = async (at: EmulatedPlace, reason: string, remedy: string): Promise<void> => {
  const status = await at.status();
  expect(status).toMatchObject({
    waitingFor: null,
    blocked: {
      reason,
      remedy: expect.stringContaining(remedy),
      since: expect.any(String),
      attempts: expect.any(Number),
      nextAttemptAt: expect.any(String),
    },
  });
  expect(JSON.stringify(status)).not.toMatch(/[A-Za-z0-9+/]{86}/);
};

/** Advances the clock to the next attempt. */
const dueAgain = async (at: EmulatedPlace): Promise<void> => {
  const { blocked } = await at.status();
  world.rig.clock.advance(Math.max(0, Date.parse(blocked?.nextAttemptAt ?? "") - world.rig.clock.now().getTime()));
};

const resumed = async (at: EmulatedPlace): Promise<unknown> => (await at.order("resume", "fixed")).body;

test("NotFound: names the missing Batch account", async () => {
  const at = anyAccount();
  world.emulators.batch.removeAccount(at.config.batch.accountName);
  await world.rig.surface.tick();
  await expectBlocked(at, "NotFound", `there is no Batch account ${at.config.batch.resourceId}`);
  expect(await at.status()).toMatchObject({ phase: "adopting" });
});

test("NotFound at first sight: ends at the next tick that is due once the account exists", async () => {
  const at = anyAccount({ gate: { soakMs: 0 } });
  const { accountName } = at.config.batch;
  world.emulators.batch.removeAccount(accountName);
  await world.rig.surface.tick();
  await expectBlocked(at, "NotFound", "there is no Batch account");
  // The recreated account has other keys than the vault holds.
  at.mark({ ProviderAddress: at.config.batch.resourceId });
  world.emulators.batch.addAccount({ name: accountName });
  await dueAgain(at);
  await world.rig.surface.tick();
  expect(await at.status()).toMatchObject({
    phase: "adopting",
    blocked: null,
    activeSlot: "primary",
    waitingFor: { reason: "NoSignalYet" },
  });
  expect(at.newest().value).toBe(at.keys().primary);
});

test("SharedKeyNotAllowed: names the setting, and ends once shared keys are allowed", async () => {
  const at = anyAccount();
  world.emulators.batch.setModes(at.config.batch.accountName, ["AAD"]);
  await world.rig.surface.tick();
  await expectBlocked(at, "SharedKeyNotAllowed", "add SharedKey to its allowedAuthenticationModes");
  world.emulators.batch.setModes(at.config.batch.accountName, ["SharedKey", "AAD"]);
  expect(await resumed(at)).toMatchObject({ phase: "adopting", blocked: null, waitingFor: { reason: "NoSignalYet" } });
});

/** Breaks something in the middle of a rotation. Returns the function that fixes it. */
type Breaks = (at: EmulatedPlace) => () => void;

const answers =
  (route: Route, status: number, more: { readonly code?: string; readonly body?: unknown } = {}): Breaks =>
  () => {
    const fault = world.emulators.faults.add({ route, when: "before", kind: "status", status, ...more });
    return () => fault.remove();
  };

/** What breaks, where, and what the remedy names; `account` and `secret` stand for their ids. */
const broken: readonly (readonly [reason: string, where: string, remedy: string, breaks: Breaks])[] = [
  [
    "Forbidden",
    "at Resource Manager",
    "Microsoft.Batch/batchAccounts/listkeys/action on {account}",
    () => {
      world.emulators.batch.deny("listkeys/action");
      return () => world.emulators.batch.allow("listkeys/action");
    },
  ],
  [
    "Forbidden",
    "when the key is to be replaced",
    "Microsoft.Batch/batchAccounts/regeneratekeys/action on {account}",
    () => {
      world.emulators.batch.deny("regeneratekeys/action");
      return () => world.emulators.batch.allow("regeneratekeys/action");
    },
  ],
  [
    "Forbidden",
    "at the vault",
    "secrets/setSecret/action on {secret}, as the role Key Vault Secrets Officer",
    () => {
      world.vault.deny("setSecret/action");
      return () => world.vault.allow("setSecret/action");
    },
  ],
  [
    "Forbidden",
    "at the data plane",
    "let the account's network rules admit the rotator",
    answers("batch.listPools", 403, { code: "AuthorizationFailure" }),
  ],
  [
    "NotFound",
    "at Resource Manager",
    "there is no Batch account {account}",
    answers("arm.listKeys", 404, { code: "ResourceNotFound" }),
  ],
  [
    "NotFound",
    "when the key is to be replaced",
    "there is no Batch account {account}",
    answers("arm.regenerateKeys", 404, { code: "ResourceNotFound" }),
  ],
  [
    "NotFound",
    "at the data plane",
    "the data plane does not know Batch account",
    answers("batch.listPools", 404, { code: "AccountNotFound" }),
  ],
  ["NotFound", "at the vault", "there is no vault ", answers("vault.setSecret", 404, { code: "VaultNotFound" })],
  [
    "SecretDeleted",
    "at the vault",
    "az keyvault secret recover",
    ({ config }) => {
      world.vault.delete(config.secret.name);
      return () => world.vault.recover(config.secret.name);
    },
  ],
  [
    "SecretDisabled",
    "at the vault",
    "az keyvault secret set-attributes --enabled true",
    ({ config }) => {
      world.vault.disable(config.secret.name);
      return () => world.vault.enable(config.secret.name);
    },
  ],
  [
    "ResourceLocked",
    "at Resource Manager",
    "remove the lock on {account}",
    ({ config }) => {
      world.emulators.batch.lock(config.batch.accountName, "ReadOnly");
      return () => world.emulators.batch.unlock(config.batch.accountName);
    },
  ],
  [
    "PolicyRefused",
    "at the vault",
    "an Azure policy on the vault refuses to set {secret}",
    () => {
      world.vault.refuseByPolicy("RequestDisallowedByPolicy");
      return () => world.vault.refuseByPolicy(null);
    },
  ],
  [
    "PolicyRefused",
    "at Resource Manager",
    "az policy exemption create",
    answers("arm.regenerateKeys", 403, { code: "RequestDisallowedByPolicy" }),
  ],
  [
    "SharedKeyNotAllowed",
    "at the data plane",
    "allow SharedKey in its allowedAuthenticationModes",
    ({ config }) => {
      world.emulators.batch.setModes(config.batch.accountName, ["AAD"]);
      return () => world.emulators.batch.setModes(config.batch.accountName, null);
    },
  ],
  [
    "NoUsableKey",
    "at Resource Manager",
    "no usable primary key for {account}",
    answers("arm.listKeys", 200, { body: { accountName: "render", primary: "", secondary: "" } }),
  ],
];

describe.each(broken)("%s %s, in the middle of a rotation", (reason, _where, remedy, breaks) => {
  const started = async () => {
    const at = await adoptedAccount();
    const fix = breaks(at);
    await at.rotate();
    const { batch, secret } = at.config;
    const names = remedy
      .replace("{account}", batch.resourceId)
      .replace("{secret}", `${secret.vaultUrl}/secrets/${secret.name}`);
    await expectBlocked(at, reason, names);
    // The names of the account and of its secret both contain the account's name.
    await expectBlocked(at, reason, batch.accountName);
    // Another drive trusts the key list only two minutes after a regenerate.
    world.rig.clock.advance(minutes(2));
    return { at, fix };
  };

  test("ends at the first tick that is due after the fix", async () => {
    const { at, fix } = await started();
    await dueAgain(at);
    await world.rig.surface.tick();
    await expectBlocked(at, reason, "");
    fix();
    await dueAgain(at);
    await world.rig.surface.tick();
    expect(await at.status()).toMatchObject({ phase: "published", blocked: null });
    await at.vm().refresh().report();
    expect(await at.status()).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
  });

  test.each([
    ["the next signal", (at: EmulatedPlace): Promise<unknown> => at.vm().report()],
    ["the operator's resume", resumed],
  ])("ends at %s after the fix", async (_what, act) => {
    const { at, fix } = await started();
    fix();
    await act(at);
    expect(await at.status()).toMatchObject({ phase: "published", blocked: null });
  });
});

test("NotFound behind the gate: the old version cannot be found, and the rotation ends once it can be", async () => {
  const at = await adoptedAccount();
  await at.rotate();
  const fault = world.emulators.faults.add({
    route: "vault.updateSecret",
    when: "before",
    kind: "status",
    status: 404,
    code: "SecretNotFound",
  });
  await at.vm().refresh().report();
  expect(await at.status()).toMatchObject({ phase: "retired" });
  await expectBlocked(at, "NotFound", `${at.config.secret.name} or this version of it is not there`);
  fault.remove();
  await dueAgain(at);
  await world.rig.surface.tick();
  expect(await at.status()).toMatchObject({ phase: "idle", blocked: null, lastRotation: { outcome: "completed" } });
});

test("RecordCorrupt: names the row, and an account whose row is deleted is adopted anew", async () => {
  const at = await adoptedAccount();
  at.damageRecord();
  await world.rig.surface.tick();
  await expectBlocked(at, "RecordCorrupt", `row with PartitionKey ${at.name}`);
  expect(await at.order("approve")).toMatchObject({ status: 409, body: { reason: "RecordCorrupt" } });
  // The signal is valid, so it is stored.
  expect(await at.post(at.vm().signal())).toMatchObject({
    status: 202,
    body: { accepted: true, waitingFor: null },
  });
  at.deleteRecord();
  await world.rig.surface.tick();
  expect(await at.status()).toMatchObject({ phase: "idle", blocked: null });
});

test("a blocked account is retried automatically, at doubling intervals of at most one hour", async () => {
  const at = await adoptedAccount();
  world.emulators.batch.deny("regeneratekeys/action");
  await at.rotate();
  const waits: number[] = [];
  for (let tries = 0; tries < 9; tries += 1) {
    const { blocked } = await at.status();
    const next = Date.parse(blocked?.nextAttemptAt ?? "");
    waits.push((next - world.rig.clock.now().getTime()) / minutes(1));
    await world.rig.tickAfter(Math.max(0, next - world.rig.clock.now().getTime()));
  }
  expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60]);
  expect(at.eventsOf("StepFailed")).toHaveLength(1);
  world.emulators.batch.allow("regeneratekeys/action");
});
