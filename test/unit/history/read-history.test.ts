import { aLook } from "../../builders/look";
import type { App } from "../../../lib/app";
import { CorruptRecordError, TransientServiceError } from "../../../lib/errors";
import { allEvents, readHistory, type VerifiedHistory, verifyHistory } from "../../../lib/history/read-history";
import type { History } from "../../../lib/ports/history";
import { hashedText, type RotationEvent } from "../../../lib/rotation/events/events";
import { sha256 } from "../../../lib/hash";
import { type Place, Rig } from "../../rig/rig";
import { days, hours, minutes } from "../../builders/time";
import { words } from "../../builders/words";

afterEach(() => jest.restoreAllMocks());

const unavailable = () => new TransientServiceError({ operation: "Tables insert entity", statusCode: 503 });

/** An adoption and one rotation: six events. */
const rotated = async (changes: Parameters<Rig["place"]>[0] = {}): Promise<Place> => {
  const place = await new Rig().place(changes).adopt();
  await place.rotate("key found in a log");
  await place.confirm();
  expect(place.record.lastRotation).toMatchObject({ outcome: "completed" });
  return place;
};

const eventAt = (events: readonly RotationEvent[], index: number): RotationEvent => {
  const event = events[index];
  if (event === undefined) throw new Error("there is no such event");
  return event;
};

/** Replaces the rows that the app has written by these, oldest first. */
const withRows = (app: App, rows: readonly RotationEvent[], unreadable: readonly number[] = []): App => {
  const isBad = ({ sequence }: RotationEvent): boolean => unreadable.includes(sequence);
  const history: History = {
    ...app.ports.history,
    append: async () => undefined,
    newestOf: async () => null,
    lastBefore: async () => 0,
    removeThrough: async () => undefined,
    page: async (_account, { limit, before }) => {
      const all = rows.toReversed().filter(({ sequence }) => before === null || sequence < before);
      const page = all.slice(0, limit);
      return {
        events: page.filter((event) => !isBad(event)),
        unreadable: page.filter(isBad).map(({ sequence }) => ({ sequence, problem: `row ${sequence} cannot be read` })),
        next: all.length > limit ? (page.at(-1)?.sequence ?? null) : null,
      };
    },
  };
  return { ...app, ports: { ...app.ports, history } };
};

const checked = ({ rig, config }: Place, rows: readonly RotationEvent[]): Promise<VerifiedHistory> =>
  verifyHistory(withRows(rig.app, rows), config);

/** Place and problem of each finding. */
const found = async (place: Place, rows: readonly RotationEvent[]): Promise<readonly string[]> =>
  (await checked(place, rows)).problems.map(({ sequence, problem }) => `${sequence} ${problem}`);

describe("the history of a rotation", () => {
  it("is read in consecutive pages, newest first", async () => {
    const { rig, config } = await rotated();
    const first = await readHistory(rig.app, config, { limit: 4, before: null });
    expect([first.events.map(({ event }) => event), first.next]).toEqual([
      ["RotationCompleted", "KeyRetired", "KeyPublished", "KeyRegenerated"],
      "3",
    ]);
    const second = await readHistory(rig.app, config, { limit: 4, before: Number(first.next) });
    expect([second.events.map(({ event }) => event), second.next]).toEqual([["RotationStarted", "Adopted"], null]);
    expect(await readHistory(rig.app, config, { limit: 4, before: 1 })).toEqual({ events: [], next: null });
    const exactly = await readHistory(rig.app, config, { limit: 6, before: null });
    expect([exactly.events.length, exactly.next]).toEqual([6, null]);
  });

  it("names the alarm that was cleared", async () => {
    const place = await new Rig().place().adopt();
    const { rig, config } = place;
    rig.batch.denied.add("listKeys");
    await rig.tickAfter(hours(6));
    rig.batch.denied.delete("listKeys");
    await place.order("resume");
    const { events } = await readHistory(rig.app, config, { limit: 1, before: null });
    expect(events).toMatchObject([{ event: "AlarmCleared", reason: "RotationBlocked", kind: "RotationBlocked" }]);
  });
});

