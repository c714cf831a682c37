import type { StatusBody } from "../../../lib/operations/status";
import { bodyOf, type Host, statusOf } from "./host";
import type { PlacedAccount } from "./placed-account";
import { expectWholeStatus } from "./whole-status";
import { openWorld, type DeployedApp } from "./world";

const anHourMs = 3_600_000;
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const versionId = expect.stringMatching(/^[0-9a-f]{32}$/);

let world: DeployedApp;
let host: Host;
let archive: PlacedAccount;
let nightly: PlacedAccount;

beforeAll(async () => {
  world = await openWorld();
  archive = world.place({ name: "archive", config: { settleOn: "primary" } });
  nightly = world.place({ name: "nightly", seed: null });
  host = await world.host([archive, nightly]);
});
afterAll(() => world.close());

/** The status after a tick, which must be complete. */
const afterTick = async (): Promise<StatusBody> => {
  await host.tick();
  const status = await host.status("archive");
  expectWholeStatus(status);
  return status;
};

const signal = async (): Promise<void> => {
  expect((await host.signal("archive", archive.signal())).status).toBe(202);
};

test("an account before its first tick has a complete status of empty members", async () => {
  const answer = await host.get("nightly");
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
  expect(bodyOf(answer)).toEqual({
    account: "nightly",
    resourceId: nightly.resourceId,
    secret: { vaultUrl: world.vault.url, name: nightly.secretName, version: null },
    phase: null,
    waitingFor: null,
    blocked: null,
    stalled: false,
    paused: false,
    activeSlot: null,
    rotation: null,
    lastRotation: null,
    nextDueAt: null,
    consumers: [{ name: "render-api", state: "NoSignalYet", instances: [] }],
  });
});

test("the list includes every configured account, even without a record, and no consumers", async () => {
  const answer = await host.list();
  expect(answer.status).toBe(200);
  const { accounts, checkedAt }: { accounts: StatusBody[]; checkedAt: string } = JSON.parse(answer.text);
  expect(Object.keys(JSON.parse(answer.text)).toSorted()).toEqual(["accounts", "checkedAt"]);
  expect(checkedAt).toEqual(instant);
  expect(accounts.map(({ account, phase }) => [account, phase])).toEqual([
    ["archive", null],
    ["nightly", null],
  ]);
  for (const account of accounts) expectWholeStatus(account, ["consumers"]);
});

