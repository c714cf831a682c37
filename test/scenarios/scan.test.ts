import type { StoredLook } from "../../lib/rotation/next-look";
import { days, hours, minutes } from "../builders/time";
import { operations } from "../fakes/world/faults";
import { type Place, Rig } from "../rig/rig";

/** An account that is due in two hours, between two comparisons of vault and live keys. */
const anAccountSoonDue = async (): Promise<Place> => {
  const rig = new Rig();
  const place = await rig.place({ rotateEveryMs: days(60), reconcileEveryMs: days(100) }).adopt();
  await rig.tickAt(Date.parse(place.newest().createdAt) + days(60) - hours(2));
  expect(place.phase).toBe("idle");
  return place;
};

const setLook = ({ rig, name }: Place, look: Partial<StoredLook>): void => rig.tables.setLook(name, look);

/** The calls of one run of the timer, with their numbers. */
const callsOf = async ({ faults }: Rig, run: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> => {
  const before = new Map(operations.map((each) => [each, faults.calls(each)]));
  await run();
  const made = operations.map((each) => [each, faults.calls(each) - (before.get(each) ?? 0)] as const);
  return Object.fromEntries(made.filter(([, count]) => count > 0));
};

describe("a tick that finds nothing to do", () => {
  it("asks the tables twice, whatever the number of accounts", async () => {
    const rig = new Rig();
    const places = Array.from({ length: 20 }, (_, index) => rig.place({ name: `account-${index}` }));
    await rig.tick();
    for (const place of places) await place.confirm();
    await rig.tick();
    const calls = await callsOf(rig, () => rig.tickAfter(minutes(5)));
    expect(calls).toEqual({ "notices.list": 1, "rotations.scan": 1 });
    expect(rig.logged("Tick").at(-1)).toMatchObject({ accounts: 20, moved: 0, waiting: 0, blocked: 0, failed: 0 });
  });

  it("counts an account that waits for its window, and looks at it when that opens", async () => {
    const rig = new Rig();
    const inTheEvening = { days: ["Tue"], from: "20:00", to: "23:00", timeZone: "UTC" } as const;
    const options = { window: inTheEvening, rotateEveryMs: days(7), reconcileEveryMs: days(8) };
    const place = await rig.place(options).adopt();
    await rig.tickAt(Date.parse("2026-12-01T12:00:00.000Z"));
    const calls = await callsOf(rig, () => rig.tickAfter(minutes(5)));
    expect(calls).toEqual({ "notices.list": 1, "rotations.scan": 1 });
    expect(rig.logged("Tick").at(-1)).toMatchObject({ accounts: 1, waiting: 1 });
    await rig.tickAt(Date.parse("2026-12-01T20:00:00.000Z"));
    expect(place.phase).toBe("published");
  });
});

/** The requests about records in the tick that adopts this many accounts. */
const requestsToAdopt = async (accounts: number): Promise<number> => {
  const rig = new Rig();
  for (let index = 0; index < accounts; index++) rig.place({ name: `account-${index}` });
  const calls = await callsOf(rig, () => rig.tick());
  expect(calls["rotations.list"]).toBeUndefined();
  return Object.entries(calls).reduce((sum, [name, count]) => sum + (name.startsWith("rotations.") ? count : 0), 0);
};

describe("accounts that are new", () => {
  it("are adopted with as many table requests each, whatever their number", async () => {
    const [few, many] = [await requestsToAdopt(10), await requestsToAdopt(40)];
    // One scan each, and the rest by account.
    expect((many - 1) / (few - 1)).toBe(4);
  });
});

describe("an account is due", () => {
  it("and a tick looks at it at that instant, and not before", async () => {
    const place = await anAccountSoonDue();
    await place.rig.tickAfter(hours(2) - minutes(1));
    expect(place.phase).toBe("idle");
    await place.rig.tickAfter(minutes(1));
    expect(place.phase).toBe("published");
  });

  it.each<[string, Partial<StoredLook>]>([
    ["is missing", { nextLookAt: null, lookedWith: null }],
    ["is no instant", { nextLookAt: "tomorrow" }],
    ["is beyond all dates", { nextLookAt: "9999-12-31T23:59:59.999Z" }],
    ["was computed with another configuration", { lookedWith: "0123456789abcdef" }],
  ])("and its row's nextLookAt %s: the next tick looks at it", async (_, look) => {
    const place = await anAccountSoonDue();
    const { rig } = place;
    await rig.tickAfter(hours(2) - minutes(5));
    setLook(place, { nextLookAt: new Date(rig.clock.now().getTime() + hours(12)).toISOString(), ...look });
    await rig.tickAfter(minutes(5));
    expect(place.phase).toBe("published");
  });

  it("and its row's nextLookAt is wrong but possible: a tick looks at it within the hour", async () => {
    const place = await anAccountSoonDue();
    const { rig } = place;
    await rig.tickAfter(hours(2) - minutes(5));
    setLook(place, { nextLookAt: new Date(rig.clock.now().getTime() + hours(12)).toISOString() });
    await rig.tickAfter(minutes(5));
    expect(place.phase).toBe("idle");
    await rig.ticking(hours(1));
    expect(place.phase).not.toBe("idle");
  });

  it("and the table cannot be scanned: every account is looked at", async () => {
    const place = await anAccountSoonDue();
    await place.rig.tickAfter(hours(2) - minutes(5));
    place.rig.unavailable("rotations.scan");
    await place.rig.tickAfter(minutes(5));
    expect(place.phase).toBe("published");
    expect(place.rig.logged("ScanFailed")).toHaveLength(1);
  });
});

describe("a row that does not say when to look at its account", () => {
  it("is written anew, once", async () => {
    const place = await anAccountSoonDue();
    const { rig } = place;
    setLook(place, { nextLookAt: null, lookedWith: null });
    expect(await callsOf(rig, () => rig.tickAfter(minutes(5)))).toMatchObject({ "rotations.replace": 2 });
    expect(await callsOf(rig, () => rig.tickAfter(minutes(5)))).toEqual({ "notices.list": 1, "rotations.scan": 1 });
  });

  it("is found damaged within the hour, although its columns are whole", async () => {
    const place = await anAccountSoonDue();
    place.rig.tables.damage(place.name, { keepsLook: true });
    await place.rig.ticking(hours(1));
    expect(place.rig.logged("RotationBlocked")).toMatchObject([{ reason: "RecordCorrupt" }]);
  });
});

describe("all accounts are looked at once an hour", () => {
  it("also by processes that live for one tick each", async () => {
    const { rig } = await anAccountSoonDue();
    const looks: string[] = [];
    for (let tick = 1; tick <= 24; tick++) {
      rig.start();
      const calls = await callsOf(rig, () => rig.tickAfter(minutes(5)));
      looks.push("rotations.scanRecords" in calls ? "all" : "due");
    }
    expect(looks.filter((look) => look === "all")).toHaveLength(2);
  });

  it("and the state of each that rests is logged then", async () => {
    const { rig } = await anAccountSoonDue();
    rig.lines.length = 0;
    await rig.tickAfter(minutes(5));
    await rig.ticking(minutes(110));
    expect(rig.logged("AccountState")).toMatchObject([{ account: "render-weu", phase: "idle", reason: null }]);
  });
});
