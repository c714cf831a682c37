import { OperatorNeededError, TransientServiceError } from "../../../lib/errors";
import { verifyHistory } from "../../../lib/history/read-history";
import { readStatus } from "../../../lib/operations/status/read-status";
import { Ticker } from "../../../lib/operations/tick/tick";
import { days, hours, minutes, seconds } from "../../builders/time";
import { type Place, Rig } from "../../rig/rig";
import { words } from "../../builders/words";

afterEach(() => jest.restoreAllMocks());

const unavailable = () => new TransientServiceError({ operation: "Tables", statusCode: 503 });
const forbidden = () =>
  new OperatorNeededError("Forbidden", { operation: "Tables", statusCode: 403 }, "grant the right");
const wrong = [{ at: "ROTATION_ACCOUNTS/accounts/0/rotateEvery", problem: "must be at least P1D" }];

/** An adopted account whose record has just become unreadable. */
const corrupted = async (): Promise<Place> => {
  const place = await new Rig().place().adopt();
  place.damageRecord();
  return place;
};

const kindsSentTo = ({ rig }: Place) => rig.receiver.received.map(({ kind, cleared }) => cleared ?? kind);
const idsIn = (sent: readonly object[]) => sent.map((each) => ("id" in each ? each.id : null));

describe("an account whose record cannot be read", () => {
  it("raises the alarm once, repeats it every 6 h with a new id, clears it once on every channel", async () => {
    const place = await corrupted();
    const { rig } = place;
    const since = rig.clock.at;
    await rig.ticking(hours(15));
    place.restoreRecord();
    await rig.ticking(hours(15));
    expect(rig.receivedSince(since)).toEqual([
      [0, "RotationBlocked"],
      [6 * 60, "RotationBlocked"],
      [12 * 60, "RotationBlocked"],
      [15 * 60, "AlarmCleared"],
    ]);
    const ids = idsIn(rig.receiver.received);
    expect(new Set(ids).size).toBe(4);
    expect(idsIn([...rig.logged("RotationBlocked"), ...rig.logged("AlarmCleared")])).toEqual(ids);
    expect(rig.logged("AlarmCleared")).toMatchObject([{ kind: "RotationBlocked", level: "info" }]);
    expect(rig.logged("RotationBlocked")[0]).toMatchObject({
      account: "render-weu",
      reason: "RecordCorrupt",
      by: "schedule",
      detail: expect.stringContaining("fix or delete the row with PartitionKey render-weu"),
    });
  });

  it("has the alarm in its history with the original instants once the record can be read again", async () => {
    const place = await corrupted();
    const { rig, config } = place;
    const before = place.events.length;
    await rig.ticking(hours(7));
    expect(place.events).toHaveLength(before);
    place.restoreRecord();
    await rig.ticking(hours(7));
    const added = place.events.slice(before);
    expect(added.map(({ event, reason }) => [event, reason])).toEqual([
      ["RotationBlocked", "RecordCorrupt"],
      ["RotationBlocked", "RecordCorrupt"],
      ["AlarmCleared", "RotationBlocked"],
    ]);
    expect(added.map(({ id, at }) => [id, at])).toEqual(rig.receiver.received.map(({ id, at }) => [id, at]));
    expect(await verifyHistory(rig.app, config)).toMatchObject({ intact: true, problems: [] });
    expect(rig.tables.notices.get("render-weu")?.notice).toMatchObject({
      alarms: [],
      outbox: [],
      deliveries: [],
      pendingHistory: [],
    });
  });

  it("clears the alarm when the row is deleted and the account is adopted anew", async () => {
    const place = await corrupted();
    const { rig } = place;
    await rig.tick();
    rig.tables.delete("render-weu");
    await rig.tick();
    expect(kindsSentTo(place)).toEqual(["RotationBlocked", "RotationBlocked"]);
    expect(rig.receiver.received.at(-1)).toMatchObject({ kind: "AlarmCleared", cleared: "RotationBlocked" });
    expect(place.events.map(({ event }) => event)).toEqual(["Adopted", "Adopted", "RotationBlocked", "AlarmCleared"]);
  });

  it("clears the alarm when the account is no longer configured", async () => {
    const place = await corrupted();
    const { rig } = place;
    await rig.tick();
    rig.accounts = [];
    rig.start();
    await rig.ticking(days(1));
    const kinds = rig.receiver.received.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== "RecordOrphaned")).toEqual(["RotationBlocked", "AlarmCleared"]);
    expect(kinds).toContain("RecordOrphaned");
  });

  it("delays no other account, and is not changed", async () => {
    const rig = new Rig();
    const other = rig.place({ name: "other-weu" });
    const place = rig.place();
    await rig.tick();
    for (const each of [other, place]) await each.report();
    rig.clock.advance(minutes(10));
    for (const each of [other, place]) await each.report();
    await rig.tick();
    place.damageRecord();
    rig.receiver.reacts = () => "silence";
    const writes: string[] = [];
    rig.faults.onEffect((operation) => void writes.push(operation));
    await rig.tick();
    const reads = [
      "rotations.read",
      "rotations.list",
      "rotations.ofBatchAccount",
      "rotations.scan",
      "rotations.scanRecords",
    ];
    expect(writes.filter((each) => each.startsWith("rotations.") && !reads.includes(each))).toEqual([]);
    await other.rotate();
    await other.confirm();
    expect(other.record.lastRotation).toMatchObject({ outcome: "completed" });
    expect(() => place.record).toThrow("the row cannot be read");
  });

  it("is announced by exactly one of three concurrent hosts", async () => {
    const place = await corrupted();
    const { rig } = place;
    const hosts = [new Ticker(rig.app), new Ticker(rig.app), new Ticker(rig.app)];
    const all = () => Promise.all(hosts.map((host) => host.tick()));
    await all();
    await all();
    expect([kindsSentTo(place), rig.logged("RotationBlocked").length]).toEqual([["RotationBlocked"], 1]);
    place.restoreRecord();
    rig.clock.advance(minutes(5));
    await all();
    await all();
    expect(rig.receiver.received.map(({ kind }) => kind)).toEqual(["RotationBlocked", "AlarmCleared"]);
    expect(place.events.map(({ event }) => event)).toEqual(["Adopted", "RotationBlocked", "AlarmCleared"]);
  });

  it("costs a tick only the one query while nothing changes", async () => {
    const place = await corrupted();
    const { rig } = place;
    await rig.tick();
    const calls: string[] = [];
    rig.faults.onEffect((operation) => void calls.push(operation));
    await rig.tick();
    expect(calls.filter((call) => call.startsWith("notices."))).toEqual(["notices.list"]);
  });

  it("is announced later where notices cannot be read or written, and the tick continues", async () => {
    const place = await corrupted();
    const { rig } = place;
    const failing = [
      ["notices.list", unavailable],
      ["notices.write", forbidden],
    ] as const;
    for (const [operation, error] of failing) {
      rig.faults.add(operation, { when: "before", error });
      expect(await rig.tick()).toMatchObject({ accounts: 1, blocked: 1 });
      expect([operation, kindsSentTo(place)]).toEqual([operation, []]);
    }
    expect(rig.logged("NotificationDelayed")).toMatchObject([
      { account: null, reason: null, detail: expect.stringContaining("status 503") },
      { account: "render-weu", reason: "Forbidden", detail: "Tables, status 403: grant the right" },
    ]);
    await rig.tick();
    expect(kindsSentTo(place)).toEqual(["RotationBlocked"]);
  });

  it("is recorded in its history once, even where the notice cannot be updated", async () => {
    const place = await corrupted();
    const { rig } = place;
    await rig.tick();
    place.restoreRecord();
    // Clearing takes two writes; the third records that the history is complete.
    let writes = 0;
    rig.faults.onEffect((operation) => {
      writes += operation === "notices.write" ? 1 : 0;
      if (operation === "notices.write" && writes === 2) rig.unavailable("notices.write");
    });
    await rig.tick();
    expect(rig.logged("NotificationDelayed")).toMatchObject([{ account: "render-weu", level: "warn" }]);
    await rig.ticking(hours(1));
    expect(place.events.map(({ event }) => event)).toEqual(["Adopted", "RotationBlocked", "AlarmCleared"]);
    expect(rig.tables.notices.get("render-weu")?.notice.pendingHistory).toEqual([]);
  });

  it("has the start of the alarm in its status", async () => {
    const place = await corrupted();
    const { rig, config } = place;
    const since = rig.clock.at;
    const blockedSince = async () => (await readStatus(rig.app, config)).blocked?.since;
    rig.clock.advance(minutes(1));
    expect(await blockedSince()).toBe(rig.clock.at);
    await rig.ticking(hours(1));
    expect(await blockedSince()).toBe(new Date(Date.parse(since) + minutes(1)).toISOString());
    rig.unavailable("notices.list");
    expect(await blockedSince()).toBe(rig.clock.at);
  });

  it("costs a tick one time-out of a silent receiver, whatever the number of accounts", async () => {
    const rig = new Rig();
    const places = Array.from({ length: 200 }, (_, index) =>
      rig.place({ name: `account-${String(index).padStart(3, "0")}` }),
    );
    await rig.tick();
    for (const place of places) place.damageRecord();
    rig.receiver.reacts = () => "silence";
    for (let nth = 1; nth <= 3; nth++) {
      const asked = rig.receiver.received.length;
      const { ms, blocked } = await rig.tick();
      expect([blocked, ms <= seconds(5), rig.receiver.received.length - asked <= 64]).toEqual([200, true, true]);
      rig.clock.advance(minutes(5) - ms);
    }
    rig.receiver.received.length = 0;
    rig.receiver.reacts = () => 200;
    await rig.ticking(hours(1));
    expect(new Set(rig.receiver.received.map(({ account }) => account)).size).toBe(200);
    expect(rig.receiver.received).toHaveLength(200);
  });

  it("is recorded in the history once, when the history can be reached again", async () => {
    const place = await corrupted();
    const { rig } = place;
    await rig.tick();
    place.restoreRecord();
    rig.unavailable("history.page", 3);
    rig.unavailable("history.append", 3);
    await rig.ticking(hours(1));
    expect(place.events.map(({ event }) => event)).toEqual(["Adopted", "RotationBlocked", "AlarmCleared"]);
    expect(kindsSentTo(place)).toHaveLength(2);
    expect(place.record).toMatchObject({ claim: null, publishing: { outbox: [] } });
  });
});

