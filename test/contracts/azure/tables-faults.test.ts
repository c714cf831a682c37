import { aLook } from "../../builders/look";
import { inspect } from "node:util";
import { RotationTable } from "../../../lib/azure/tables/rotation-table";
import { openTables } from "../../../lib/azure/tables/tables";
import { CorruptRecordError, OperatorNeededError, TransientServiceError } from "../../../lib/errors";
import type { Stored } from "../../../lib/ports/rotations";
import { firstNotice } from "../../../lib/rotation/events/notice";
import { aFullNotice } from "../suites/notices-suite";
import { aRecord } from "../../builders/record";
import { aReport } from "../../builders/report";
import { anEvent } from "../suites/records";
import { countingIds, openTablesWorld, type TablesWorld } from "./tables-world";

const call = { signal: new AbortController().signal, look: aLook(), attention: "" };

let world: TablesWorld;
let accounts = 0;
const anAccount = (): string => `account-${(accounts += 1)}`;

const inserted = async (account: string): Promise<Stored> => {
  const stored = await world.rotations.insert(aRecord({ account }), call);
  if (stored === null) throw new Error("expected the insert to be stored");
  return stored;
};

beforeAll(async () => {
  world = await openTablesWorld();
});
afterEach(() => world.faults.clear());
afterAll(() => world.close());

describe("a write whose answer is lost", () => {
  it.each(["tables.insert", "tables.update"] as const)("is recognised as its own for a notice (%s)", async (route) => {
    const notice = aFullNotice(anAccount());
    const first = route === "tables.insert" ? null : await world.notices.write(firstNotice(notice.account), null, call);
    world.faults.add({ route, when: "after", kind: "resetBeforeAnswer", nth: 1 });
    const stored = await world.notices.write(notice, first?.etag ?? null, call);
    const { etag = null } = (await world.notices.list(call)).find((one) => one.notice.account === notice.account) ?? {};
    expect(stored).toEqual({ notice, etag });
  });

  it("stores a signal once", async () => {
    const account = anAccount();
    world.faults.add({ route: "tables.insert", when: "after", kind: "resetBeforeAnswer", nth: 1 });
    let merges = 0;
    const merge = () => ({ accepted: (merges += 1) === 1, report: aReport() });
    expect(await world.signals.update(account, "render-api", "vm-1", merge, call)).toEqual({ accepted: true });
    expect((await world.signals.list(account, call)).reports).toEqual([aReport()]);
  });

  it("stores one event in the history", async () => {
    const account = anAccount();
    await world.history.append([anEvent(1, { account })], call);
    world.faults.add({ route: "tables.insert", when: "after", kind: "resetBeforeAnswer" });
    await world.history.append([anEvent(2, { account })], call);
    const page = await world.history.page(account, { limit: 10, before: null }, call);
    expect(page.events).toEqual([anEvent(2, { account }), anEvent(1, { account })]);
  });
});

const two = (account: string) => [1, 2].map((sequence) => anEvent(sequence, { account }));
const eventsOf = async (account: string) =>
  (await world.history.page(account, { limit: 10, before: null }, call)).events.length;

describe("several events in one request", () => {
  it("are not taken for stored by a good status alone", async () => {
    const account = anAccount();
    world.faults.add({ route: "tables.batch", when: "before", kind: "unexpected202" });
    await expect(world.history.append(two(account), call)).rejects.toThrow(TransientServiceError);
    expect(await eventsOf(account)).toBe(0);
  });

  it("are found to be there where the answer was lost", async () => {
    const account = anAccount();
    world.faults.add({ route: "tables.batch", when: "after", kind: "resetBeforeAnswer", nth: 1 });
    await expect(world.history.append(two(account), call)).rejects.toThrow(CorruptRecordError);
    expect(await eventsOf(account)).toBe(2);
  });
});

