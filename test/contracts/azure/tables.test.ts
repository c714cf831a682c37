import { historyContract } from "../suites/history-suite";
import { noticesContract } from "../suites/notices-suite";
import { rotationsContract } from "../suites/rotations-suite";
import { signalsContract } from "../suites/signals-suite";
import { openTablesWorld } from "./tables-world";

const call = { signal: new AbortController().signal };

rotationsContract("Azure Tables", openTablesWorld);

noticesContract("Azure Tables", openTablesWorld);

signalsContract("Azure Tables", openTablesWorld);

historyContract("Azure Tables", async () => {
  const world = await openTablesWorld();
  return {
    history: world.history,
    close: () => world.close(),
    events: async (account) => (await world.history.page(account, { limit: 1000, before: null }, call)).events,
  };
});
