import { days, hours, minutes } from "../../builders/time";
import { type Place, Rig } from "../../rig/rig";

afterEach(() => jest.restoreAllMocks());

/** How each lasting alarm begins and ends. */
interface Story {
  readonly kind: string;
  readonly begins: () => Promise<Place>;
  /** What keeps the alarm raised, at every tick. */
  readonly lasts?: (place: Place) => Promise<void>;
  readonly ends: (place: Place) => Promise<void>;
  /** The minutes from `ends` to the end of the alarm. */
  readonly endsAfter: number;
}

const stories: readonly Story[] = [
  {
    kind: "RotationStalled",
    begins: async () => {
      const place = await new Rig().place().adopt();
      await place.rotate();
      await place.rig.tickAfter(days(1) - minutes(5));
      expect(place.rig.receiver.received).toEqual([]);
      place.rig.clock.advance(minutes(5));
      return place;
    },
    endsAfter: 10,
    ends: async (place) => {
      await place.confirm();
      expect(place.phase).toBe("idle");
    },
  },
  {
    kind: "RotationBlocked",
    begins: async () => {
      const place = await new Rig().place({ reconcileEveryMs: days(1) }).adopt();
      place.rig.batch.denied.add("listKeys");
      await place.rig.tick();
      expect(place.rig.receiver.received).toEqual([]);
      place.rig.clock.advance(days(1));
      return place;
    },
    endsAfter: 0,
    ends: async (place) => {
      place.rig.batch.denied.delete("listKeys");
      await place.order("resume", "role granted");
    },
  },
  {
    kind: "RotationOverdue",
    begins: async () => {
      const place = await new Rig().place({ rotateEveryMs: days(30) }).adopt();
      await place.order("pause");
      const dueAt = Date.parse(place.record.state.active?.keyMadeAt ?? "") + days(30);
      await place.rig.tickAt(dueAt + hours(1) - 1);
      expect(place.rig.receiver.received).toEqual([]);
      place.rig.clock.to(dueAt + hours(1));
      return place;
    },
    endsAfter: 0,
    ends: async (place) => {
      await place.order("resume");
      await place.rig.tick();
      expect(place.phase).toBe("published");
    },
  },
  {
    kind: "AccountUnchecked",
    begins: async () => {
      const place = await new Rig().place().adopt();
      place.rig.batch.setRefused(place.keys().primary, true);
      place.rig.clock.to(Date.parse(place.record.reconciledAt ?? "") + hours(12) - 1);
      await place.rig.tick();
      expect(place.rig.receiver.received).toEqual([]);
      place.rig.clock.advance(1);
      return place;
    },
    endsAfter: 0,
    ends: async (place) => {
      place.rig.batch.setRefused(place.keys().primary, false);
      await place.rig.tick();
    },
  },
  {
    kind: "ConsumerUnhealthy",
    begins: async () => {
      const place = await new Rig().place({ stalledAfterMs: { published: days(30) } }).adopt();
      await place.rotate();
      await place.rig.tick();
      expect(place.rig.receiver.received).toEqual([]);
      await place.report({ healthy: false, detail: "403 from Batch" });
      return place;
    },
    lasts: async (place) => place.report({ healthy: false, detail: "403 from Batch" }),
    endsAfter: 0,
    ends: async (place) => {
      await place.report();
      await place.rig.tick();
    },
  },
];

describe.each(stories)("$kind", ({ kind, begins, lasts, ends, endsAfter }) => {
  it("is raised once, repeated every six hours with a new id, and cleared once on every channel", async () => {
    const place = await begins();
    const { rig } = place;
    const since = rig.clock.at;
    await rig.ticking(hours(15), async () => lasts?.(place));
    await ends(place);
    await rig.ticking(hours(15));

    expect(rig.receivedSince(since).slice(0, 4)).toEqual([
      [0, kind],
      [6 * 60, kind],
      [12 * 60, kind],
      [15 * 60 + endsAfter, "AlarmCleared"],
    ]);
    const sent = rig.receiver.received.filter((each) => each.kind === kind || each.cleared === kind);
    expect(sent).toHaveLength(4);
    expect(sent.at(-1)).toMatchObject({ kind: "AlarmCleared", cleared: kind });
    expect(new Set(sent.map(({ id }) => id)).size).toBe(4);

    const ids = sent.map(({ id }) => id);
    expect(place.events.filter(({ id }) => ids.includes(id)).map(({ id }) => id)).toEqual(ids);
    expect(rig.lines.filter(({ id }) => ids.includes(String(id))).map(({ id, level }) => [id, level])).toEqual(
      ids.map((id, index) => [id, index === 3 ? "info" : "error"]),
    );
    expect(rig.logged("AlarmCleared").find(({ id }) => id === ids[3])).toMatchObject({ kind, reason: kind });
  });
});