describe("a failing call", () => {
  it("ends at once with the Retry-After when the service asks for an hour", async () => {
    world.faults.add({ route: "tables.get", when: "before", kind: "status", status: 503, retryAfter: 3600 });
    world.journal.clear();
    await expect(world.rotations.read(anAccount(), call)).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
    expect(world.journal.count("tables.get")).toBe(1);
  });

  it("is aborted by its caller's signal", async () => {
    world.faults.add({ route: "tables.get", when: "before", kind: "hang" });
    const read = world.rotations.read(anAccount(), { signal: world.journal.abortsAt("tables.get") });
    await expect(read).rejects.toMatchObject({ name: "TransientServiceError", facts: { code: "AbortError" } });
  });
});

describe("a table", () => {
  it("is created by the first of many concurrent calls", async () => {
    world.journal.clear();
    const { rotations } = openTables(world.storage, "Fresh", countingIds());
    const records = Array.from({ length: 10 }, () => aRecord({ account: anAccount() }));
    const table = new RotationTable(rotations);
    const stored = await Promise.all(records.map((record) => table.insert(record, call)));
    expect(stored.map((each) => each?.record)).toEqual(records);
    expect(world.journal.count("tables.createTable")).toBe(1);
  });

  it("is created by processes that start at the same time", async () => {
    const stores = Array.from({ length: 5 }, (_, index) => {
      const ids = { next: () => `writer-${index}` };
      return openTables(world.storage, "Rivals", ids).rotations;
    });
    const record = aRecord({ account: anAccount() });
    const stored = await Promise.all(stores.map((store) => new RotationTable(store).insert(record, call)));
    expect(stored.filter((each) => each !== null)).toHaveLength(1);
  });

  it("names the missing right", async () => {
    world.faults.add({
      route: "tables.*",
      when: "before",
      kind: "status",
      status: 403,
      code: "AuthorizationPermissionMismatch",
    });
    const error: unknown = await world.rotations.read(anAccount(), call).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OperatorNeededError);
    expect(inspect(error)).toMatch(/Storage Table Data Contributor on the storage account of table BatchKeyRotations/);
  });
});

describe("damaged rows", () => {
  it("are corrupt records", async () => {
    const { record, etag } = await inserted(anAccount());
    await world.tables.rotations.writeConditional(
      { partitionKey: record.account, rowKey: "rotation", schema: 1, record: "{" },
      etag,
      call,
    );
    await expect(world.rotations.read(record.account, call)).rejects.toMatchObject({ name: "CorruptRecordError" });
  });

  it("count as an unhealthy instance until its next signal", async () => {
    const account = anAccount();
    await world.tables.signals.writeConditional(
      { partitionKey: account, rowKey: "render-api:vm-9", schema: 1, healthy: true },
      null,
      call,
    );
    const [report] = (await world.signals.list(account, call)).reports;
    expect(report).toMatchObject({
      consumer: "render-api",
      instance: "vm-9",
      healthy: false,
      goodSince: null,
      proven: false,
    });
    expect(Math.abs(Date.parse(report?.at ?? "") - Date.now())).toBeLessThan(60_000);
    const healed = aReport({ instance: "vm-9" });
    await world.signals.update(account, "render-api", "vm-9", () => ({ accepted: true, report: healed }), call);
    expect((await world.signals.list(account, call)).reports).toEqual([healed]);
  });
});

test.each([
  ["is not JSON", { notice: "{" }],
  ["is of another account", { notice: JSON.stringify(firstNotice("elsewhere")) }],
  ["is nothing", {}],
])("a damaged notice is treated as a new one and replaced when it %s", async (_, columns) => {
  const account = anAccount();
  await world.tables.rotations.writeConditional({ partitionKey: "Notices", rowKey: account, ...columns }, null, call);
  const found = (await world.notices.list(call)).find(({ notice }) => notice.account === account);
  expect(found?.notice).toEqual(firstNotice(account));
  expect(await world.notices.write(aFullNotice(account), found?.etag ?? null, call)).not.toBeNull();
});
