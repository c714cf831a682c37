import type { CheckedAccount } from "../../lib/operations/check/check-account";
import { tableRefusal } from "../../lib/azure/sdk/failures/refusals";
import { toServiceError } from "../../lib/azure/sdk/failures/service-errors";
import { aRecord } from "../builders/record";
import { aConsumer } from "../builders/account";
import { siteId } from "../builders/sight";
import { anEmulatedApp } from "../contracts/suites/container-apps-suite";
import { EmulatedAppService } from "../emulators/platforms/app-service";
import { emulatedObjectId } from "../emulators/tokens";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../rig/emulated";
import type { AccountOptions } from "../rig/rig";
import { adopt } from "../rig/served-place";

let world: EmulatedRig;
beforeAll(async () => {
  world = await openEmulatedRig();
});
afterEach(() => {
  const { batch, faults } = world.emulators;
  faults.clear();
  for (const action of ["read", "listkeys/action", "regeneratekeys/action"] as const) batch.allow(action);
  for (const action of ["getSecret/action", "setSecret/action", "update/action"] as const) world.vault.allow(action);
  batch.tellRoles("asAllowed");
  batch.setKeyTiming({ newKeyDelayMs: 0 });
});
afterAll(() => world.close());

let made = 0;
const anyAccount = (options: AccountOptions = {}): EmulatedPlace => {
  world.rig.deploy([]);
  return world.place({ ...options, name: `check${(made += 1)}` });
};

const stored = ({ name }: EmulatedPlace): string => {
  try {
    return JSON.stringify(world.rig.tables.rotations.get(name));
  } catch {
    return "corrupt";
  }
};

const checked = async (at: EmulatedPlace): Promise<CheckedAccount> => {
  const [keys, versions, record] = [at.keys(), at.versions(), stored(at)];
  const { journal } = world.emulators;
  journal.clear();
  const { status, text } = await world.rig.surface.call({ method: "GET", path: `/accounts/${at.name}/check` });
  expect(status).toBe(200);
  expect(text).not.toMatch(/[A-Za-z0-9+/]{86}/);
  // A check changes nothing: its only write names a version that does not exist.
  const commands = ["arm.regenerateKeys", "vault.setSecret", "vault.deleteSecret"] as const;
  expect(commands.map((route) => journal.count(route))).toEqual([0, 0, 0]);
  expect(journal.of("vault.updateSecret").filter(({ path }) => !/\/0{32}$/.test(path))).toEqual([]);
  expect([at.keys(), at.versions(), stored(at)]).toEqual([keys, versions, record]);
  const body: CheckedAccount = JSON.parse(text);
  return body;
};

const one = ({ checks }: CheckedAccount, name: string) => {
  const found = checks.find(({ check }) => check === name);
  if (found === undefined) throw new Error(`there is no check ${name}`);
  return found;
};

const fetched = () => ({ status: "Resolved", version: "v", value: "not to be shown" }) as const;

/** An account whose only consumer is an app of App Service. */
const placedApp = (reference: string, restart = false) => {
  const { emulators } = world;
  const platform = { kind: "appService", resourceId: siteId, refresh: true, restart } as const;
  const at = anyAccount({ gate: { consumers: [aConsumer({ name: "render-web", platform })] } });
  const app = new EmulatedAppService({ now: () => new Date(), fetch: fetched, createName: () => "i1" });
  app.configure("KEY", reference.replace("<secret>", `${at.config.secret.vaultUrl}/secrets/${at.config.secret.name}`));
  emulators.platforms.appServices.add(siteId, app);
  return { at, app, restarts: app.restarts };
};

const batchRole = "<your role whose name begins with Batch Key Rotator>";

const assign = (role: string, scope: string): string =>
  [
    `az role assignment create --assignee-object-id ${emulatedObjectId}`,
    `--assignee-principal-type ServicePrincipal --role "${role}" --scope ${scope}`,
  ].join(" ");

// Must run first: the SDK keeps a token for the life of its process.
test("identity: reports that it gets no token, and every check that needs a token fails", async () => {
  const at = anyAccount();
  world.emulators.faults.add({ route: "identity.token", when: "before", kind: "status", status: 400 });
  const body = await checked(at);
  expect(one(body, "identity")).toMatchObject({
    ok: false,
    remedy: expect.stringMatching(
      /managed identity that AZURE_CLIENT_ID names.*: az functionapp identity assign --name/,
    ),
  });
  for (const name of ["batchAccount", "listKeys", "vaultRead", "vaultUpdate"]) {
    expect(one(body, name)).toMatchObject({ ok: false });
  }
});

