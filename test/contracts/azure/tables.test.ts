import { DiscoveryTable } from "../../../lib/azure/tables/discovery-table";
import { FormSecretTable } from "../../../lib/azure/tables/form-secret-table";
import { discoveriesContract } from "../suites/discoveries-suite";
import { formSecretContract } from "../suites/form-secret-suite";
import { historyContract } from "../suites/history-suite";
import { noticesContract } from "../suites/notices-suite";
import { rotationsContract } from "../suites/rotations-suite";
import { signalsContract } from "../suites/signals-suite";
import { ticksContract } from "../suites/ticks-suite";
import { openTablesWorld } from "./tables-world";

rotationsContract("Azure Tables", openTablesWorld);

ticksContract("Azure Tables", openTablesWorld);

noticesContract("Azure Tables", openTablesWorld);

discoveriesContract("Azure Tables", async () => {
  const world = await openTablesWorld();
  return { discoveries: new DiscoveryTable(world.tables.rotations), close: () => world.close() };
});

signalsContract("Azure Tables", openTablesWorld);

historyContract("Azure Tables", openTablesWorld);

formSecretContract("Azure Tables", async () => {
  const world = await openTablesWorld();
  return { open: () => new FormSecretTable(world.tables.rotations), close: () => world.close() };
});

test("a row that holds no secret of forms is replaced", async () => {
  const world = await openTablesWorld();
  try {
    const { rotations } = world.tables;
    const call = { signal: new AbortController().signal };
    await rotations.writeConditional({ partitionKey: "Page", rowKey: "formSecret", secret: "short" }, null, call);
    const made = await new FormSecretTable(rotations).read(call);
    expect(made).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await new FormSecretTable(rotations).read(call)).toBe(made);
  } finally {
    await world.close();
  }
});
