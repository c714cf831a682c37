import { days, minutes } from "../../builders/time";
import { type Place, Rig } from "../../rig/rig";

afterEach(() => jest.restoreAllMocks());

/** An account at the instant at which the next tick raises the stalled alarm. */
const aboutToStall = async (): Promise<Place> => {
  const place = await new Rig().place().adopt();
  await place.rotate();
  place.rig.clock.advance(days(1));
  return place;
};

/** Runs a tick that crashes, then the ticks of the next process. `at`: the call; null where nothing crashed. */
const crashedAt = async (nth: number, when: "before" | "after"): Promise<{ place: Place; at: string | null }> => {
  const place = await aboutToStall();
  const { rig } = place;
  const at = await rig.crash({ nth, at: when }, () => rig.tick());
  rig.clock.advance(minutes(5));
  await rig.ticking(minutes(30));
  return { place, at };
};

const deaths: ("before" | "after")[] = ["before", "after"];

it.each(deaths)("an alarm survives a crash %s any call of the tick that raises it", async (when) => {
  const seen: string[] = [];
  for (let nth = 1; ; nth++) {
    const { place, at } = await crashedAt(nth, when);
    if (at === null) break;
    seen.push(at);
    const { rig } = place;
    const raised = place.eventsOf("RotationStalled");
    const [id] = raised.map((event) => event.id);
    const logged = rig.logged("RotationStalled").map((line) => line["id"]);
    const received = rig.receiver.received.map((each) => each.id);
    expect([at, raised.length, new Set(logged), new Set(received)]).toEqual([at, 1, new Set([id]), new Set([id])]);
    expect(place.record).toMatchObject({
      claim: null,
      publishing: { outbox: [], deliveries: [], alarms: [{ kind: "RotationStalled" }] },
    });
    expect(place.events.map(({ sequence }) => sequence)).toEqual(place.events.map((_, index) => index + 1));
  }
  expect(seen.map((at) => at.replace(/^\w+ /, ""))).toEqual(
    expect.arrayContaining(["rotations.replace", "history.append", "alerts.deliver"]),
  );
});
