import { days, hours, minutes, seconds } from "../../builders/time";
import type { Reaction } from "../../rig/receiver";
import { type Place, Rig } from "../../rig/rig";
import { words } from "../../builders/words";

afterEach(() => jest.restoreAllMocks());

/** An account whose alarm the next tick raises, with a reminder only after 30 days. */
const alarming = async (changes: Parameters<Rig["place"]>[0] = {}): Promise<Place> => {
  const place = await new Rig().place({ remindEveryMs: days(30), reconcileEveryMs: days(4), ...changes }).adopt();
  place.rig.batch.denied.add("listKeys");
  place.rig.clock.advance(days(4));
  return place;
};

const minutesOf = ({ rig }: Place, since: string): readonly number[] =>
  rig.receivedSince(since).map(([minute]) => minute);
const idsOf = ({ rig }: Place): ReadonlySet<string> => new Set(rig.receiver.received.map(({ id }) => id));

/** Ticks run every five minutes; a failed delivery is retried after 1, 2, 4, … minutes, at most an hour. */
const firstTries = [0, 5, 10, 15, 25, 45, 80, 140, 200, 260];

const failing: readonly (readonly [string, Reaction])[] = [
  ["answers 500", 500],
  ["answers 404", 404],
  ["redirects", 302],
  ["cannot be reached", "refused"],
  ["never answers", "silence"],
  ["answers too late", { status: 200, afterMs: seconds(6) }],
];

describe.each(failing)("a receiver that %s", (_what, reaction) => {
  it("three times gets the alarm at the fourth delivery", async () => {
    const place = await alarming();
    const since = place.rig.clock.at;
    place.rig.receiver.reacts = (nth) => (nth <= 3 ? reaction : 200);
    await place.rig.ticking(days(2));
    expect(minutesOf(place, since)).toEqual([0, 5, 10, 15]);
    expect(idsOf(place).size).toBe(1);
    expect(place.rig.logged("AlertDropped")).toEqual([]);
  });

  it("for hours is retried at growing intervals, and gets the alarm when it recovers", async () => {
    const place = await alarming();
    const since = place.rig.clock.at;
    const back = Date.parse(since) + hours(4);
    place.rig.receiver.reacts = () => (place.rig.clock.now().getTime() < back ? reaction : 200);
    await place.rig.ticking(days(2));
    expect(minutesOf(place, since)).toEqual(firstTries);
    expect(idsOf(place).size).toBe(1);
    expect(place.rig.logged("AlertDropped")).toEqual([]);
  });

  it("for more than a day loses the alarm, with an error in the log, and gets the next one", async () => {
    const place = await alarming();
    const { rig } = place;
    const since = rig.clock.at;
    rig.receiver.reacts = () => reaction;
    await rig.ticking(days(2));
    const hourly = Array.from({ length: 22 }, (_, index) => 140 + 60 * index);
    expect(minutesOf(place, since)).toEqual([0, 5, 10, 15, 25, 45, 80, ...hourly]);
    const [id] = idsOf(place);
    expect([idsOf(place).size, rig.logged("AlertDropped")]).toEqual([
      1,
      [
        {
          event: "AlertDropped",
          level: "error",
          account: "render-weu",
          detail: [
            `the webhook did not take event ${id} (RotationBlocked);`,
            "it is given up: check ROTATION_ALERT_WEBHOOK_URL",
          ].join(" "),
        },
      ],
    ]);
    expect(place.record.publishing.deliveries).toEqual([]);

    rig.receiver.reacts = () => 200;
    rig.batch.denied.delete("listKeys");
    await place.order("resume");
    expect(rig.receiver.received.at(-1)).toMatchObject({ kind: "AlarmCleared", cleared: "RotationBlocked" });
  });
});

