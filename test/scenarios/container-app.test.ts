import { readStatus } from "../../lib/operations/status/read-status";
import { aConsumer } from "../builders/account";
import { minutes } from "../builders/time";
import { EmulatedContainerApp } from "../emulators/platforms/container-app";
import { FakeAuditLog } from "../fakes/world/fake-audit-log";
import { Rig, type Place } from "../rig/rig";

const resourceId =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/render/providers" +
  "/Microsoft.App/containerApps/jobs";
const platform = { kind: "containerApp", resourceId } as const;
const ownIdentity = "11111111-1111-4111-8111-111111111111";

interface Given {
  /** What the template gives a replica to end. */
  readonly graceSeconds?: number;
  /** Of the app, with which the platform reads the vault: the audit log shows it then. */
  readonly identity?: string;
}

/** An account whose only consumer is a Container App without any code for it. */
const open = async (soakMs = minutes(10), { graceSeconds, identity }: Given = {}) => {
  const rig = new Rig();
  const log = new FakeAuditLog();
  if (identity !== undefined) rig.world.auditLog = log;
  const consumer = aConsumer({ name: "jobs", platform, ...(identity === undefined ? {} : { identity }) });
  const at: Place = rig.place({ gate: { soakMs, consumers: [consumer] } });
  let names = 0;
  let isAway = false;
  const app = new EmulatedContainerApp({
    now: () => rig.clock.now(),
    readVault: () => {
      if (isAway) return null;
      const { version } = at.newest();
      if (identity !== undefined) log.read(at.config.secret, { identity, version, at: rig.clock.at });
      return at.newest();
    },
    createName: () => `r${(names += 1)}`,
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
  });
  rig.clock.advance(minutes(1));
  const revision = app.deploy("one", "environment", 2);
  const keyVaultUrl = `${at.config.secret.vaultUrl}/secrets/${at.config.secret.name}`;
  rig.world.platforms.containerApps.set(resourceId, { app, secretName: "key", keyVaultUrl });
  const passes = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= minutes(5)) {
      rig.clock.advance(Math.min(left, minutes(5)));
      await rig.tick();
    }
  };
  const isRefused = (): boolean => app.replicas.some(({ held }) => !at.accepts(held.value));
  const waits = async () => (await readStatus(rig.app, at.config)).waitingFor;
  return { rig, at, app, revision, passes, waits, isRefused, setAway: (away: boolean) => void (isAway = away) };
};

test("a Container App is adopted and rotated without a report: the gate opens after the platform's sync", async () => {
  const { at, app, passes, waits, isRefused } = await open();
  await at.rig.tick();
  await passes(minutes(50));
  expect(at.phase).toBe("idle");
  await at.rotate();
  const publishedAt = at.rig.clock.at;
  await passes(minutes(20));
  app.sync();
  await passes(minutes(10));
  expect((await waits())?.reason).toBe("RefreshPending");
  await passes(minutes(5));
  expect(at.phase).toBe("idle");
  expect(isRefused()).toBe(false);
  expect(app.replicas.every(({ createdAt }) => createdAt.toISOString() > publishedAt)).toBe(true);
});

test("a restart of the revision before the sync does not open the gate: its replicas have the old value", async () => {
  const { at, app, revision, passes, waits, isRefused } = await open(0);
  await at.rig.tick();
  await passes(minutes(40));
  await at.rotate();
  await passes(minutes(1));
  app.restart(revision);
  await passes(minutes(28));
  expect((await waits())?.reason).toBe("RefreshPending");
  expect(isRefused()).toBe(false);
  app.sync();
  await passes(minutes(10));
  expect(at.phase).toBe("idle");
  expect(isRefused()).toBe(false);
});

test("a sync that fails keeps the gate shut until one succeeds, however long that takes", async () => {
  const { at, app, passes, waits, isRefused, setAway } = await open();
  await at.rig.tick();
  await passes(minutes(50));
  await at.rotate();
  setAway(true);
  for (let syncs = 0; syncs < 6; syncs += 1) {
    await passes(minutes(30));
    app.sync();
  }
  expect((await waits())?.reason).toBe("OnPreviousKey");
  setAway(false);
  app.sync();
  expect(isRefused()).toBe(false);
  await passes(minutes(20));
  expect(at.phase).toBe("idle");
  expect(isRefused()).toBe(false);
});

test("a platform that cannot be asked keeps the gate shut, and the status says why", async () => {
  const { rig, at, app, passes, waits } = await open();
  await rig.tick();
  await passes(minutes(50));
  await at.rotate();
  app.sync();
  rig.faults.add("containerApps.look", {
    when: "before",
    error: () => new rig.world.product.TransientServiceError({ operation: "Container Apps read", statusCode: 500 }),
    times: 1_000,
  });
  await passes(minutes(60));
  expect(await waits()).toMatchObject({ reason: "RefreshPending", detail: expect.stringMatching(/status 500/) });
  const [line] = rig.logged("LookFailed");
  expect(line).toMatchObject({ kind: "containerApp", detail: expect.stringMatching(/^jobs: .*status 500/) });
  rig.faults.clear();
  await passes(minutes(5));
  expect(at.phase).toBe("idle");
});

test("replicas that take their ten minutes to end keep the old key alive until then", async () => {
  const { at, app, passes, waits, isRefused } = await open(0, { graceSeconds: 600 });
  await at.rig.tick();
  await passes(minutes(50));
  await at.rotate();
  await passes(minutes(30));
  app.sync();
  await passes(minutes(9));
  expect([(await waits())?.reason, isRefused()]).toEqual(["RefreshPending", false]);
  await passes(minutes(10));
  expect([at.phase, isRefused()]).toEqual(["idle", false]);
});

test("with its identity, an app that cannot read the vault keeps the gate shut, though replicas are new", async () => {
  const { at, app, revision, passes, waits, isRefused, setAway } = await open(0, { identity: ownIdentity });
  await at.rig.tick();
  await passes(minutes(50));
  await at.rotate();
  setAway(true);
  app.sync();
  app.restart(revision);
  await passes(minutes(120));
  expect(await waits()).toMatchObject({ reason: "OnPreviousKey", detail: expect.stringContaining("audit log") });
  expect(isRefused()).toBe(false);
  setAway(false);
  app.sync();
  await passes(minutes(40));
  expect([at.phase, isRefused()]).toEqual(["idle", false]);
});
