import { type Answer, type Host, statusOf } from "./host";
import type { PlacedAccount } from "./placed-account";
import { expectProblem } from "./problem";
import { expectWholeStatus } from "./whole-status";
import { openWorld, type DeployedApp } from "./world";

const why = { reason: "because of ticket 42" };

let world: DeployedApp;
let host: Host;
let render: PlacedAccount;
let nightly: PlacedAccount;
let archive: PlacedAccount;
let legacy: PlacedAccount;

beforeAll(async () => {
  world = await openWorld();
  render = world.place({ name: "render" });
  nightly = world.place({ name: "nightly", config: { gate: { mode: "approval" } } });
  archive = world.place({ name: "archive" });
  legacy = world.place({ name: "legacy", config: { paused: true } });
  host = await world.host([render, nightly, archive, legacy], { ROTATION_QUARANTINE: "PT1M" });
  await host.tick();
});
afterAll(() => world.close());

const order = (account: PlacedAccount, action: string): Promise<Answer> => host.operate(account.name, action, why);

/** Sends the request and requires the resulting status as the answer. */
const done = async (account: PlacedAccount, action: string) => {
  const answer = await order(account, action);
  expect([action, answer.status, answer.text]).toEqual([action, 200, (await host.get(account.name)).text]);
  const status = statusOf(answer);
  expectWholeStatus(status);
  return status;
};

const events = async (account: PlacedAccount): Promise<readonly unknown[]> =>
  (await world.rows.history(account.name)).map(({ event }) => event);

const rotate = async (account: PlacedAccount): Promise<void> => {
  expect((await host.rotate(account.name, why)).status).toBe(202);
};

test("an approval replaces the consumers' confirmation in the present phase, and is recorded", async () => {
  expect(await done(render, "approve")).toMatchObject({ phase: "idle", waitingFor: null });
  await rotate(render);
  expect(await host.status("render")).toMatchObject({ phase: "published", waitingFor: { reason: "NoSignalYet" } });
  expect(await done(render, "approve")).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
  expectProblem(await order(render, "approve"), 409, "NothingToApprove");

  const history = await world.rows.history("render");
  const [, approved] = history.filter(({ event }) => event === "Approved");
  expect(approved).toMatchObject({
    by: "operator:function-key",
    detail: expect.stringContaining("in spite of the consumers"),
  });
  expect(history.find(({ event }) => event === "KeyRetired")).toMatchObject({
    detail: expect.stringContaining("NoSignalYet"),
  });
});

test("in mode approval the gate waits for an operator, whatever the consumers report", async () => {
  await host.signal("nightly", nightly.signal());
  expect(await host.status("nightly")).toMatchObject({ phase: "adopting", waitingFor: { reason: "ApprovalPending" } });
  expect((await done(nightly, "approve")).phase).toBe("idle");
  await rotate(nightly);
  expect((await host.status("nightly")).waitingFor?.reason).toBe("ApprovalPending");
  await host.signal("nightly", nightly.signal());
  expect((await host.status("nightly")).waitingFor?.reason).toBe("ApprovalPending");
  expect((await done(nightly, "approve")).phase).toBe("idle");
});

test("a roll-back publishes the previous key again, pauses, and waits until every app is back on it", async () => {
  await host.signal("archive", archive.signal());
  expectProblem(await order(archive, "rollback"), 409, "NothingToRollBack");
  const [first] = archive.versions();
  await rotate(archive);
  const rolledBack = await done(archive, "rollback");
  expect(rolledBack).toMatchObject({
    phase: "adopting",
    paused: true,
    waitingFor: { reason: "Paused" },
    activeSlot: "primary",
    rotation: null,
    lastRotation: { outcome: "rolledBack" },
  });
  expect(archive.newest().version).toBe(rolledBack.secret.version);
  expect(archive.newest().value === first?.value).toBe(true);
  expectProblem(await order(archive, "rollback"), 409, "NothingToRollBack");

  await host.signal("archive", archive.signal());
  expect(await host.status("archive")).toMatchObject({ phase: "adopting", waitingFor: { reason: "Paused" } });
  // After resume and confirmation it is due again at once.
  expect(await done(archive, "resume")).toMatchObject({ paused: false, phase: "published" });
  await host.signal("archive", archive.signal());
  expect((await host.status("archive")).lastRotation?.outcome).toBe("completed");
});