test("a healthy account without signals: every other check passes or was not tried", async () => {
  const at = anyAccount();
  const { account, checks, next } = await checked(at);
  expect(account).toBe(at.name);
  expect(Object.fromEntries(checks.map(({ check, ok }) => [check, ok]))).toEqual({
    identity: true,
    batchAccount: true,
    sharedKey: true,
    listKeys: true,
    regenerateKeys: true,
    dataPlane: true,
    keyCopies: true,
    vaultRead: true,
    vaultUpdate: true,
    vaultWrite: null,
    tables: true,
    "signals of render-api": false,
    "proof of render-api": null,
    auditLog: null,
  });
  for (const { check, ok, detail, remedy } of checks) {
    expect(detail).toMatch(/\S/);
    expect(remedy === null).toBe(ok !== false && check !== "proof of render-api");
  }
  expect(next).toBe("read the account and adopt the key that the vault holds, or publish the primary key");
});

test("identity: names the identity", async () => {
  const detail = `the app's identity is ${emulatedObjectId}`;
  expect(one(await checked(anyAccount()), "identity")).toMatchObject({ ok: true, detail });
});

test.each([
  ["batchAccount", "read"],
  ["listKeys", "listkeys/action"],
] as const)("%s: without the permission %s, names it and the command with role and scope", async (check, action) => {
  const at = anyAccount();
  const { resourceId } = at.config.batch;
  world.emulators.batch.deny(action);
  const { ok, remedy } = one(await checked(at), check);
  expect(ok).toBe(false);
  expect(remedy).toContain(`Microsoft.Batch/batchAccounts/${action} on ${resourceId}`);
  expect(remedy).toContain(assign(batchRole, resourceId));
});

test.each([
  ["vaultRead", "getSecret/action"],
  ["vaultUpdate", "update/action"],
] as const)("%s: without the permission %s, names it and the command with role and scope", async (check, action) => {
  const at = anyAccount();
  world.vault.deny(action);
  const { ok, remedy } = one(await checked(at), check);
  expect(ok).toBe(false);
  expect(remedy).toContain(`Microsoft.KeyVault/vaults/secrets/${action}`);
  const scope = `"$(az keyvault show --name localhost --query id --output tsv)/secrets/${at.config.secret.name}"`;
  expect(remedy).toContain(assign("Key Vault Secrets Officer", scope));
});