describe("the check of the history", () => {
  let place: Place;
  let rows: readonly RotationEvent[];
  const places = [0, 1, 2, 3, 4, 5];

  beforeAll(async () => {
    place = await rotated();
    rows = place.events;
  });

  const edited = (index: number, changes: Partial<RotationEvent>): readonly RotationEvent[] =>
    rows.map((row, at) => (at === index ? { ...row, ...changes } : row));

  it("finds nothing in an unaltered history", async () => {
    expect(await verifyHistory(place.rig.app, place.config)).toEqual({
      account: "render-weu",
      intact: true,
      events: 6,
      problems: [],
    });
  });

  it.each(places)("reports a deleted row (%i)", async (index) => {
    expect(await checked(place, rows.toSpliced(index, 1))).toEqual({
      account: "render-weu",
      intact: false,
      events: 5,
      problems: [{ sequence: index + 1, id: null, problem: "is missing" }],
    });
  });

  it("reports all deleted rows, even when none is left", async () => {
    expect(await found(place, rows.toSpliced(1, 3))).toEqual(["2 is missing", "3 is missing", "4 is missing"]);
    expect(await found(place, [])).toEqual(rows.map(({ sequence }) => `${sequence} is missing`));
  });

  const edits: readonly (readonly [keyof RotationEvent, Partial<RotationEvent>])[] = [
    ["id", { id: "01JDF0000000000000000OTHER" }],
    ["at", { at: "2026-11-24T10:00:00.001Z" }],
    ["event", { event: "Approved" }],
    ["account", { account: "render-neu" }],
    ["rotationId", { rotationId: "01JDF0000000000000000OTHER" }],
    ["reason", { reason: "Forbidden" }],
    ["detail", { detail: "nothing happened" }],
    ["by", { by: "operator:mallory" }],
    ["evidence", { evidence: { requestId: "another" } }],
  ];

  it.each(edits.flatMap(([member, change]) => places.map((index) => [member, index, change] as const)))(
    "reports a row whose %s was edited (%i)",
    async (_member, index, change) => {
      expect(await checked(place, edited(index, change))).toMatchObject({
        intact: false,
        problems: [{ sequence: index + 1, problem: "is not as it was written" }],
      });
    },
  );

  it.each(places)("reports a row whose hash of the previous row was edited (%i)", async (index) => {
    const before = index === 0 ? [] : [`${index} cannot be verified: the event after it is altered`];
    expect(await found(place, edited(index, { previousHash: "f".repeat(64) }))).toEqual([
      ...before,
      `${index + 1} is not as it was written`,
    ]);
  });

  it("detects a forged hash by the hash of the next row", async () => {
    const forged = { ...eventAt(rows, 0), by: "operator:mallory" };
    const previousHash = sha256(hashedText(forged));
    expect(await found(place, rows.with(0, forged).with(1, { ...eventAt(rows, 1), previousHash }))).toEqual([
      "2 is not as it was written",
    ]);
  });

  it("reports both of two exchanged rows", async () => {
    const [one, two] = [eventAt(rows, 2), eventAt(rows, 3)];
    const swapped = rows.with(2, { ...two, sequence: one.sequence }).with(3, { ...one, sequence: two.sequence });
    const problems = await found(place, swapped);
    expect(problems.map((problem) => problem.slice(0, 1))).toEqual(["2", "3", "4"]);
    expect(problems).toEqual(expect.arrayContaining(["4 is not as it was written"]));
  });

  it("reports a row added at the end", async () => {
    expect(await found(place, [...rows, { ...eventAt(rows, 5), id: "forged", sequence: 7 }])).toEqual([
      "7 is not one that the record knows of",
    ]);
  });

  it("reports at most 100 missing rows", async () => {
    const account = { ...place.config, name: "of-many" };
    const stored = {
      record: { ...place.record, chain: { ...place.record.chain, sequence: 1_000 } },
      etag: "1",
      look: aLook(),
      attention: "",
    };
    const app = withRows(place.rig.app, []);
    const rotations = { ...app.ports.rotations, read: async () => stored };
    const { problems } = await verifyHistory({ ...app, ports: { ...app.ports, rotations } }, account);
    expect(problems).toHaveLength(100);
  });

  it("reports every unreadable row, and checks all others", async () => {
    for (const unreadable of [[1], [6], [2, 3], [1, 2, 3, 4, 5, 6]]) {
      const app = withRows(place.rig.app, edited(3, { detail: "nothing" }), unreadable);
      const { problems, events } = await verifyHistory(app, place.config);
      const named = problems
        .filter(({ problem }) => problem.endsWith("cannot be read"))
        .map(({ sequence }) => sequence);
      expect([named, events]).toEqual([unreadable, 6 - unreadable.length]);
      const fourth = problems.filter(({ sequence }) => sequence === 4).map(({ problem }) => problem);
      expect(fourth).toEqual([unreadable.includes(4) ? "row 4 cannot be read" : "is not as it was written"]);
    }
  });

  it("reports a row that the app did not write, and checks all others", async () => {
    const app = withRows(place.rig.app, edited(3, { detail: "nothing" }));
    const { history } = app.ports;
    const foreign = { sequence: null, problem: "the history row zzz cannot be read" };
    const page: History["page"] = async (...asked) => ({ ...(await history.page(...asked)), unreadable: [foreign] });
    const over = (changes: Partial<History>): App => ({
      ...app,
      ports: { ...app.ports, history: { ...history, ...changes } },
    });
    expect((await verifyHistory(over({ page }), place.config)).problems).toEqual([
      { ...foreign, id: null },
      { sequence: 4, id: rows[3]?.id, problem: "is not as it was written" },
    ]);
    await expect(allEvents(over({ page }), place.config)).rejects.toThrow(CorruptRecordError);
    const broken = over({ page: () => Promise.reject(unavailable()) });
    await expect(verifyHistory(broken, place.config)).rejects.toThrow(TransientServiceError);
  });

  it("is not needed for reading: an unreadable row is listed beside the readable ones", async () => {
    const app = withRows(place.rig.app, rows, [5]);
    const { events, next, unreadable } = await readHistory(app, place.config, { limit: 3, before: null });
    expect([events.map(({ event }) => event), next, unreadable]).toEqual([
      ["RotationCompleted", "KeyPublished"],
      "4",
      [{ sequence: 5, problem: "row 5 cannot be read" }],
    ]);
    expect(await readHistory(app, place.config, { limit: 3, before: 4 })).not.toHaveProperty("unreadable");
    await expect(allEvents(app, place.config)).rejects.toMatchObject({ name: "CorruptRecordError", sequence: 5 });
  });

  it("reports the newest row as unverifiable without the record, and checks the rest", async () => {
    const app = withRows(place.rig.app, rows.toSpliced(2, 1));
    const gone: App = {
      ...app,
      ports: { ...app.ports, rotations: { ...app.ports.rotations, read: async () => null } },
    };
    expect((await verifyHistory(gone, place.config)).problems).toEqual([
      { sequence: 3, id: null, problem: "is missing" },
      { sequence: 6, id: rows[5]?.id, problem: "cannot be verified: the account's record is gone" },
    ]);
    const unseen = withRows(gone, []);
    expect(await verifyHistory(unseen, place.config)).toMatchObject({ intact: true, events: 0, problems: [] });
  });
});

