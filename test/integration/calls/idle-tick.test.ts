import { concurrently } from "../../../lib/concurrently";
import { configurationHash } from "../../../lib/rotation/configuration-hash";
import { nextLook } from "../../../lib/rotation/next-look";
import { anAccount } from "../../builders/account";
import { aDrivingConfiguration, aRecord } from "../../builders/record";
import { minutes } from "../../builders/time";
import { openTablesWorld, type TablesWorld } from "../../contracts/azure/tables-world";
import { startProcess } from "../../fakes/world/start-process";
import { aWorld } from "../../rig/rig";

let tables: TablesWorld;
beforeAll(async () => {
  tables = await openTablesWorld();
});
afterAll(() => tables.close());

const call = { signal: new AbortController().signal };

/** The tables' requests of one run. */
const requestsOf = async (run: () => Promise<unknown>): Promise<number> => {
  const before = tables.journal.countOf("tables");
  await run();
  return tables.journal.countOf("tables") - before;
};

/** Two pages. With one request for each page, 10,000 accounts may cost 14 requests, and 100,000 may cost 110. */
test("a tick over 1,050 idle accounts costs a request for each thousand of them, and four more at most", async () => {
  const world = aWorld();
  const accounts = Array.from({ length: 1_050 }, (_, index) =>
    anAccount({ name: `account-${index}`, reconcileEveryMs: minutes(180) }),
  );
  const now = world.clock.now();
  await concurrently(accounts, 32, async (config) => {
    const configuration = aDrivingConfiguration({ hash: configurationHash(config) });
    const record = aRecord({ account: config.name, configuration, reconciledAt: now.toISOString() });
    await tables.rotations.insert(record, { ...call, look: nextLook(record, config, now), attention: "" });
  });
  const { rotations, ticks, notices, signals, history } = tables;
  const { ticker } = startProcess(world, accounts, { ports: { rotations, ticks, notices, signals, history } });

  // Once an hour it reads the whole records, and writes that it did.
  expect(await requestsOf(() => ticker.tick())).toBe(2 + 3);
  world.clock.advance(minutes(5));
  expect(await requestsOf(() => ticker.tick())).toBe(2 + 1);
  expect(await ticker.tick()).toMatchObject({ accounts: 1_050, moved: 0, waiting: 0, failed: 0, outcome: "good" });
});