describe("a receiver", () => {
  it("that answers just within the limit gets the alarm once", async () => {
    const place = await alarming();
    place.rig.receiver.reacts = () => ({ status: 202, afterMs: seconds(4.9) });
    await place.rig.ticking(days(2));
    expect(place.rig.receiver.received).toHaveLength(1);
  });

  it("that answers 410 does not get that event again, and this is logged", async () => {
    const place = await alarming({ remindEveryMs: hours(6) });
    const { rig } = place;
    const since = rig.clock.at;
    rig.receiver.reacts = () => 410;
    await rig.ticking(hours(13));
    expect(minutesOf(place, since)).toEqual([0, 6 * 60, 12 * 60]);
    expect(idsOf(place).size).toBe(3);
    expect(rig.logged("AlertDropped")).toHaveLength(3);
  });

  it("that was down gets the missed events in order", async () => {
    const place = await alarming({ remindEveryMs: hours(6) });
    const { rig } = place;
    rig.receiver.reacts = () => "refused";
    await rig.ticking(hours(7));
    rig.batch.denied.delete("listKeys");
    await place.order("resume");
    expect(place.record.publishing.deliveries.map(({ event }) => event.event)).toEqual([
      "RotationBlocked",
      "RotationBlocked",
      "AlarmCleared",
    ]);
    rig.receiver.received.length = 0;
    rig.receiver.reacts = () => 200;
    await rig.ticking(hours(2));
    expect(rig.receiver.received.map(({ kind, cleared }) => [kind, cleared])).toEqual([
      ["RotationBlocked", null],
      ["RotationBlocked", null],
      ["AlarmCleared", "RotationBlocked"],
    ]);
  });

  it("that wants every event gets each once and in order", async () => {
    const rig = new Rig({ wanted: "all" });
    const place = await rig.place().adopt();
    await place.rotate();
    await place.confirm();
    expect(rig.receiver.received.map(({ kind }) => kind)).toEqual(
      words("Adopted RotationStarted KeyRegenerated KeyPublished KeyRetired RotationCompleted"),
    );
    expect(rig.receiver.received.map(({ id }) => id)).toEqual(place.events.map(({ id }) => id));
  });

  it("that never answers does not delay a rotation", async () => {
    const rig = new Rig({ wanted: "all" });
    rig.receiver.reacts = () => "silence";
    const place = await rig.place().adopt();
    await place.rotate();
    await place.confirm();
    expect(place.record.lastRotation).toMatchObject({ outcome: "completed" });
  });
});

const crowd = (): Rig => {
  const rig = new Rig();
  for (let index = 0; index < 200; index++) rig.place({ name: `account-${String(index).padStart(3, "0")}` });
  rig.batch.denied.add("read");
  return rig;
};

describe("with two hundred accounts that each have an alarm", () => {
  it("a receiver that never answers costs a tick at most one time-out", async () => {
    const rig = crowd();
    rig.receiver.reacts = () => "silence";
    for (let nth = 1; nth <= 10; nth++) {
      const asked = rig.receiver.received.length;
      const { ms, accounts, blocked } = await rig.tick();
      expect([accounts, blocked]).toEqual([200, 200]);
      expect(ms).toBeLessThanOrEqual(seconds(5));
      // One delivery per concurrent driver; then deliveries pause for half a minute.
      expect(rig.receiver.received.length - asked).toBeLessThanOrEqual(64);
      rig.clock.advance(minutes(5) - ms);
    }
  });

  it("a receiver that answers gets each alarm once", async () => {
    const rig = crowd();
    await rig.tick();
    await rig.tick();
    expect(rig.receiver.received).toHaveLength(200);
    expect(new Set(rig.receiver.received.map(({ account }) => account)).size).toBe(200);
  });
});

it("delivery of many events to a slow receiver stops after some seconds; the next ticks send the rest", async () => {
  const rig = new Rig({ wanted: "all" });
  rig.receiver.reacts = () => "refused";
  const place = await rig.place().adopt();
  for (let nth = 1; nth <= 5; nth++) {
    await place.order("pause");
    await place.order("resume");
  }
  const waiting = place.record.publishing.deliveries.length;
  expect(waiting).toBe(11);
  rig.receiver.received.length = 0;
  rig.receiver.reacts = () => ({ status: 200, afterMs: seconds(4) });
  rig.clock.advance(hours(1));
  const { ms } = await rig.tick();
  expect([ms, rig.receiver.received.length]).toEqual([seconds(8), 2]);
  await rig.ticking(minutes(30));
  expect([rig.receiver.received.length, place.record.publishing.deliveries]).toEqual([waiting, []]);
});
