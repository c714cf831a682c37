import { SignalTable } from "../../../lib/azure/tables/signal-table";
import type { InstanceReport } from "../../../lib/rotation/gate/signals";
import { nothingSeen, type Sight } from "../../../lib/rotation/gate/sightings";
import { aReport } from "../../builders/report";
import { anAppServiceSeen, aReadersSeen } from "../../builders/sight";
import { v2 } from "../../builders/state";
import { at } from "../../builders/time";
import { openTablesWorld, type TablesWorld } from "./tables-world";

const call = { signal: new AbortController().signal };

let world: TablesWorld;
let accounts = 0;
const anAccount = (): string => `account-${(accounts += 1)}`;

beforeAll(async () => {
  world = await openTablesWorld();
});
afterEach(() => world.faults.clear());
afterAll(() => world.close());

/** A row as version 0.1.0 wrote it: `latestSignedAt` is the instant of an unsigned signal as well. */
const oldRow = (account: string, changes: Readonly<Record<string, string | boolean>> = {}) => ({
  partitionKey: account,
  rowKey: "render-api:vm-1",
  schema: 1,
  consumer: "render-api",
  instance: "vm-1",
  at: at("10:10"),
  latestSignedAt: at("10:10"),
  receivedAt: at("10:10"),
  secretVersion: v2,
  healthy: true,
  proven: false,
  goodSince: at("10:01"),
  joinedHealthy: false,
  ...changes,
});

const read = async (row: ReturnType<typeof oldRow>) => {
  await world.tables.signals.writeConditional(row, null, call);
  return (await world.signals.list(row.partitionKey, call)).reports;
};

describe("a row of version 0.1.0", () => {
  it("of an instance that does not sign has signed nothing", async () => {
    expect(await read(oldRow(anAccount()))).toEqual([aReport()]);
  });

  it("of an instance that signs keeps the latest instant that it has signed", async () => {
    const signs = { proven: true, provenSince: at("10:02"), latestSignedAt: at("10:14") };
    expect(await read(oldRow(anAccount(), signs))).toEqual([aReport(signs)]);
  });
});

test("a report that comes back after the rows were read is not removed", async () => {
  const account = anAccount();
  const put = (report: InstanceReport) =>
    world.signals.update(account, "render-api", report.instance, () => ({ accepted: true, report }), call);
  await put(aReport());
  await put(aReport({ instance: "vm-2" }));
  const again = aReport({ at: "2026-11-22T11:00:00.000Z" });
  const { signals } = world.tables;
  const list = signals.list.bind(signals);
  const spy = jest.spyOn(signals, "list").mockImplementationOnce(async (...query) => {
    const rows = await list(...query);
    await put(again);
    return rows;
  });
  await world.signals.removeOver(account, () => true, 10, call);
  spy.mockRestore();
  expect((await world.signals.list(account, call)).reports).toEqual([again]);
});

test("a signal is merged into what is stored, without a read unless another process wrote it", async () => {
  const account = anAccount();
  const other = new SignalTable(world.tables.signals);
  const add = (signals: SignalTable, part: string) =>
    signals.update(
      account,
      "render-api",
      "vm-1",
      (known) => ({ accepted: true, report: aReport({ detail: `${known?.detail ?? ""}${part}` }) }),
      call,
    );
  await add(world.signals, "a");
  const before = world.journal.count("tables.get");
  await add(world.signals, "b");
  expect(world.journal.count("tables.get")).toBe(before);
  await add(other, "c");
  await add(world.signals, "d");
  await add(other, "e");
  expect((await world.signals.list(account, call)).reports.map(({ detail }) => detail)).toEqual(["abcde"]);
});

test("a signal that changes nothing is compared with what is stored now", async () => {
  const account = anAccount();
  const put = (signals: SignalTable, report: InstanceReport) =>
    signals.update(account, "render-api", "vm-1", () => ({ accepted: true, report }), call);
  await put(world.signals, aReport());
  const newer = aReport({ at: "2026-11-22T11:00:00.000Z" });
  await put(new SignalTable(world.tables.signals), newer);
  const seen: (InstanceReport | null)[] = [];
  const ignore = (known: InstanceReport | null) => {
    seen.push(known);
    return { accepted: false, report: known ?? aReport() };
  };
  expect(await world.signals.update(account, "render-api", "vm-1", ignore, call)).toEqual({ accepted: false });
  expect(seen.at(-1)).toEqual(newer);
});

test("a removal whose answer is lost is done", async () => {
  const account = anAccount();
  await read(oldRow(account));
  world.faults.add({ route: "tables.delete", when: "after", kind: "resetBeforeAnswer", nth: 1 });
  await world.signals.removeOver(account, () => true, 10, call);
  expect(await world.signals.list(account, call)).toEqual(nothingSeen);
});

test("a row whose unsigned report cannot be read stands for an unhealthy instance", async () => {
  const [report] = await read(oldRow(anAccount(), { unsignedAt: "yesterday" }));
  expect(report).toMatchObject({ instance: "vm-1", healthy: false, secretVersion: "unknown" });
});

test.each([
  ["is not JSON", { sight: "{" }],
  ["lacks a member", { sight: JSON.stringify({ kind: "readers", readers: [] }) }],
  ["is of another consumer", { sight: JSON.stringify(anAppServiceSeen()) }],
])("a sight that %s counts as never seen, and the next one replaces it", async (_, columns) => {
  const account = anAccount();
  const key = { partitionKey: account, rowKey: "(sight):readers" };
  await world.tables.signals.writeConditional({ ...key, schema: 1, ...columns }, null, call);
  expect(await world.signals.list(account, call)).toEqual(nothingSeen);
  const sight: Sight = aReadersSeen();
  const seen: (Sight | null)[] = [];
  const replace = (known: Sight | null) => {
    seen.push(known);
    return sight;
  };
  await world.signals.updateSight(account, "readers", replace, call);
  expect(seen).toEqual([null]);
  expect((await world.signals.list(account, call)).readers).toEqual(sight);
});
