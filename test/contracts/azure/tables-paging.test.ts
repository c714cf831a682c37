import { aLook } from "../../builders/look";
import { firstNotice } from "../../../lib/rotation/events/notice";
import { anEvent, at, later } from "../suites/records";
import { aRecord } from "../../builders/record";
import { aReport } from "../../builders/report";
import { openTablesWorld, type TablesWorld } from "./tables-world";

const call = { signal: new AbortController().signal, look: aLook(), attention: "" };
const account = "account-1";

let world: TablesWorld;
const sequences = async (limit: number, before: number | null = null) => {
  const page = await world.history.page(account, { limit, before }, call);
  return [page.events.map(({ sequence }) => sequence), page.next];
};

beforeAll(async () => {
  world = await openTablesWorld();
  for (let sequence = 1; sequence <= 7; sequence++) {
    const event = sequence === 2 ? "Paused" : "KeyPublished";
    await world.history.append([anEvent(sequence, { account, event, at: sequence < 6 ? at : later })], call);
    const report = aReport({ instance: `vm-${sequence}` });
    await world.signals.update(account, "render-api", report.instance, () => ({ accepted: true, report }), call);
    await world.notices.write(firstNotice(`account-${sequence}`), null, call);
    await world.rotations.insert(aRecord({ account: `account-${sequence}` }), call);
  }
});
beforeEach(() => world.proxy.pages.reset());
afterAll(() => world.close());

describe.each([
  ["pages of three rows", { maxRows: 3, emptyFirst: false }],
  ["pages of one row", { maxRows: 1, emptyFirst: false }],
  ["empty pages in between", { maxRows: 2, emptyFirst: true }],
] as const)("with %s", (_, pages) => {
  beforeEach(() => Object.assign(world.proxy.pages, pages));

  it("all reports of an account are listed", async () => {
    const { reports } = await world.signals.list(account, call);
    expect(reports.map(({ instance }) => instance)).toEqual(["vm-1", "vm-2", "vm-3", "vm-4", "vm-5", "vm-6", "vm-7"]);
    expect(world.proxy.pages.asked).toBeGreaterThan(2);
  });

  it("the records of all accounts are listed", async () => {
    const { records, unreadable } = await world.rotations.list(call);
    expect([records.length, unreadable]).toEqual([7, []]);
    expect(world.proxy.pages.asked).toBeGreaterThan(2);
  });

  it("all records of a Batch account are found", async () => {
    const resourceId = aRecord().resourceId;
    expect((await world.rotations.ofBatchAccount(resourceId, call)).toSorted()).toHaveLength(7);
    expect(world.proxy.pages.asked).toBeGreaterThan(2);
  });

  it("all records are scanned, with and without their records", async () => {
    const names = ["account-1", "account-2", "account-3", "account-4", "account-5", "account-6", "account-7"];
    const glanced: string[] = [];
    await world.rotations.scan((glance) => glanced.push(glance.account), call);
    expect(glanced).toEqual(names);
    expect(world.proxy.pages.asked).toBeGreaterThan(2);
    world.proxy.pages.asked = 0;
    const visited: (string | undefined)[] = [];
    await world.rotations.scanRecords(({ record }) => visited.push(record?.account), call);
    expect(visited).toEqual(names);
    expect(world.proxy.pages.asked).toBeGreaterThan(2);
  });

  it("all notices are listed", async () => {
    expect(await world.notices.list(call)).toHaveLength(7);
    expect(world.proxy.pages.asked).toBeGreaterThan(2);
  });

  it("a page of the history is whole, and the next one goes on after it", async () => {
    expect(await sequences(5)).toEqual([[7, 6, 5, 4, 3], 3]);
    expect(await sequences(5, 3)).toEqual([[2, 1], null]);
    expect(world.proxy.pages.asked).toBeGreaterThan(2);
  });

  it("the newest event before an instant is found", async () => {
    expect(await world.history.lastBefore(account, later, { after: 0, through: 7 }, call)).toBe(5);
    expect(world.proxy.pages.asked).toBeGreaterThan(2);
  });
});

it("the newest event of a kind is found behind an empty page", async () => {
  Object.assign(world.proxy.pages, { maxRows: 1, emptyFirst: true });
  expect(await world.history.newestOf(account, ["Paused", "Resumed"], call)).toMatchObject({ sequence: 2 });
  expect(world.proxy.pages.asked).toBe(2);
});

it("all events up to a number are removed, however many pages hold them", async () => {
  Object.assign(world.proxy.pages, { maxRows: 2, emptyFirst: true });
  await world.history.removeThrough(account, 5, call);
  world.proxy.pages.reset();
  expect(await sequences(10)).toEqual([[7, 6], null]);
});

it("old events are looked for in a bounded part of a long history", async () => {
  const long = "account-long";
  const append = (sequence: number) => world.history.append([anEvent(sequence, { account: long })], call);
  for (let first = 1; first <= 1_200; first += 100)
    await Promise.all(Array.from({ length: 100 }, (_, index) => append(first + index)));
  world.proxy.pages.reset();
  const range = { after: 0, through: 1_200 };
  expect(await world.history.lastBefore(long, later, range, call)).toBe(500);
  expect(await world.history.lastBefore(long, later, { ...range, after: 1_000 }, call)).toBe(1_200);
  expect(world.proxy.pages.asked).toBe(2);
});
