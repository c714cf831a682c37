import { handOver } from "../../lib/operations/tick/hand-over";
import { alarmLostWork } from "../../lib/operations/tick/lost-work";
import type { WorkQueue } from "../../lib/operations/tick/tick";
import { doWork, type Work } from "../../lib/operations/tick/work";
import { anAccount } from "../builders/account";
import { aDiscovery, tagged } from "../builders/discovery";
import { days, hours, minutes } from "../builders/time";
import { startProcess } from "../fakes/world/start-process";
import { type Place, Rig } from "../rig/rig";

const names = ["one", "two", "three", "four"] as const;
const [east, west] = ["sub-east", "sub-west"];

/** Four accounts that are due, two in each of two subscriptions, where more than three go to the queue. */
const fourDue = async (fanOutAbove = 3): Promise<{ readonly rig: Rig; readonly places: readonly Place[] }> => {
  const rig = new Rig({ limits: { fanOutAbove } });
  const places = names.map((name, index) => {
    const batch = { ...rig.batch.addAccount(name), subscriptionId: index % 2 === 0 ? east : west };
    return rig.place({ name, batch, rotateEveryMs: days(30), reconcileEveryMs: days(40), seed: null });
  });
  await rig.tick();
  for (const place of places) await place.report();
  rig.clock.advance(minutes(10));
  for (const place of places) await place.report();
  await rig.tick();
  expect(places.map(({ phase }) => phase)).toEqual(["idle", "idle", "idle", "idle"]);
  rig.clock.advance(days(30));
  return { rig, places };
};

/** As a worker notes it. */
const workTaken = async ({ app, clock }: Rig): Promise<void> =>
  doWork(app, { at: clock.at, until: clock.at, subscription: "none", accounts: [], byRecords: false });

const aQueue = (nextTickAt: string | null = null): WorkQueue & { readonly sent: Work[] } => {
  const sent: Work[] = [];
  return { nextTickAt, sent, send: (works) => void sent.push(...works) };
};

const phasesOf = (places: readonly Place[]): string => places.map(({ phase }) => phase).join(" ");

describe("a tick with more accounts than ROTATION_FAN_OUT to look at", () => {
  it("hands them to the queue, one message for each subscription, and drives none", async () => {
    const { rig, places } = await fourDue();
    const queue = aQueue("2026-12-25T10:15:00.000Z");
    expect(await rig.ticker.tick(queue)).toMatchObject({ accounts: 4, moved: 0, handedOver: 4, outcome: "good" });
    const sent = queue.sent.map(({ subscription, until, accounts }) => [subscription, until, accounts?.toSorted()]);
    expect(sent.toSorted(([one = ""], [other = ""]) => (one < other ? -1 : 1))).toEqual([
      [east, "2026-12-25T10:15:00.000Z", ["one", "three"]],
      [west, "2026-12-25T10:15:00.000Z", ["four", "two"]],
    ]);
    expect(phasesOf(places)).toBe("idle idle idle idle");
  });

  it.each([
    ["no next tick is known", null],
    ["the next tick is in the past", "2026-01-01T00:00:00.000Z"],
  ])("gives a message as long as a run may last, where %s", async (_, nextTickAt) => {
    const { rig } = await fourDue();
    const queue = aQueue(nextTickAt);
    await rig.ticker.tick(queue);
    const until = new Date(rig.clock.now().getTime() + minutes(5)).toISOString();
    expect(queue.sent.map((work) => work.until)).toEqual([until, until]);
  });

  it("and not more: drives them itself, and touches nothing of the queue", async () => {
    const { rig, places } = await fourDue(4);
    const queue = aQueue();
    expect(await rig.ticker.tick(queue)).toMatchObject({ moved: 4, handedOver: 0 });
    expect([queue.sent, phasesOf(places)]).toEqual([[], "published published published published"]);
    expect(rig.tables.tickNotes?.notes.handedOver).toBeNull();
  });

  it("drives them itself where those of the tick before were not taken, then tries the queue again", async () => {
    const { rig, places } = await fourDue();
    const queue = aQueue();
    await rig.ticker.tick(queue);
    rig.clock.advance(minutes(5));
    expect(await rig.ticker.tick(queue)).toMatchObject({ moved: 4, handedOver: 0 });
    expect([queue.sent.length, phasesOf(places)]).toEqual([2, "published published published published"]);
    expect(rig.logged("WorkUntaken")).toMatchObject([{ level: "error", account: null }]);
    expect(rig.logged("WorkLost")).toMatchObject([{ level: "error", account: null }]);
    rig.clock.advance(minutes(5));
    expect(await rig.ticker.tick(queue)).toMatchObject({ handedOver: 4 });
    rig.clock.advance(minutes(5));
    await rig.ticker.tick(queue);
    // The alarm is repeated every six hours only.
    expect([rig.logged("WorkUntaken").length, rig.logged("WorkLost").length]).toEqual([2, 1]);
  });

  it("names no accounts where they are more than a message can hold", async () => {
    const { rig, places } = await fourDue();
    const config = places[0]?.config ?? anAccount();
    const called = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ ...config, name: `${"x".repeat(60)}${index}` }));
    expect(await handOver(rig.app, called(1_000), null, false)).toEqual([expect.objectContaining({ accounts: null })]);
    await workTaken(rig);
    const few = await handOver(rig.app, called(500), null, false);
    expect(few?.[0]?.accounts).toHaveLength(500);
    expect(Buffer.byteLength(JSON.stringify(few?.[0]), "utf8")).toBeLessThan(48 * 1024);
  });

  it.each(["ticks.read", "ticks.write"] as const)("drives them itself where %s fails", async (operation) => {
    const { rig, places } = await fourDue();
    rig.clock.advance(minutes(-1));
    await rig.ticker.tick(aQueue());
    rig.clock.advance(minutes(1));
    rig.unavailable(operation, 2);
    const queue = aQueue();
    await rig.ticker.tick(queue);
    expect([queue.sent, phasesOf(places)]).toEqual([[], "published published published published"]);
  });
});

