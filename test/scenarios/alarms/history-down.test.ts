import { verifyHistory } from "../../../lib/history/read-history";
import { days, hours } from "../../builders/time";
import { Rig } from "../../rig/rig";

afterEach(() => jest.restoreAllMocks());

it("an alarm does not wait for the history: log and webhook get it at once, the history later", async () => {
  const place = await new Rig().place({ remindEveryMs: days(30) }).adopt();
  const { rig } = place;
  rig.unavailable("history.append", Number.POSITIVE_INFINITY);
  rig.batch.denied.add("listKeys");
  rig.clock.advance(hours(6));
  const since = rig.clock.at;
  await rig.ticking(hours(3));

  const kinds = ["StepFailed", "RotationBlocked"];
  const all = [...kinds, "HistoryBehind"];
  expect(rig.receivedSince(since)).toEqual([
    [0, "RotationBlocked"],
    [60, "HistoryBehind"],
  ]);
  expect(kinds.map((kind) => rig.logged(kind).length)).toEqual([1, 1]);
  expect(rig.logged("HistoryDelayed").length).toBeGreaterThan(10);
  expect(place.eventsOf("RotationBlocked")).toEqual([]);
  expect(place.record.publishing.outbox.map(({ event }) => event)).toEqual(all);

  rig.faults.clear();
  await rig.tick();
  expect(place.events.slice(-4).map(({ event }) => event)).toEqual([...all, "AlarmCleared"]);
  expect(place.events.map(({ sequence }) => sequence)).toEqual(place.events.map((_, index) => index + 1));
  expect(place.record.publishing.outbox).toEqual([]);
  expect([rig.receiver.received.length, rig.logged("RotationBlocked").length]).toEqual([3, 1]);
});

it("an outbox that outgrows its record leaves its oldest events to the log, and the history names them", async () => {
  const place = await new Rig().place({ remindEveryMs: days(30) }).adopt();
  const { rig } = place;
  const before = place.record.chain.sequence;
  rig.unavailable("history.append", Number.POSITIVE_INFINITY);
  // Six characters for each of these in a row of the table.
  const reason = "ü".repeat(500);
  for (let round = 0; round < 100; round++) {
    await place.order("pause", reason);
    await place.order("resume", reason);
  }
  expect(rig.logged("Paused")).toHaveLength(100);
  expect(place.record.publishing.outbox.length).toBeLessThan(70);
  // The key is repaired all the same.
  place.regenerateManually("primary");
  rig.clock.advance(hours(6));
  await rig.tick();
  expect(place.accepts(place.newest().value)).toBe(true);

  rig.faults.clear();
  await rig.tick();
  const [first] = place.events.slice(before);
  const shortened = place.eventsOf("HistoryShortened").at(-1)?.evidence;
  expect(shortened).toMatchObject({ from: before + 1, through: Number(first?.sequence) - 1 });
  expect(await verifyHistory(rig.app, place.config)).toMatchObject({ intact: true });
});