test("the status is complete in every phase of a rotation, with the reason to wait", async () => {
  const { batch } = world.emulators;
  const first = archive.newest().version;

  expect(await afterTick()).toMatchObject({
    phase: "adopting",
    waitingFor: { reason: "NoSignalYet", since: instant },
    activeSlot: "primary",
    secret: { version: first },
    rotation: null,
    lastRotation: null,
    nextDueAt: null,
    consumers: [{ name: "render-api", state: "NoSignalYet", instances: [] }],
  });

  await signal();
  const idle = await host.status("archive");
  expectWholeStatus(idle);
  expect(idle).toMatchObject({ phase: "idle", waitingFor: null, rotation: null, nextDueAt: instant });
  expect(idle.consumers).toEqual([
    {
      name: "render-api",
      state: "Good",
      instances: [{ id: "vm-1", at: instant, secretVersion: first, healthy: true, proven: true }],
    },
  ]);

  const busy = world.emulators.faults.add({ route: "arm.regenerateKeys", when: "before", kind: "status", status: 429 });
  const asked = await host.rotate("archive", { reason: "every phase", retireAfter: "P1D" });
  expect(asked.status).toBe(202);
  expectWholeStatus(bodyOf(asked));
  expect(statusOf(asked)).toMatchObject({
    phase: "started",
    waitingFor: { reason: "BackingOff" },
    blocked: null,
    nextDueAt: null,
    rotation: {
      id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/),
      trigger: "demand",
      reason: "every phase",
      target: "secondary",
      previous: "primary",
      startedAt: instant,
      publishedAt: null,
      secretVersion: null,
      retireAfter: "P1D",
      retireAt: null,
    },
  });
  busy.remove();

  batch.setKeyTiming({ newKeyDelayMs: anHourMs });
  expect(await afterTick()).toMatchObject({
    phase: "regenerated",
    waitingFor: { reason: "NewKeyNotAcceptedYet" },
    activeSlot: "primary",
    rotation: { publishedAt: null, secretVersion: null },
  });

  batch.setKeyTiming({ newKeyDelayMs: 0 });
  const published = await afterTick();
  expect(published).toMatchObject({
    phase: "published",
    waitingFor: { reason: "OnPreviousKey", detail: expect.stringContaining("render-api/vm-1") },
    activeSlot: "secondary",
    secret: { version: versionId },
    rotation: { publishedAt: instant, secretVersion: archive.newest().version, retireAfter: "P1D", retireAt: instant },
    consumers: [{ name: "render-api", state: "OnPreviousKey" }],
  });
  const { publishedAt, retireAt } = published.rotation ?? {};
  expect(Date.parse(retireAt ?? "") - Date.parse(publishedAt ?? "")).toBe(24 * anHourMs);

  batch.setKeyTiming({ oldKeyGraceMs: anHourMs });
  await signal();
  expect(await afterTick()).toMatchObject({
    phase: "retired",
    waitingFor: { reason: "OldKeyStillAccepted" },
    rotation: { retireAt: null },
  });

  batch.setKeyTiming({ oldKeyGraceMs: 0 });
  expect(await afterTick()).toMatchObject({
    phase: "settling",
    waitingFor: { reason: "OnPreviousKey" },
    activeSlot: "primary",
    rotation: { target: "secondary", secretVersion: archive.newest().version, retireAt: null },
    lastRotation: null,
  });

  await signal();
  const ended = await host.status("archive");
  expectWholeStatus(ended);
  expect(ended).toMatchObject({
    phase: "idle",
    waitingFor: null,
    activeSlot: "primary",
    rotation: null,
    lastRotation: { outcome: "completed", startedAt: instant, endedAt: instant },
    nextDueAt: instant,
  });
});

test("a blocked account shows reason and remedy, and no other reason to wait", async () => {
  await host.tick();
  await host.signal("nightly", nightly.signal());
  world.vault.deny("setSecret/action");
  const answer = await host.rotate("nightly", { reason: "into a wall" });
  expect(answer.status).toBe(202);
  expectWholeStatus(bodyOf(answer));
  expect(statusOf(answer)).toMatchObject({
    phase: "regenerated",
    waitingFor: null,
    blocked: {
      reason: "Forbidden",
      remedy: expect.stringContaining("Key Vault Secrets Officer"),
      since: instant,
      attempts: 1,
      nextAttemptAt: instant,
    },
  });

  world.vault.allow("setSecret/action");
  const resumed = await host.operate("nightly", "resume", { reason: "the role is assigned now" });
  expect(statusOf(resumed)).toMatchObject({ phase: "published", blocked: null });
});

test("an unreadable record blocks only its account, with the remedy", async () => {
  await world.rows.corrupt("nightly");
  const answer = await host.get("nightly");
  expect(answer.status).toBe(200);
  expectWholeStatus(bodyOf(answer));
  expect(statusOf(answer)).toMatchObject({
    phase: null,
    waitingFor: null,
    blocked: { reason: "RecordCorrupt", remedy: expect.stringContaining("row") },
  });
  expect((await host.list()).status).toBe(200);
  expect((await host.status("archive")).blocked).toBeNull();
  await host.tick();
  for (const refused of [
    await host.rotate("nightly", { reason: "no record" }),
    await host.operate("nightly", "pause", { reason: "no record" }),
  ]) {
    expect([refused.status, bodyOf(refused)]).toEqual([409, expect.objectContaining({ reason: "RecordCorrupt" })]);
  }
});
