import { AzureAuditLog } from "../../lib/azure/log-analytics/azure-audit-log";
import { createCredential } from "../../lib/azure/sdk/credential";
import type { ReadersBody } from "../../lib/operations/status/account-readers";
import type { CheckedAccount } from "../../lib/operations/check/check-account";
import { aConsumer } from "../builders/account";
import { minutes } from "../builders/time";
import type { AuditLine } from "../emulators/audit-lines";
import { emulatedObjectId } from "../emulators/tokens";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../rig/emulated";
import type { AccountOptions } from "../rig/rig";

const identity = "11111111-1111-4111-8111-111111111111";
const stranger = "99999999-9999-4999-8999-999999999999";
const site = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/render-web";

let world: EmulatedRig;
beforeAll(async () => {
  world = await openEmulatedRig(undefined, async ({ env, logs }) => ({
    auditLog: new AzureAuditLog({
      credential: createCredential({ env, clientId: null, authorityHost: "https://login.microsoftonline.com" }),
      logEndpoint: logs.url,
      logScope: "https://api.loganalytics.io/.default",
      workspaceId: logs.workspaceId,
    }),
  }));
});
afterEach(() => {
  const { faults, logs } = world.emulators;
  faults.clear();
  logs.service.audit.clear();
  logs.service.isDenied = false;
  world.emulators.journal.clear();
});
afterAll(() => world.close());

let made = 0;
const anyAccount = (options: AccountOptions = {}): EmulatedPlace => {
  world.rig.deploy([]);
  const gate = { consumers: [aConsumer({ identity })], ...options.gate };
  return world.place({ ...options, gate, name: `readers${(made += 1)}` });
};

const read = (at: EmulatedPlace, oid: string, changes: Partial<AuditLine> = {}): void => {
  const { vaultUrl, name } = at.config.secret;
  const Id = `${vaultUrl}/secrets/${name}/${at.newest().version}`;
  world.emulators.logs.service.audit.add({
    TimeGenerated: world.rig.clock.now(),
    OperationName: "SecretGet",
    HttpStatusCode: 200,
    Id,
    RequestUri: Id,
    CallerIpAddress: "203.0.113.7",
    ClientInfo: "azsdk-net",
    Identity: { claim: { oid, xms_mirid: site } },
    ...changes,
  });
};

const get = ({ name }: EmulatedPlace, route: string) =>
  world.rig.surface.call({ method: "GET", path: `/accounts/${name}/${route}` });

const readersOf = async (at: EmulatedPlace): Promise<ReadersBody> => {
  const { status, text } = await get(at, "readers");
  expect(status).toBe(200);
  const body: ReadersBody = JSON.parse(text);
  return body;
};

const asked = (): number => world.emulators.journal.count("logs.query");

test("lists who has read which version, with the consumer that it is, and not the rotator", async () => {
  const at = anyAccount();
  read(at, identity);
  read(at, stranger);
  read(at, emulatedObjectId);
  const now = world.rig.clock.at;
  const common = { resource: site, firstAt: now, lastAt: now, reads: 1, address: "203.0.113.7", client: "azsdk-net" };
  expect(await readersOf(at)).toEqual({
    readers: [
      { ...common, identity, version: at.newest().version, consumer: "render-api" },
      { ...common, identity: stranger, version: at.newest().version, consumer: null },
    ],
    through: new Date(Date.parse(now) - minutes(10)).toISOString(),
    askedAt: now,
    omitted: 0,
    incomplete: null,
    problem: null,
  });
});

test("asks the log once in 15 minutes, whichever process is asked", async () => {
  const at = anyAccount();
  read(at, identity);
  const first = await readersOf(at);
  world.rig.start();
  read(at, stranger);
  world.rig.clock.advance(minutes(15) - 1);
  expect(await readersOf(at)).toEqual(first);
  expect(asked()).toBe(1);
  world.rig.clock.advance(1);
  expect((await readersOf(at)).readers).toHaveLength(2);
  expect(asked()).toBe(2);
});