describe("the check of a history during writes", () => {
  it("includes events that wait in the outbox, and counts events left there by a crash once", async () => {
    const place = await rotated();
    const { rig, config } = place;
    rig.unavailable("history.append", 2);
    await place.order("pause");
    expect(place.record.publishing.outbox).toHaveLength(1);
    expect(await verifyHistory(rig.app, config)).toMatchObject({ intact: true, events: 6 });
    // The write is applied, but its answer is lost.
    rig.faults.clear();
    rig.faults.add("history.append", { when: "after", error: unavailable });
    await rig.tick();
    expect([place.record.publishing.outbox.length, place.events.length]).toEqual([1, 7]);
    expect(await verifyHistory(rig.app, config)).toMatchObject({ intact: true, events: 7 });
    expect(await found(place, place.events.with(6, { ...eventAt(place.events, 6), detail: "nothing" }))).toEqual([
      "7 is not as it was written",
    ]);
    expect(await found(place, place.events.toSpliced(5, 1))).toEqual(["6 is missing"]);
    await rig.tick();
    expect([place.record.publishing.outbox.length, place.events.length]).toEqual([0, 7]);
    expect(rig.logged("HistoryDelayed").map(({ level }) => level)).toEqual(expect.arrayContaining(["warn"]));
  });

  it("reads again when an event is recorded meanwhile", async () => {
    const place = await rotated();
    const { rig, config } = place;
    const { history } = rig.app.ports;
    let recorded = false;
    const page: History["page"] = async (...asked) => {
      const answer = await history.page(...asked);
      if (!recorded) {
        recorded = true;
        await place.order("pause");
      }
      return answer;
    };
    const app: App = {
      ...rig.app,
      ports: { ...rig.app.ports, history: { ...withRows(rig.app, []).ports.history, page } },
    };
    expect(await verifyHistory(app, config)).toMatchObject({ intact: true, events: 7 });
  });
});