test("a roll-back is refused while a lost request may still replace a key", async () => {
  const lost = world.emulators.faults.add({
    route: "arm.regenerateKeys",
    subject: archive.batchName,
    when: "before",
    kind: "status",
    status: 500,
    times: 1,
  });
  await rotate(archive);
  expect(lost.fired()).toBe(1);
  expect(await host.status("archive")).toMatchObject({ phase: "started", waitingFor: { reason: "OutcomeUnknown" } });
  expectProblem(await order(archive, "rollback"), 409, "OutcomeUnknown");
});

test("a pause stops every step but accepts signals, and cannot be repeated", async () => {
  await host.signal("render", render.signal());
  await rotate(render);
  expect(await done(render, "pause")).toMatchObject({
    phase: "published",
    paused: true,
    waitingFor: { reason: "Paused", detail: expect.stringContaining(why.reason) },
  });
  expectProblem(await order(render, "pause"), 409, "AlreadyPaused");
  const signal = await host.signal("render", render.signal());
  expect(JSON.parse(signal.text)).toMatchObject({ accepted: true, waitingFor: { reason: "Paused" } });
  await host.tick();
  expect(await host.status("render")).toMatchObject({ phase: "published", consumers: [{ state: "Good" }] });

  expect(await done(render, "resume")).toMatchObject({ phase: "idle", paused: false });
  expectProblem(await order(render, "resume"), 409, "NotPaused");
  expect((await events(render)).slice(-5)).toEqual([
    "KeyPublished",
    "Paused",
    "Resumed",
    "KeyRetired",
    "RotationCompleted",
  ]);
});

test("a pause by the configuration can only be ended there", async () => {
  expect(await host.status("legacy")).toMatchObject({ paused: true, waitingFor: { reason: "Paused" } });
  expectProblem(await order(legacy, "pause"), 409, "AlreadyPaused");
  expectProblem(await order(legacy, "resume"), 409, "PausedInConfiguration");
});

test("resuming a blocked account clears its backoff and retries at once", async () => {
  await host.signal("nightly", nightly.signal());
  world.emulators.batch.lock(nightly.batchName, "ReadOnly");
  await rotate(nightly);
  await host.tick();
  const blocked = await host.status("nightly");
  expect(blocked).toMatchObject({ phase: "started", waitingFor: null, blocked: { reason: "ResourceLocked" } });
  expect(Date.parse(blocked.blocked?.nextAttemptAt ?? "")).toBeGreaterThan(Date.now() + 30_000);

  expect(await done(nightly, "resume")).toMatchObject({ phase: "started", blocked: { reason: "ResourceLocked" } });
  world.emulators.batch.unlock(nightly.batchName);
  expect(await done(nightly, "resume")).toMatchObject({ phase: "published", blocked: null });
});

test("a request needs a reason and a known action", async () => {
  expect(expectProblem(await host.operate("render", "pause", {}), 400, "InvalidRequest")).toEqual(["/reason"]);
  expect(
    expectProblem(await host.operate("render", "pause", { reason: "", force: true }), 400, "InvalidRequest").toSorted(),
  ).toEqual(["/force", "/reason"]);
  for (const action of ["delete", "Approve", "re sume"]) {
    expectProblem(await host.operate("render", encodeURIComponent(action), why), 404, "UnknownAction");
  }
});

test("the operator's name is accepted only from the platform's sign-in", async () => {
  const claimsToBe = async (of: Host): Promise<unknown> => {
    const answer = await of.call({
      method: "POST",
      path: "/accounts/legacy/pause",
      keyOf: "operateAccount",
      body: JSON.stringify(why),
      headers: { "content-type": "application/json", "x-ms-client-principal-name": "ann@example.com" },
    });
    expect(answer.status).toBe(200);
    return (await world.rows.history("legacy")).at(-1)?.["by"];
  };
  const unpaused = { ...legacy, configured: { ...legacy.configured, paused: false } };
  const open = await world.host([unpaused]);
  expect(await claimsToBe(open)).toBe("operator:function-key");
  expect((await open.operate("legacy", "resume", why)).status).toBe(200);
  await open.stop();
  const signedIn = await world.host([unpaused], { WEBSITE_AUTH_ENABLED: "True" });
  expect(await claimsToBe(signedIn)).toBe("operator:ann@example.com");
});
