import { type Answer, type Host, statusOf } from "./host";
import type { PlacedAccount } from "./placed-account";
import { expectProblem } from "./problem";
import { openWorld, type DeployedApp } from "./world";

const why = { reason: "because of ticket 42" };

let world: DeployedApp;
let host: Host;
let render: PlacedAccount;
let archive: PlacedAccount;

beforeAll(async () => {
  world = await openWorld();
  render = world.place({ name: "render", config: { gate: { mode: "approval" } } });
  archive = world.place({ name: "archive" });
  host = await world.host([render, archive]);
  await host.tick();
});
afterAll(() => world.close());

const order = (account: PlacedAccount, action: string): Promise<Answer> => host.operate(account.name, action, why);

/** Sends the request and requires the resulting status as the answer. */
const done = async (account: PlacedAccount, action: string) => {
  const answer = await order(account, action);
  expect([action, answer.status, answer.text]).toEqual([action, 200, (await host.get(account.name)).text]);
  return statusOf(answer);
};

const rotate = async (account: PlacedAccount): Promise<void> => {
  expect((await host.rotate(account.name, why)).status).toBe(202);
};

test("approve, pause and resume answer with the resulting status, and are in the history", async () => {
  expect(await done(render, "approve")).toMatchObject({ phase: "idle", waitingFor: null });
  await rotate(render);
  expect(await done(render, "pause")).toMatchObject({
    phase: "published",
    paused: true,
    waitingFor: { reason: "Paused", detail: expect.stringContaining(why.reason) },
  });
  expectProblem(await order(render, "pause"), 409, "AlreadyPaused");
  expect(await done(render, "resume")).toMatchObject({ paused: false, waitingFor: { reason: "ApprovalPending" } });
  expect(await done(render, "approve")).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
  const history = (await world.rows.history("render")).slice(-5);
  expect(history.map(({ event, by }) => [event, by])).toEqual(
    ["Paused", "Resumed", "Approved", "KeyRetired", "RotationCompleted"].map((event) => [
      event,
      "operator:function-key",
    ]),
  );
});

test("a roll-back publishes the previous key again, pauses, and waits until every app is back on it", async () => {
  await host.signal("archive", archive.signal());
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
  // After resume and confirmation it is due again at once.
  expect(await done(archive, "resume")).toMatchObject({ paused: false, phase: "published" });
  await host.signal("archive", archive.signal());
  expect((await host.status("archive")).lastRotation?.outcome).toBe("completed");
});

test("an unknown action is not found", async () => {
  for (const action of ["delete", "Approve", "re sume"]) {
    const answer = await host.operate("render", encodeURIComponent(action), why);
    expect(expectProblem(answer, 404, "UnknownAction")).toEqual([]);
  }
});