describe("Batch", () => {
  test("batchAccount: names a missing account, without a role assignment, which would not help", async () => {
    const at = anyAccount();
    world.emulators.batch.removeAccount(at.config.batch.accountName);
    const { text } = await world.rig.surface.call({ method: "GET", path: `/accounts/${at.name}/check` });
    const body: CheckedAccount = JSON.parse(text);
    const found = one(body, "batchAccount");
    expect(found).toMatchObject({
      ok: false,
      remedy: expect.stringContaining(`there is no Batch account ${at.config.batch.resourceId}`),
    });
    expect(found.remedy).not.toContain("az role assignment create");
  });

  test("sharedKey: where shared keys are not allowed, names the command that allows them", async () => {
    const at = anyAccount();
    world.emulators.batch.setModes(at.config.batch.accountName, ["AAD"]);
    expect(one(await checked(at), "sharedKey")).toMatchObject({
      ok: false,
      remedy: expect.stringContaining(`az resource update --ids ${at.config.batch.resourceId}`),
    });
  });

  test("listKeys: names a lock and the commands that find and remove it", async () => {
    const at = anyAccount();
    world.emulators.batch.lock(at.config.batch.accountName, "ReadOnly");
    const { ok, remedy } = one(await checked(at), "listKeys");
    expect(ok).toBe(false);
    expect(remedy).toMatch(/remove the lock on .* \(az lock list, az lock delete\)/);
  });

  test.each([
    ["a role with exactly this action", [{ actions: ["Microsoft.Batch/batchAccounts/regenerateKeys/action"] }], true],
    ["a role in another spelling", [{ actions: ["microsoft.batch/BATCHACCOUNTS/regeneratekeys/Action"] }], true],
    ["a role over all of Batch", [{ actions: ["Microsoft.Batch/*"] }], true],
    ["an owner's role", [{ actions: ["*"] }], true],
    [
      "the second of two roles",
      [{ actions: ["*/read"] }, { actions: ["Microsoft.Batch/batchAccounts/*/action"] }],
      true,
    ],
    ["a reader's role", [{ actions: ["*/read"] }], false],
    ["no role at all", [], false],
    [
      "a role that excludes the action",
      [{ actions: ["*"], notActions: ["Microsoft.Batch/batchAccounts/regenerateKeys/*"] }],
      false,
    ],
    [
      "a role with an action that is only a prefix of it",
      [{ actions: ["Microsoft.Batch/batchAccounts/regenerateKeys"] }],
      false,
    ],
  ])("regenerateKeys: %s", async (_role, roles, granted) => {
    const at = anyAccount();
    world.emulators.batch.tellRoles(roles);
    const found = one(await checked(at), "regenerateKeys");
    expect(found.ok).toBe(granted);
    expect(found.remedy).toBe(granted ? null : assign(batchRole, at.config.batch.resourceId));
  });

  test("regenerateKeys: reports that it was not tried where the role assignments cannot be read", async () => {
    const at = anyAccount();
    world.emulators.batch.tellRoles("unreadable");
    expect(one(await checked(at), "regenerateKeys")).toEqual({
      check: "regenerateKeys",
      ok: null,
      detail: "not tried, as it would replace a key; the role assignments cannot be read",
      remedy: null,
    });
  });

  test("dataPlane: fails where Batch refuses the key", async () => {
    const at = anyAccount();
    world.emulators.batch.regenerateManually(at.config.batch.accountName, "primary");
    world.emulators.batch.setKeyTiming({ newKeyDelayMs: 60_000 });
    expect(one(await checked(at), "dataPlane")).toMatchObject({ ok: false, remedy: expect.stringContaining("clock") });
  });

  test("keyCopies: names where the account holds copies of its keys", async () => {
    const at = anyAccount();
    const { accountName } = at.config.batch;
    const { primary, secondary } = world.emulators.batch.keys(accountName);
    expect(one(await checked(at), "keyCopies")).toMatchObject({ ok: true, remedy: null });
    world.emulators.batch.setContent(accountName, {
      pools: [{ id: "p", startTask: { environmentSettings: [{ name: "BATCH_KEY", value: primary }] } }],
      jobs: [{ id: "j", jobManagerTask: { commandLine: `run --key ${secondary}` } }],
    });
    const found = await checked(at);
    expect(one(found, "keyCopies")).toMatchObject({
      ok: null,
      detail: expect.stringMatching(
        /primary key is in pool p, environment setting BATCH_KEY of its start task; the secondary key is in job j/,
      ),
      remedy: expect.stringContaining("authenticationTokenSettings"),
    });
    for (const key of [primary, secondary]) expect(JSON.stringify(found)).not.toContain(key.slice(0, 12));
  });

  test("keyCopies: are not searched for where the configuration leaves that out", async () => {
    const { checks } = await checked(anyAccount({ gate: { searchAccount: false } }));
    expect(checks.map(({ check }) => check)).not.toContain("keyCopies");
  });

  test("dataPlane: is not called where probing is switched off", async () => {
    const { checks } = await checked(anyAccount({ probe: "none" }));
    expect(checks.map(({ check }) => check)).not.toContain("dataPlane");
    expect(world.emulators.journal.countOf("batch")).toBe(0);
  });
});

