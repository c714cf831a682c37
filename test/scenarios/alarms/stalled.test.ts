import type { Phase } from "../../../lib/rotation/phases";
import { days, hours, minutes, seconds } from "../../builders/time";
import { type Place, Rig } from "../../rig/rig";

afterEach(() => jest.restoreAllMocks());

const always = Number.POSITIVE_INFINITY;

const adopted = (changes: Parameters<Rig["place"]>[0] = {}): Promise<Place> => new Rig().place(changes).adopt();

/** Makes an account that cannot leave the phase. */
const stuck: Readonly<Record<Exclude<Phase, "idle">, () => Promise<Place>>> = {
  adopting: async () => {
    const place = new Rig().place();
    await place.rig.tick();
    return place;
  },
  started: async () => {
    const place = await adopted();
    place.rig.unavailable("batch.regenerate", always);
    await place.rotate();
    return place;
  },
  regenerated: async () => {
    const place = await adopted();
    const { batch, faults } = place.rig;
    faults.onEffect((effect) => {
      if (effect === "batch.regenerate") batch.setRefused(place.keys().secondary, true);
    });
    await place.rotate();
    return place;
  },
  published: async () => {
    const place = await adopted();
    await place.rotate();
    return place;
  },
  retired: async () => {
    const place = await adopted();
    const { batch } = place.rig;
    await place.rotate();
    batch.setLingering(place.keys().primary, true);
    await place.confirm();
    return place;
  },
  settling: async () => {
    const place = await adopted({ settleOn: "primary" });
    await place.rotate();
    await place.confirm();
    return place;
  },
};

/** The limits of the contract. */
const limits: readonly (readonly [Exclude<Phase, "idle">, number])[] = [
  ["adopting", days(3)],
  ["started", minutes(30)],
  ["regenerated", minutes(30)],
  ["published", days(1)],
  ["retired", minutes(30)],
  ["settling", days(1)],
];

const notifiedAt = (place: Place): readonly string[] => place.eventsOf("RotationStalled").map(({ at }) => at);

describe.each(limits)("an account that cannot leave the phase %s", (phase, limitMs) => {
  it("is reported at its limit, and not one second earlier", async () => {
    const place = await stuck[phase]();
    expect(place.phase).toBe(phase);
    const since = Date.parse(place.record.phaseClock.since);

    await place.rig.tickAt(since + limitMs - seconds(1));
    expect([place.phase, notifiedAt(place)]).toEqual([phase, []]);

    await place.rig.tickAt(since + limitMs);
    const limit = new Date(since + limitMs).toISOString();
    expect([place.phase, notifiedAt(place)]).toEqual([phase, [limit]]);
    expect(place.rig.receiver.received.map(({ kind }) => kind)).toEqual(["RotationStalled"]);
  });

  it("is reported later by the time for which it was paused", async () => {
    const place = await stuck[phase]();
    const since = Date.parse(place.record.phaseClock.since);
    place.rig.clock.to(since + minutes(10));
    await place.order("pause");
    await place.rig.tickAt(since + days(20));
    await place.order("resume");

    const limit = since + limitMs + days(20) - minutes(10);
    await place.rig.tickAt(limit - seconds(1));
    expect([place.phase, notifiedAt(place)]).toEqual([phase, []]);
    await place.rig.tickAt(limit);
    expect([place.phase, notifiedAt(place)]).toEqual([phase, [new Date(limit).toISOString()]]);
  });
});

it("the alarm names what the account waits for, a backoff or a block", async () => {
  const backingOff = await stuck.started();
  await backingOff.rig.ticking(minutes(30));
  expect(backingOff.eventsOf("RotationStalled")).toMatchObject([{ reason: "BackingOff" }]);

  const blocked = await adopted();
  blocked.rig.batch.denied.add("regenerateKeys");
  await blocked.rotate();
  await blocked.rig.ticking(minutes(30));
  expect(blocked.eventsOf("RotationStalled")).toMatchObject([
    { reason: "Forbidden", detail: expect.stringContaining("fix Forbidden") },
  ]);
  expect(blocked.eventsOf("RotationBlocked")).toHaveLength(1);
});

it("the alarm is cleared once when the account advances, and the next stall raises a new alarm", async () => {
  const place = await stuck.published();
  const { rig } = place;
  await rig.ticking(days(1), () =>
    place.report({ version: place.record.state.active?.version === undefined ? "" : previous(place) }),
  );
  await place.confirm();
  expect(place.phase).toBe("idle");
  expect(rig.receiver.received.map(({ kind, cleared }) => [kind, cleared])).toEqual([
    ["RotationStalled", null],
    ["AlarmCleared", "RotationStalled"],
  ]);
  expect(place.record.publishing.alarms).toEqual([]);

  await place.rotate("once more");
  await rig.tickAfter(days(1));
  await rig.tick();
  const ids = place.eventsOf("RotationStalled").map(({ id }) => id);
  expect([ids.length, new Set(ids).size]).toEqual([2, 2]);
  expect(place.eventsOf("AlarmCleared")).toHaveLength(1);
});

/** The version of an instance that does not move. */
const previous = ({ rig, config }: Place): string => rig.vault.versions(config.secret)[0]?.version ?? "";

it("the alarm continues while the account is paused after it has stalled", async () => {
  const place = await stuck.published();
  await place.rig.tickAfter(days(1));
  await place.order("pause");
  await place.rig.tickAfter(hours(6));
  expect(notifiedAt(place)).toHaveLength(2);
  expect(place.eventsOf("AlarmCleared")).toEqual([]);
});
