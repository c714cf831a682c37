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
  expect(rig.receivedSince(since)).toEqual([[0, "RotationBlocked"]]);
  expect(kinds.map((kind) => rig.logged(kind).length)).toEqual([1, 1]);
  expect(rig.logged("HistoryDelayed").length).toBeGreaterThan(10);
  expect(place.eventsOf("RotationBlocked")).toEqual([]);
  expect(place.record.publishing.outbox.map(({ event }) => event)).toEqual(kinds);

  rig.faults.clear();
  await rig.tick();
  expect(place.events.slice(-2).map(({ event }) => event)).toEqual(kinds);
  expect(place.events.map(({ sequence }) => sequence)).toEqual(place.events.map((_, index) => index + 1));
  expect(place.record.publishing.outbox).toEqual([]);
  expect([rig.receiver.received.length, rig.logged("RotationBlocked").length]).toEqual([1, 1]);
});