test("shows all that the log has answered; just afterwards what is stored of it, and how many are not", async () => {
  const at = anyAccount();
  for (let i = 0; i < 310; i += 1) read(at, `reader-${i}`);
  read(at, identity, { TimeGenerated: new Date(world.rig.clock.now().getTime() - minutes(60)) });
  const all = await readersOf(at);
  expect([all.readers.length, all.omitted]).toEqual([311, 0]);
  const kept = await readersOf(at);
  expect([kept.readers.length, kept.omitted]).toEqual([300, 11]);
  expect(kept.readers[0]).toMatchObject({ identity, consumer: "render-api" });
});

test("answers 503 with the remedy where the log may not be read, and then with what was known", async () => {
  const at = anyAccount();
  world.emulators.logs.service.isDenied = true;
  expect(await get(at, "readers")).toMatchObject({
    status: 503,
    body: { detail: expect.stringMatching(/grant the rotator's identity the role Log Analytics Reader/) },
  });
  expect(await readersOf(at)).toMatchObject({
    readers: [],
    through: null,
    problem: expect.stringMatching(/status 403.*Log Analytics Reader/),
  });
});

test("answers 409 where no workspace is named", async () => {
  const at = anyAccount();
  world.rig.start({ ports: { auditLog: null } });
  expect(await get(at, "readers")).toMatchObject({ status: 409, body: { reason: "NoLogWorkspace" } });
});

const one = async (at: EmulatedPlace, name: string) => {
  const body: CheckedAccount = JSON.parse((await get(at, "check")).text);
  return body.checks.find(({ check }) => check === name);
};

describe("the preflight", () => {
  it("says how many have read the secret, and suggests consumers for those that are none", async () => {
    const at = anyAccount();
    read(at, identity);
    read(at, stranger);
    expect(await one(at, "auditLog")).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/^2 identities have read the secret, through 20/),
    });
    expect(await one(at, "readers")).toMatchObject({
      ok: null,
      detail: expect.stringContaining(stranger),
      remedy: expect.stringContaining(`{ "name": "render-web", "identity": "${stranger}" }`),
    });
  });

  it("says what is missing, with the command", async () => {
    const at = anyAccount();
    world.emulators.logs.service.isDenied = true;
    expect(await one(at, "auditLog")).toMatchObject({
      ok: false,
      remedy: expect.stringMatching(
        new RegExp(`az role assignment create --assignee-object-id ${emulatedObjectId} .*"Log Analytics Reader"`),
      ),
    });
    expect(await one(at, "auditLog")).toMatchObject({ ok: null, detail: expect.stringContaining("status 403") });
  });

  it("says where an answer is not whole, or was the last one for now", async () => {
    const at = anyAccount();
    read(at, identity);
    world.emulators.logs.service.partialRows = 1;
    expect(await one(at, "auditLog")).toMatchObject({ ok: null, detail: expect.stringContaining("in part only") });
    world.emulators.logs.service.partialRows = null;
    world.rig.clock.advance(minutes(15));
    world.emulators.logs.service.isDenied = true;
    await one(at, "auditLog");
    expect(await one(at, "auditLog")).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^1 identity has read the secret.*asked last at .*status 403/),
    });
  });

  it("says that the log is not asked, and warns where the configuration counts on it", async () => {
    const at = anyAccount();
    world.rig.start({ ports: { auditLog: null } });
    expect(await one(at, "auditLog")).toMatchObject({ ok: null, remedy: expect.stringContaining("set ROTATION_LOG") });
    const plain = anyAccount({ gate: { consumers: [aConsumer()] } });
    world.rig.start({ ports: { auditLog: null } });
    expect(await one(plain, "auditLog")).toEqual({
      check: "auditLog",
      ok: null,
      detail: "the vault's audit log is not asked, as ROTATION_LOG_WORKSPACE_ID is not set",
      remedy: null,
    });
  });
});
