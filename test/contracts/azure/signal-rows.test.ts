import { aReport } from "../suites/signals-suite";
import { openTablesWorld, type TablesWorld } from "./tables-world";

const call = { signal: new AbortController().signal };

let world: TablesWorld;
let accounts = 0;
const anAccount = (): string => `account-${(accounts += 1)}`;

beforeAll(async () => {
  world = await openTablesWorld();
});
afterAll(() => world.close());

/** A row as version 0.1.0 wrote it: `latestSignedAt` is the instant of an unsigned signal as well. */
const oldRow = (account: string, changes: Readonly<Record<string, string | boolean>> = {}) => ({
  partitionKey: account,
  rowKey: "render-api:vm-1",
  schema: 1,
  consumer: "render-api",
  instance: "vm-1",
  at: "2026-11-22T10:00:00.000Z",
  latestSignedAt: "2026-11-22T10:00:00.000Z",
  receivedAt: "2026-11-22T10:00:01.000Z",
  secretVersion: "a".repeat(32),
  healthy: true,
  proven: false,
  goodSince: "2026-11-22T09:00:00.000Z",
  joinedHealthy: false,
  ...changes,
});

const read = async (row: ReturnType<typeof oldRow>) => {
  await world.tables.signals.writeConditional(row, null, call);
  return world.signals.list(row.partitionKey, call);
};

describe("a row of version 0.1.0", () => {
  it("of an instance that does not sign has signed nothing", async () => {
    expect(await read(oldRow(anAccount()))).toEqual([aReport()]);
  });

  it("of an instance that signs keeps the latest instant that it has signed", async () => {
    const row = oldRow(anAccount(), {
      proven: true,
      provenSince: "2026-11-22T09:30:00.000Z",
      latestSignedAt: "2026-11-22T10:04:00.000Z",
    });
    expect(await read(row)).toEqual([
      aReport({ proven: true, provenSince: "2026-11-22T09:30:00.000Z", latestSignedAt: "2026-11-22T10:04:00.000Z" }),
    ]);
  });
});

test("a row whose unsigned report cannot be read stands for an unhealthy instance", async () => {
  const [report] = await read(oldRow(anAccount(), { unsignedAt: "yesterday" }));
  expect(report).toMatchObject({ instance: "vm-1", healthy: false, secretVersion: "unknown" });
});