describe("RotationOverdue in a window", () => {
  it("begins when the first window closes, and ends when the rotation starts", async () => {
    const window = { days: ["Tue"], from: "02:00", to: "05:00", timeZone: "Europe/Amsterdam" } as const;
    const place = await new Rig().place({ rotateEveryMs: days(30), window }).adopt();
    const { rig } = place;
    // Due on Thursday the 24th of December at 10:00; the next Tuesday is the 29th.
    await place.order("pause");
    await rig.tickAt(Date.parse("2026-12-29T03:59:59.999Z"));
    expect(rig.receiver.received).toEqual([]);
    await rig.tickAt(Date.parse("2026-12-29T04:00:00.000Z"));
    expect(rig.receivedSince("2026-12-29T04:00:00.000Z")).toEqual([[0, "RotationOverdue"]]);
    await place.order("resume");
    await rig.tickAt(Date.parse("2027-01-05T01:00:00.000Z"));
    expect(place.phase).toBe("published");
    expect(rig.receiver.received.at(-1)).toMatchObject({ kind: "AlarmCleared", cleared: "RotationOverdue" });
  });
});

/** Two instances, both on the previous key. */
const published = async (): Promise<Place> => {
  const place = new Rig().place({
    gate: { consumers: [{ name: "render-api", instances: 2, proof: "optional", healthUrl: null, platform: null }] },
  });
  await place.rig.tick();
  for (const instance of ["vm-1", "vm-2"]) await place.report({ instance });
  place.rig.clock.advance(minutes(10));
  for (const instance of ["vm-1", "vm-2"]) await place.report({ instance });
  await place.rig.tick();
  await place.rotate();
  expect(place.phase).toBe("published");
  return place;
};

describe("an unhealthy consumer", () => {
  it("is announced while another instance is on the previous key", async () => {
    const place = await published();
    await place.report({ instance: "vm-2", healthy: false, detail: "403 from Batch" });
    await place.rig.tick();
    expect(place.eventsOf("ConsumerUnhealthy")).toMatchObject([
      { reason: "Unhealthy", detail: expect.stringContaining("render-api/vm-2 is unhealthy") },
    ]);
  });

  it("keeps its alarm while it is silent, until it is forgotten", async () => {
    const place = await published();
    const { rig } = place;
    await place.report({ instance: "vm-2", healthy: false });
    await rig.tick();
    await rig.tickAfter(days(1) - minutes(1));
    expect(place.eventsOf("AlarmCleared")).toEqual([]);
    await rig.tickAfter(minutes(2));
    expect(place.eventsOf("AlarmCleared")).toMatchObject([{ reason: "ConsumerUnhealthy" }]);
  });
});

describe("an alarm without an end", () => {
  it("DriftRepaired is announced once and never cleared", async () => {
    const place = await new Rig().place({ stalledAfterMs: { adopting: days(30) } }).adopt();
    const { rig } = place;
    place.regenerateManually("primary");
    rig.clock.advance(hours(6));
    await rig.ticking(days(2));
    expect(rig.receiver.received.map(({ kind }) => kind)).toEqual(["DriftRepaired"]);
    expect(rig.logged("DriftRepaired")).toMatchObject([{ level: "error" }]);
    expect(place.record.publishing.alarms).toEqual([]);
  });

  it("RotationRolledBack is announced once with its requester, and never cleared", async () => {
    const place = await new Rig().place().adopt();
    const { rig } = place;
    await place.rotate();
    await place.order("rollback", "render-api is down");
    await rig.ticking(days(2));
    expect(rig.receiver.received.map(({ kind }) => kind)).toEqual(["RotationRolledBack"]);
    expect(place.eventsOf("RotationRolledBack")).toMatchObject([
      { by: "operator:ada", detail: expect.stringContaining("render-api is down") },
    ]);
    expect(place.record.publishing.alarms).toEqual([]);
  });
});
