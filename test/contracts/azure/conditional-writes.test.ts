import type { Row } from "../../../lib/azure/tables/rows/rows";
import type { Table } from "../../../lib/azure/tables/tables";
import { OperatorNeededError, TransientServiceError } from "../../../lib/errors";
import { openTablesWorld, type TablesWorld } from "./tables-world";

const call = { signal: new AbortController().signal };

let world: TablesWorld;
let table: Table;
let rows = 0;
const aRow = (text = "first"): Row => ({ partitionKey: "conditional", rowKey: `row-${(rows += 1)}`, text });

const etagOf = async (row: Row): Promise<string> => {
  const stored = await table.read(row, call);
  if (stored === null) throw new Error("expected a row");
  return stored.etag;
};

/** The row as another writer has inserted it. */
const inserted = async (): Promise<{ readonly row: Row; readonly etag: string }> => {
  const row = aRow();
  await table.writeConditional(row, null, call);
  return { row, etag: await etagOf(row) };
};

beforeAll(async () => {
  world = await openTablesWorld();
  table = world.tables.rotations;
});
afterEach(() => world.faults.clear());
afterAll(() => world.close());

const lostAnswers = [
  { kind: "resetBeforeAnswer" },
  { kind: "resetInMiddle" },
  { kind: "status", status: 500 },
  { kind: "status", status: 503, retryAfter: 1 },
  { kind: "status", status: 503, retryAfter: 3600 },
  { kind: "status", status: 408 },
] as const;

describe("a conditional write whose answer is lost", () => {
  it.each(lostAnswers)("finds its own row after an insert (%j)", async (how) => {
    const row = aRow();
    world.faults.add({ route: "tables.insert", when: "after", nth: 1, ...how });
    expect(await table.writeConditional(row, null, call)).toEqual({ kind: "written", etag: await etagOf(row) });
  });

  it.each(lostAnswers)("finds its own row after a replacement (%j)", async (how) => {
    const { row, etag } = await inserted();
    world.faults.add({ route: "tables.update", when: "after", nth: 1, ...how });
    const written = await table.writeConditional({ ...row, text: "second" }, etag, call);
    expect(written).toEqual({ kind: "written", etag: await etagOf(row) });
    expect(await table.read(row, call)).toMatchObject({ text: "second" });
  });

  it("finds its own row even if no attempt is answered", async () => {
    const { row, etag } = await inserted();
    world.faults.add({ route: "tables.update", when: "after", kind: "resetBeforeAnswer" });
    const written = await table.writeConditional({ ...row, text: "second" }, etag, call);
    expect(written).toEqual({ kind: "written", etag: await etagOf(row) });
  });

  it("is transient when the row cannot be read back either", async () => {
    const { row, etag } = await inserted();
    world.faults.add({ route: "tables.update", when: "after", kind: "resetBeforeAnswer" });
    world.faults.add({ route: "tables.get", when: "before", kind: "status", status: 500 });
    await expect(table.writeConditional(row, etag, call)).rejects.toThrow(TransientServiceError);
  });
});

describe("a conditional write that is not applied", () => {
  it("is transient, and stores no row", async () => {
    const row = aRow();
    world.faults.add({ route: "tables.insert", when: "before", kind: "resetBeforeAnswer" });
    await expect(table.writeConditional(row, null, call)).rejects.toThrow(TransientServiceError);
    expect(await table.read(row, call)).toBeNull();
  });

  it("is transient, and does not change the row", async () => {
    const { row, etag } = await inserted();
    world.faults.add({ route: "tables.update", when: "before", kind: "status", status: 500 });
    await expect(table.writeConditional({ ...row, text: "second" }, etag, call)).rejects.toThrow(TransientServiceError);
    expect(await table.read(row, call)).toMatchObject({ etag, text: "first" });
  });

  it("needs an operator if the service refuses it permanently", async () => {
    world.faults.add({ route: "tables.insert", when: "before", kind: "status", status: 403 });
    await expect(table.writeConditional(aRow(), null, call)).rejects.toThrow(OperatorNeededError);
  });
});

describe("a conditional write after another writer", () => {
  it("conflicts with an inserted row", async () => {
    const { row, etag } = await inserted();
    expect(await table.writeConditional({ ...row, text: "mine" }, null, call)).toMatchObject({
      kind: "conflict",
      found: { etag, text: "first" },
    });
  });

  it.each(["refused", "lost"] as const)("conflicts with the row that another writer has replaced (%s)", async (how) => {
    const { row, etag } = await inserted();
    await table.writeConditional({ ...row, text: "theirs" }, etag, call);
    if (how === "lost") world.faults.add({ route: "tables.update", when: "before", kind: "status", status: 500 });
    expect(await table.writeConditional({ ...row, text: "mine" }, etag, call)).toMatchObject({
      kind: "conflict",
      found: { text: "theirs" },
    });
  });

  it("conflicts with a deleted row", async () => {
    const { row, etag } = await inserted();
    await table.remove(row, call);
    expect(await table.writeConditional(row, etag, call)).toEqual({ kind: "conflict", found: null });
  });
});

describe("an insert", () => {
  it("counts as written if a row with its id exists", async () => {
    const row = { ...aRow(), id: "event-1" };
    const first = await table.insertOnce(row, call);
    expect(await table.insertOnce(row, call)).toEqual(first);
  });

  it("conflicts with a row of another id", async () => {
    const row = aRow();
    await table.insertOnce({ ...row, id: "event-1" }, call);
    expect(await table.insertOnce({ ...row, id: "event-2" }, call)).toMatchObject({
      kind: "conflict",
      found: { id: "event-1" },
    });
  });
});
