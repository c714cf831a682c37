import { DiscoveryTable } from "../../../lib/azure/tables/discovery-table";
import { discoveriesContract } from "../suites/discoveries-suite";
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
