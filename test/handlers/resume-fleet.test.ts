import { aFleet } from "../builders/fleet";
import { days } from "../builders/time";
import { adopt, type Place, place, openRig, type ServedRig } from "../rig/served-place";

let rig: ServedRig;
let at: Place;

/** An account that is due, in a fleet that one failure stops. */
beforeEach(async () => {
  rig = await openRig();
  rig.fleet = aFleet({ breaker: { failures: 1, withinMs: days(30) } });
  at = place(rig, { rotateEveryMs: days(1) });
  await adopt(at, [at.vm()]);
  await rig.failInFleet("another");
  rig.clock.advance(days(2));
  await rig.tick();
});

const resume = (body: unknown) => rig.surface.call({ method: "POST", path: "/fleet/resume", body });

test("a stopped fleet goes on, and log and status say so", async () => {
  expect(await at.waitingFor()).toMatchObject({ reason: "FleetStopped" });
  expect(rig.lines.filter(({ event }) => event === "FleetStopped")).toMatchObject([{ account: null, level: "error" }]);
  expect(await resume({ reason: "the app is fixed" })).toMatchObject({ status: 200, body: { stopped: false } });
  expect(rig.lines.filter(({ event }) => event === "FleetResumed")).toMatchObject([
    { account: null, level: "info", by: "operator:function-key", detail: "the app is fixed" },
  ]);
  expect(await at.waitingFor()).toBeNull();
  await rig.tick();
  expect(await at.phase()).toBe("published");
});

test("a fleet in which another rotation has failed since is not resumed, and the answer says so", async () => {
  const list = await rig.surface.call({ method: "GET", path: "/accounts" });
  const { fleetStopped }: { fleetStopped: { until: string; detail: string } } = JSON.parse(list.text);
  expect(fleetStopped.detail).toContain("another was rolled back");
  await rig.failInFleet("a third");
  const order = { reason: "the app is fixed", stoppedUntil: fleetStopped.until };
  expect(await resume(order)).toMatchObject({ status: 409, body: { reason: "PreconditionFailed" } });
  expect(await resume({ ...order, stoppedUntil: null })).toMatchObject({ status: 409 });
  expect(await at.waitingFor()).toMatchObject({ reason: "FleetStopped" });
  const until = (await at.waitingFor())?.detail.match(/before (\S+),/)?.[1];
  expect(await resume({ ...order, stoppedUntil: until })).toMatchObject({ status: 200, body: { stopped: false } });
  const after = await rig.surface.call({ method: "GET", path: "/accounts" });
  expect(after.body).toMatchObject({ fleetStopped: null });
});

test.each([
  ["without a reason", {}],
  ["with an empty one", { reason: " " }],
  ["with a stop of another form", { reason: "fixed", stoppedUntil: "soon" }],
  ["with another member", { reason: "fixed", account: "render-weu" }],
  ["that is no object", ["fixed"]],
])("a request %s is refused, and the fleet stays stopped", async (_what, body) => {
  expect(await resume(body)).toMatchObject({ status: 400, body: { reason: "InvalidRequest" } });
  expect(await at.waitingFor()).toMatchObject({ reason: "FleetStopped" });
});

test("a fleet that is not stopped cannot be resumed", async () => {
  await resume({ reason: "the app is fixed" });
  expect(await resume({ reason: "once more" })).toMatchObject({ status: 409, body: { reason: "FleetNotStopped" } });
  rig.fleet = aFleet({ breaker: null, maxRotating: null });
  rig.start();
  expect(await resume({ reason: "once more" })).toMatchObject({ status: 409, body: { reason: "FleetNotStopped" } });
});

test("a request that reaches no table is answered with 503; an announcement that is lost is repeated", async () => {
  rig.unavailable("fleet.read");
  expect(await resume({ reason: "fixed" })).toMatchObject({ status: 503 });
  rig.unavailable("notices.write");
  expect(await resume({ reason: "fixed" })).toMatchObject({ status: 200 });
  expect(rig.lines.filter(({ event }) => event === "FleetResumed")).toEqual([]);
  await rig.tick();
  await rig.tick();
  expect(rig.lines.filter(({ event }) => event === "FleetResumed")).toHaveLength(1);
});