describe("Key Vault", () => {
  test("vaultRead: reports which key the newest version holds, or what adopting would publish", async () => {
    const at = anyAccount({ seed: "secondary" });
    expect(one(await checked(at), "vaultRead").detail).toBe(
      `the newest version, ${at.newest().version}, holds the secondary key`,
    );
    const empty = anyAccount({ seed: null });
    expect(one(await checked(empty), "vaultRead")).toMatchObject({
      ok: true,
      detail: expect.stringContaining("publish the primary key"),
    });
    const stale = anyAccount();
    world.emulators.batch.regenerateManually(stale.config.batch.accountName, "primary");
    expect(one(await checked(stale), "vaultRead").detail).toMatch(
      /holds neither live key: adopting the account will publish the primary key over it/,
    );
  });

  test("vaultRead: names a disabled secret and the command that enables it", async () => {
    const at = anyAccount();
    const { vaultUrl, name } = at.config.secret;
    world.vault.disable(name);
    expect(one(await checked(at), "vaultRead")).toMatchObject({
      ok: false,
      remedy: expect.stringContaining(
        `az keyvault secret set-attributes --enabled true --id ${vaultUrl}/secrets/${name})`,
      ),
    });
  });

  test("vaultUpdate: is tried on a version that does not exist", async () => {
    const at = anyAccount();
    expect(one(await checked(at), "vaultUpdate")).toMatchObject({ ok: true });
    expect(world.emulators.journal.of("vault.updateSecret").map(({ status }) => status)).toEqual([404]);
  });

  test("vaultWrite: is never tried; the check names its action", async () => {
    expect(one(await checked(anyAccount()), "vaultWrite")).toMatchObject({
      ok: null,
      detail: expect.stringContaining("Microsoft.KeyVault/vaults/secrets/setSecret/action"),
      remedy: null,
    });
  });
});