const deaths: ("before" | "after")[] = ["before", "after"];

/** Runs the timer in a process that crashes, then in the next process. Returns the call; null where nothing crashed. */
const crashed = async (place: Place, nth: number, when: "before" | "after"): Promise<string | null> => {
  const { rig } = place;
  const at = await rig.crash({ nth, at: when }, () => rig.fireTimer());
  rig.clock.advance(minutes(5));
  await rig.ticking(minutes(30));
  return at;
};

describe.each(deaths)("a crash %s any call", (when) => {
  it("of the tick that finds an unreadable record loses no alarm and raises none twice", async () => {
    const seen: string[] = [];
    for (let nth = 1; ; nth++) {
      const place = await corrupted();
      const at = await crashed(place, nth, when);
      if (at === null) break;
      seen.push(at);
      const ids = new Set(idsIn(place.rig.receiver.received));
      expect([at, ids.size, new Set(idsIn(place.rig.logged("RotationBlocked")))]).toEqual([at, 1, ids]);
      expect(place.rig.tables.notices.get("render-weu")?.notice).toMatchObject({
        outbox: [],
        deliveries: [],
        heldUntil: null,
      });
    }
    expect(seen.map((at) => at.replace(/^\w+ /, ""))).toEqual(
      words("notices.list ticks.read rotations.scan rotations.read notices.write alerts.deliver notices.write"),
    );
  });

  it("of the tick that finds the record restored loses nothing; the history has each event once", async () => {
    const seen: string[] = [];
    for (let nth = 1; ; nth++) {
      const place = await corrupted();
      await place.rig.tick();
      place.restoreRecord();
      const at = await crashed(place, nth, when);
      if (at === null) break;
      seen.push(at);
      expect([at, place.events.map(({ event }) => event)]).toEqual([
        at,
        ["Adopted", "RotationBlocked", "AlarmCleared"],
      ]);
      expect(place.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
      const ids = idsIn(place.events.slice(1));
      expect([at, new Set(idsIn(place.rig.receiver.received))]).toEqual([at, new Set(ids)]);
      expect(place.rig.tables.notices.get("render-weu")?.notice).toMatchObject({
        alarms: [],
        deliveries: [],
        pendingHistory: [],
      });
      expect(place.record).toMatchObject({ claim: null, publishing: { outbox: [], deliveries: [], alarms: [] } });
    }
    expect(new Set(seen.map((at) => at.replace(/^\w+ /, "")))).toEqual(
      new Set([
        ...words("notices.list ticks.read rotations.scan rotations.read notices.write alerts.deliver"),
        ...words("rotations.replace history.page history.append"),
      ]),
    );
  });

  it("of a run with wrong settings loses no alarm and raises none twice", async () => {
    const seen: string[] = [];
    for (let nth = 1; ; nth++) {
      const place = await new Rig().place().adopt();
      place.rig.wrongSettings = wrong;
      const at = await crashed(place, nth, when);
      if (at === null) break;
      seen.push(at);
      const ids = new Set(idsIn(place.rig.receiver.received));
      expect([at, ids.size, new Set(idsIn(place.rig.logged("ConfigurationInvalid")))]).toEqual([at, 1, ids]);
    }
    expect(seen).toHaveLength(4);
  });

  it("of the first run with valid settings clears the alarm exactly once", async () => {
    for (let nth = 1; ; nth++) {
      const place = await new Rig().place().adopt();
      place.rig.wrongSettings = wrong;
      await place.rig.fireTimer();
      place.rig.wrongSettings = [];
      const at = await crashed(place, nth, when);
      if (at === null) break;
      const cleared = place.rig.receiver.received.filter(({ kind }) => kind === "AlarmCleared");
      expect([at, new Set(idsIn(cleared)).size]).toEqual([at, 1]);
      expect([at, new Set(idsIn(place.rig.receiver.received)).size]).toEqual([at, 2]);
      expect(place.rig.tables.notices.get(null)?.notice).toMatchObject({ alarms: [], outbox: [], deliveries: [] });
    }
  });
});

describe("wrong settings", () => {
  it("raise the alarm once and repeat it every 6 h with a new id; the first valid run clears it once", async () => {
    const place = await new Rig().place().adopt();
    const { rig } = place;
    const since = rig.clock.at;
    rig.wrongSettings = wrong;
    await rig.ticking(hours(13));
    rig.wrongSettings = [];
    await rig.ticking(hours(13));
    expect(rig.receivedSince(since)).toEqual([
      [0, "ConfigurationInvalid"],
      [6 * 60, "ConfigurationInvalid"],
      [12 * 60, "ConfigurationInvalid"],
      [13 * 60, "AlarmCleared"],
    ]);
    expect(rig.receiver.received.at(-1)).toMatchObject({ cleared: "ConfigurationInvalid", account: null });
    expect(new Set(idsIn(rig.receiver.received)).size).toBe(4);
    expect(rig.logged("ConfigurationState")).toHaveLength(13 * 12 + 1);
    expect(rig.logged("ConfigurationInvalid")[0]).toMatchObject({
      detail: "ROTATION_ACCOUNTS/accounts/0/rotateEvery: must be at least P1D",
      reason: "ConfigurationInvalid",
      account: null,
      rotationId: null,
      by: "schedule",
    });
    expect(rig.tables.notices.get(null)?.notice).toMatchObject({
      alarms: [],
      outbox: [],
      deliveries: [],
      pendingHistory: [],
    });
  });

  it("are announced by one of two concurrent hosts", async () => {
    const place = await new Rig().place().adopt();
    const { rig } = place;
    rig.wrongSettings = wrong;
    const both = () => Promise.all([rig.reportSettings(), rig.reportSettings()]);
    await both();
    await both();
    expect([rig.receiver.received.length, rig.logged("ConfigurationInvalid").length]).toEqual([1, 1]);
  });

  it("are logged while the tables cannot be reached, and sent to the webhook afterwards", async () => {
    const place = await new Rig().place().adopt();
    const { rig } = place;
    rig.wrongSettings = wrong;
    rig.unavailable("notices.list");
    await rig.fireTimer();
    expect([rig.logged("ConfigurationInvalid").length, rig.receiver.received]).toEqual([1, []]);
    await rig.fireTimer();
    expect(rig.receiver.received).toMatchObject([{ kind: "ConfigurationInvalid" }]);
  });

  it("show no text that looks like a key", async () => {
    const place = await new Rig().place().adopt();
    const { rig } = place;
    rig.wrongSettings = [{ at: `ROTATION_ACCOUNTS/${"A".repeat(86)}==`, problem: "is not a known member" }];
    await rig.fireTimer();
    expect(JSON.stringify(rig.lines.filter(({ event }) => event === "ConfigurationInvalid"))).toContain(
      "looks like a key",
    );
    expect(JSON.stringify(rig.lines)).not.toContain("A".repeat(86));
  });
});