describe("a worker", () => {
  it("drives the accounts of its message, and the next tick knows that the queue is served", async () => {
    const { rig, places } = await fourDue();
    const queue = aQueue();
    await rig.ticker.tick(queue);
    for (const work of queue.sent) await doWork(rig.app, work);
    expect(phasesOf(places)).toBe("published published published published");
    expect(rig.logged("WorkDone")).toMatchObject([
      { accounts: 2, moved: 2, failed: 0, left: 0 },
      { accounts: 2, moved: 2, failed: 0, left: 0 },
    ]);
    rig.clock.advance(minutes(5));
    await rig.ticker.tick(queue);
    expect(rig.logged("WorkUntaken")).toEqual([]);
  });

  it("finds the accounts itself where they are too many to name", async () => {
    const { rig, places } = await fourDue();
    const queue = aQueue();
    await rig.ticker.tick(queue);
    for (const work of queue.sent.filter(({ subscription }) => subscription === west))
      await doWork(rig.app, { ...work, accounts: null });
    expect(phasesOf(places)).toBe("idle published idle published");
  });

  it("finds them whatever their rows say where the tick has looked at all, and where the scan fails", async () => {
    const { rig, places } = await fourDue();
    const queue = aQueue();
    await rig.ticker.tick(queue);
    const wrong = { nextLookAt: new Date(rig.clock.now().getTime() + hours(12)).toISOString() };
    for (const { name } of places) rig.tables.setLook(name, wrong);
    const [inEast, inWest] = [east, west].map((name) => queue.sent.find(({ subscription }) => subscription === name));
    if (inEast === undefined || inWest === undefined) throw new Error("there is no message");
    expect(inEast.byRecords).toBe(true);
    await doWork(rig.app, { ...inEast, accounts: null, byRecords: false });
    expect(phasesOf(places)).toBe("idle idle idle idle");
    await doWork(rig.app, { ...inEast, accounts: null });
    expect(phasesOf(places)).toBe("published idle published idle");
    rig.unavailable("rotations.scan");
    await doWork(rig.app, { ...inWest, accounts: null, byRecords: false });
    expect(phasesOf(places)).toBe("published published published published");
  });

  it("that has just started knows the accounts that a tag has found", async () => {
    const rig = new Rig({ discovery: aDiscovery() });
    rig.deploy([]);
    const { resourceId, subscriptionId } = rig.batch.addAccount("renderweu");
    rig.batch.of(resourceId).tags = tagged();
    await rig.tick();
    const other = new Rig({ discovery: aDiscovery(), world: rig.world });
    other.deploy([]);
    const at = other.clock.at;
    await doWork(other.app, { at, until: at, subscription: subscriptionId, accounts: ["renderweu"], byRecords: false });
    expect(other.logged("WorkDone")).toMatchObject([{ accounts: 1 }]);
  });

  it("believes the columns where its tick has believed them", async () => {
    const { rig, places } = await fourDue();
    for (const place of places) rig.tables.setLook(place.name, { nextLookAt: rig.clock.at });
    rig.clock.advance(-minutes(10));
    await rig.ticker.tick();
    rig.clock.advance(minutes(10));
    const queue = aQueue();
    await rig.ticker.tick(queue);
    expect(queue.sent.map(({ byRecords }) => byRecords)).toEqual([false, false]);
  });

  it("drives no account of another subscription, and none that is not configured", async () => {
    const { rig, places } = await fourDue();
    const at = rig.clock.at;
    await doWork(rig.app, { at, until: at, subscription: east, accounts: ["one", "two", "gone"], byRecords: false });
    expect(phasesOf(places)).toBe("published idle idle idle");
  });

  it("of three that get every message, twice each and at once, no two regenerate one key", async () => {
    const { rig, places } = await fourDue();
    const queue = aQueue();
    await rig.ticker.tick(queue);
    const workers = [1, 2, 3].map((nth) =>
      startProcess(rig.world, rig.accounts, { name: `worker${nth}`, ports: { log: rig.app.ports.log } }),
    );
    const regenerated = rig.faults.calls("batch.regenerate");
    const deliveries = workers.flatMap(({ app }) => [...queue.sent, ...queue.sent].map((work) => doWork(app, work)));
    await Promise.all(deliveries);
    expect(rig.faults.calls("batch.regenerate") - regenerated).toBe(4);
    expect(phasesOf(places)).toBe("published published published published");
    expect(rig.logged("AccountFailed")).toEqual([]);
  });

  it("drops a message from before the last tick", async () => {
    const { rig, places } = await fourDue();
    const queue = aQueue();
    await rig.ticker.tick(queue);
    rig.clock.advance(minutes(5) + 1);
    for (const work of queue.sent) await doWork(rig.app, work);
    expect(phasesOf(places)).toBe("idle idle idle idle");
    expect(rig.logged("WorkDropped")).toMatchObject([{ level: "warn" }, { level: "warn" }]);
  });

  it.each([
    ["a text", "hello"],
    ["another object", { at: "2026-11-24T10:00:00.000Z" }],
    ["nothing", null],
  ])("drops what is no work: %s", async (_, message) => {
    const { rig } = await fourDue();
    await doWork(rig.app, message);
    expect(rig.logged("WorkDropped")).toMatchObject([{ level: "error", subscription: null }]);
  });
});

describe("a message that has failed five times", () => {
  it("is an alarm about the rotator, once for each message", async () => {
    const { rig } = await fourDue();
    const queue = aQueue();
    await rig.ticker.tick(queue);
    rig.receiver.received.length = 0;
    for (const work of queue.sent) await alarmLostWork(rig.app, work);
    await alarmLostWork(rig.app, "no work");
    await rig.ticking(hours(1));
    expect(rig.receiver.received.filter(({ account }) => account === null).map(({ kind }) => kind)).toEqual([
      "WorkLost",
      "WorkLost",
      "WorkLost",
    ]);
    expect(rig.logged("WorkLost")[0]?.["detail"]).toMatch(/^the work of .* on subscription sub-/);
  });

  it("comes back to the host where the alarm cannot be published", async () => {
    const { rig } = await fourDue();
    rig.unavailable("notices.write");
    await expect(alarmLostWork(rig.app, "no work")).rejects.toThrow("notices.write");
    expect(rig.logged("WorkLost")).toEqual([]);
  });
});
