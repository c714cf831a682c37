import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableClient } from "@azure/data-tables";
import { type Azurite, startAzurite } from "../../emulators/azurite";
import { Faults } from "../../emulators/faults";
import { Journal } from "../../emulators/journal";
import { startTableProxy, type TableProxy } from "../../emulators/table-proxy";
import { failureOf } from "./clients";
import { words } from "../../builders/words";

let azurite: Azurite;
let proxy: TableProxy;
let folder: string;
const [faults, journal] = [new Faults(), new Journal()];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "azurite-"));
  azurite = await startAzurite({ folder });
  proxy = await startTableProxy({ targetPort: azurite.port, faults, journal });
});

afterAll(async () => {
  journal.assertSound();
  await proxy.close();
  await azurite.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  faults.clear();
  journal.clear();
});

let counter = 0;
const aTable = async (maxRetries = 0): Promise<TableClient> => {
  counter += 1;
  const client = TableClient.fromConnectionString(proxy.connectionString, `Table${counter}`, {
    allowInsecureConnection: true,
    retryOptions: { maxRetries, retryDelayInMs: 1 },
  });
  await client.createTable();
  return client;
};

const row = (value: number) => ({ partitionKey: "p", rowKey: "r", value });
const valueIn = async (table: TableClient): Promise<unknown> => (await table.getEntity("p", "r"))["value"];

it("names every kind of request", async () => {
  const table = await aTable();
  await table.createEntity(row(1));
  await table.updateEntity(row(2), "Replace");
  await table.updateEntity(row(3), "Merge");
  await table.getEntity("p", "r");
  await table.listEntities().next();
  await table.deleteEntity("p", "r");
  await table.submitTransaction([
    ["create", row(1)],
    ["create", { ...row(2), rowKey: "s" }],
  ]);
  expect(journal.of("tables.batch")).toMatchObject([{ subject: `Table${counter}`, status: 202, effect: "applied" }]);
  expect(journal.entries.map(({ route }) => route)).toEqual(
    words(`
      tables.createTable tables.insert tables.update tables.merge tables.get tables.query tables.delete tables.batch
    `),
  );
  expect(journal.of("tables.update")).toMatchObject([{ subject: `Table${counter}`, status: 204, effect: "applied" }]);
});

it("reproduces the false conflict after a lost answer: the SDK repeats the insert and gets a 409", async () => {
  const table = await aTable(3);
  faults.add({ route: "tables.insert", when: "after", kind: "resetBeforeAnswer", nth: 1 });
  expect(await failureOf(table.createEntity(row(1)))).toMatchObject({ statusCode: 409 });
  expect(journal.of("tables.insert").map(({ status }) => status)).toEqual([null, 409]);
  expect(new Set(journal.of("tables.insert").map(({ clientRequestId }) => clientRequestId)).size).toBe(1);
  expect(await valueIn(table)).toBe(1);
});

it("applies a late write when the test triggers it", async () => {
  const table = await aTable();
  await table.createEntity(row(1));
  faults.add({ route: "tables.merge", when: "before", kind: "status", status: 500, late: 60_000 });
  await failureOf(table.updateEntity(row(2), "Merge"));
  const inBetween = await valueIn(table);
  await faults.applyLate();
  expect(inBetween).toBe(1);
  expect(await valueIn(table)).toBe(2);
});

it("closes connections while Azurite is down, and has the same rows after a restart", async () => {
  const table = await aTable();
  await table.createEntity(row(7));
  await azurite.stop();
  const failure = await failureOf(table.getEntity("p", "r"));
  await azurite.restart();
  expect(failure).toMatchObject({ code: "ECONNRESET" });
  expect(await valueIn(table)).toBe(7);
});