test("an account whose record was deleted continues its history without duplicates or gaps", async () => {
  const place = await rotated();
  const { rig, config } = place;
  place.deleteRecord();
  await rig.tick();
  await place.report();
  rig.clock.advance(minutes(10));
  await place.report();
  expect(place.record).toMatchObject({ state: { phase: "idle" }, chain: { sequence: 7 }, publishing: { outbox: [] } });
  expect(place.events.map(({ event }) => event)).toEqual(
    words("Adopted RotationStarted KeyRegenerated KeyPublished KeyRetired RotationCompleted Adopted"),
  );
  expect(await verifyHistory(rig.app, config)).toMatchObject({ intact: true, events: 7 });
});

/** Six events. Those before the pause have exceeded the retention. */
const aged = async (): Promise<Place> => {
  const place = await rotated({ rotateEveryMs: days(730) });
  place.rig.clock.advance(days(300));
  await place.order("pause");
  await place.order("resume");
  place.rig.clock.advance(days(100) + hours(1));
  return place;
};

describe("pruning", () => {
  it("is not taken for missing rows after the record was deleted", async () => {
    const place = await aged();
    const { rig, config } = place;
    await rig.tick();
    place.deleteRecord();
    await rig.tick();
    expect(place.record.chain).toMatchObject({ sequence: 8, prunedThrough: 6 });
    expect(await verifyHistory(rig.app, config)).toMatchObject({ intact: true, problems: [] });
  });

  it("removes rows older than the retention, notes that in the record, and leaves a valid chain", async () => {
    const place = await aged();
    const { rig, config } = place;
    await rig.tick();
    expect([place.record.chain.prunedThrough, place.events.map(({ sequence }) => sequence)]).toEqual([6, [7, 8]]);
    expect(await verifyHistory(rig.app, config)).toMatchObject({ intact: true, events: 2 });
    expect(await found(place, place.events.slice(1))).toEqual(["7 is missing"]);
  });

  it("does not begin before the first event exceeds the retention", async () => {
    const place = await rotated({ rotateEveryMs: days(730) });
    const first = Date.parse(place.events[0]?.at ?? "");
    await place.rig.tickAt(first + days(400));
    expect(place.record.chain.prunedThrough).toBe(0);
    await place.rig.tickAt(first + days(400) + hours(6));
    expect(place.record.chain.prunedThrough).toBe(6);
  });

  it.each(["before", "after"] as const)("is completed later if it broke off %s the removal", async (when) => {
    const place = await aged();
    const { rig, config } = place;
    rig.faults.add("history.removeThrough", { when, error: unavailable });
    await rig.tick();
    expect(place.record).toMatchObject({ chain: { prunedThrough: 6 }, claim: null });
    expect(rig.logged("NotificationDelayed")).toMatchObject([{ level: "warn", account: "render-weu" }]);
    expect(await verifyHistory(rig.app, config)).toMatchObject({ intact: true });
    await rig.tickAfter(hours(6));
    expect(place.events.map(({ sequence }) => sequence)).toEqual([7, 8]);
    expect(await verifyHistory(rig.app, config)).toMatchObject({ intact: true, events: 2 });
  });

  it("makes a restored row detectable", async () => {
    const place = await aged();
    const old = eventAt(place.events, 2);
    await place.rig.tick();
    expect(await found(place, [old, ...place.events])).toEqual([
      "3 had been taken out because of its age, and is there again",
    ]);
  });
});