describe("the rotator's own state", () => {
  test("tables: without the permission, names the role and the command with storage account and identity", async () => {
    const at = anyAccount();
    const refusal = tableRefusal("BatchKeyRotations", "https://rotatorstore.table.core.windows.net");
    const call = { operation: "Tables get entity", effect: "read", refusal } as const;
    world.rig.faults.add("rotations.read", {
      when: "before",
      error: () =>
        toServiceError(
          {
            kind: "answered",
            statusCode: 403,
            code: "AuthorizationPermissionMismatch",
            innerCode: null,
            requestId: null,
            retryAfterMs: null,
          },
          call,
        ),
    });
    const { checks, next } = await checked(at);
    const tables = checks.find(({ check }) => check === "tables");
    expect(tables?.ok).toBe(false);
    expect(tables?.remedy).toContain(
      assign(
        "Storage Table Data Contributor",
        '"$(az storage account show --name rotatorstore --query id --output tsv)"',
      ),
    );
    expect(next).toBe("nothing before the tables can be reached");
  });

  test("tables: names the row of a record that cannot be read", async () => {
    const at = anyAccount();
    world.rig.tables.restore(aRecord({ account: at.name }));
    at.damageRecord();
    const body = await checked(at);
    expect(one(body, "tables")).toMatchObject({
      ok: false,
      remedy: expect.stringContaining(`PartitionKey ${at.name}`),
    });
    expect(body.next).toMatch(/RecordCorrupt/);
  });

  test("signals: names which consumers have reported, and where the others have to post", async () => {
    const gate = { soakMs: 0, consumers: [aConsumer(), aConsumer({ name: "nightly-etl" })] };
    const at = anyAccount({ gate });
    await at.vm().report();
    const body = await checked(at);
    expect(one(body, "signals of render-api")).toMatchObject({
      ok: true,
      detail: expect.stringContaining("1 instance has reported"),
    });
    expect(one(body, "signals of nightly-etl")).toMatchObject({
      ok: false,
      remedy: `let nightly-etl post its health to /api/accounts/${at.name}/signals, or configure its healthUrl`,
    });
  });

  describe("platform:", () => {
    const refreshAction = "Microsoft.Web/sites/config/configreferences/appsettings/refresh/action";
    test("reads what a look reads, restarts nothing, and says that a refresh is not tried", async () => {
      const { at, app, restarts } = placedApp("@Microsoft.KeyVault(SecretUri=<secret>)");
      world.emulators.batch.tellRoles([{ actions: ["Microsoft.Web/sites/config/*"] }]);
      const body = await checked(at);
      expect(one(body, "platform of render-web")).toMatchObject({
        ok: true,
        detail: "its platform can be read: RefreshPending",
      });
      expect(one(body, "refresh of render-web")).toMatchObject({
        ok: true,
        detail: "granted by a role assignment; not tried, as it would restart the app",
      });
      expect(app.restarts).toBe(restarts);
      expect(body.checks.map((each) => each.check)).not.toContain("signals of render-web");
      world.emulators.batch.tellRoles([{ actions: ["Microsoft.Batch/*"] }]);
      expect(one(await checked(at), "refresh of render-web")).toMatchObject({
        ok: false,
        detail: `no role assignment grants ${refreshAction}`,
        remedy: expect.stringContaining(`the action ${refreshAction} on ${siteId}`),
      });
      world.emulators.batch.tellRoles("unreadable");
      expect(one(await checked(at), "refresh of render-web")).toMatchObject({ ok: null, remedy: null });
      world.emulators.batch.tellRoles("asAllowed");
    });

    test("says that a restart, where it is to be, is not tried either", async () => {
      const { at } = placedApp("@Microsoft.KeyVault(SecretUri=<secret>)", true);
      world.emulators.batch.tellRoles([{ actions: ["Microsoft.Web/sites/config/*"] }]);
      const found = one(await checked(at), "restart of render-web");
      expect(found).toMatchObject({
        ok: false,
        remedy: expect.stringContaining(`the action Microsoft.Web/sites/restart/Action on ${siteId}`),
      });
      world.emulators.batch.tellRoles([{ actions: ["Microsoft.Web/sites/*"] }]);
      expect(one(await checked(at), "restart of render-web")).toMatchObject({ ok: true });
      world.emulators.batch.tellRoles("asAllowed");
    });

    test("names a Container App whose secret is only in a volume before a rotation waits for it", async () => {
      const resourceId = siteId.replace("Microsoft.Web/sites", "Microsoft.App/containerApps");
      const platform = { kind: "containerApp", resourceId } as const;
      const at = anyAccount({ gate: { consumers: [aConsumer({ name: "render-jobs", platform })] } });
      const app = anEmulatedApp();
      app.deploy("one", "volume", 1);
      const keyVaultUrl = `${at.config.secret.vaultUrl}/secrets/${at.config.secret.name}`;
      world.emulators.platforms.containerApps.add(resourceId, app, { secretName: "key", keyVaultUrl });
      expect(one(await checked(at), "platform of render-jobs")).toMatchObject({
        ok: false,
        detail: expect.stringMatching(/^NeedsSignal: revision one of render-jobs has the secret only in a volume/),
      });
    });

    test("names a fixed version before the first rotation waits for it", async () => {
      const { at } = placedApp("@Microsoft.KeyVault(SecretUri=<secret>/4f2c8a1d9b3e47568a0c2d4e6f81a3b5)");
      expect(one(await checked(at), "platform of render-web")).toMatchObject({
        ok: false,
        detail: expect.stringMatching(/^PinnedVersion: setting KEY of render-web is fixed to version 4f2c/),
      });
    });

    test("names the right that Azure says is missing", async () => {
      const { at } = placedApp("@Microsoft.KeyVault(SecretUri=<secret>)");
      world.emulators.platforms.deny("Microsoft.Web/sites/config/Read");
      const found = one(await checked(at), "platform of render-web");
      world.emulators.platforms.allow("Microsoft.Web/sites/config/Read");
      expect(found).toMatchObject({
        ok: false,
        remedy: expect.stringContaining(`the action Microsoft.Web/sites/config/Read on ${siteId}`),
      });
    });
  });

  test("proof: warns where it is optional, and says what that means", async () => {
    const at = anyAccount({
      gate: { consumers: [aConsumer(), aConsumer({ name: "nightly-etl", proof: "required" })] },
    });
    const body = await checked(at);
    expect(one(body, "proof of render-api")).toEqual({
      check: "proof of render-api",
      ok: null,
      detail:
        "any caller with the key of the function receiveSignal can report for an instance of render-api " +
        "that does not sign its reports",
      remedy: 'let render-api sign its reports (docs/consumers.md), then set "proof": "required" for it',
    });
    expect(one(body, "proof of nightly-etl")).toMatchObject({ ok: true, remedy: null });
  });

  test("next: reports what the next tick would do while it waits, is idle and is blocked", async () => {
    const at = anyAccount({ gate: { soakMs: 0 } });
    await world.rig.surface.tick();
    expect((await checked(at)).next).toMatch(/^wait: NoSignalYet, no instance of render-api/);
    await adopt(at, [at.vm()]);
    expect((await checked(at)).next).toBe(`nothing before ${(await at.status()).nextDueAt}`);
    world.emulators.batch.deny("regeneratekeys/action");
    await at.rotate();
    expect((await checked(at)).next).toBe("try again, as it is blocked: Forbidden");
  });
});
