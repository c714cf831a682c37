import { TableClient } from "@azure/data-tables";
import { RotationTable } from "../../../lib/azure/tables/rotation-table";
import { aLook } from "../../builders/look";
import { aRecord } from "../../builders/record";
import { openTablesWorld, type TablesWorld } from "./tables-world";

const call = { signal: new AbortController().signal, look: aLook(), attention: "" };
const idOf = (index: number): string => `${aRecord().resourceId}-${index}`;

let world: TablesWorld;
beforeAll(async () => {
  world = await openTablesWorld();
  for (let index = 0; index < 30; index++)
    await world.rotations.insert(aRecord({ account: `account-${index}`, resourceId: idOf(index) }), call);
});
beforeEach(() => world.proxy.pages.reset());
afterAll(() => world.close());

describe("the records of a Batch account", () => {
  it("are found in one request, however many others there are, once a process has read all", async () => {
    const rotations = new RotationTable(world.tables.rotations);
    Object.assign(world.proxy.pages, { maxRows: 10 });
    expect(await rotations.ofBatchAccount(idOf(7), call)).toEqual(["account-7"]);
    expect(world.proxy.pages.asked).toBe(4);
    world.proxy.pages.asked = 0;
    expect(await rotations.ofBatchAccount(idOf(100), call)).toEqual([]);
    expect(await rotations.ofBatchAccount(idOf(8), call)).toEqual(["account-8"]);
    expect(world.proxy.pages.asked).toBe(2);
  });

  it("are found in rows of an older release, which do not name it in a column", async () => {
    const client = TableClient.fromConnectionString(world.proxy.connectionString, "BatchKeyRotations", {
      allowInsecureConnection: true,
    });
    const {
      resource: _,
      etag: _etag,
      timestamp: _at,
      ...older
    } = await client.getEntity<{
      partitionKey: string;
      rowKey: string;
      resource?: string;
    }>("account-9", "rotation");
    await client.updateEntity(older, "Replace");
    const rotations = new RotationTable(world.tables.rotations);
    expect(await rotations.ofBatchAccount(idOf(9), call)).toEqual(["account-9"]);
    expect(await rotations.ofBatchAccount(idOf(9), call)).toEqual(["account-9"]);
  });

  it("are those whose record names it: a column that was edited decides nothing", async () => {
    const client = TableClient.fromConnectionString(world.proxy.connectionString, "BatchKeyRotations", {
      allowInsecureConnection: true,
    });
    await client.updateEntity(
      { partitionKey: "account-3", rowKey: "rotation", resource: idOf(4).toLowerCase() },
      "Merge",
    );
    expect(await world.rotations.ofBatchAccount(idOf(4), call)).toEqual(["account-4"]);
  });
});
