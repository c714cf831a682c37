import { anEvent } from "../suites/records";
import { openTablesWorld, type TablesWorld } from "./tables-world";

const call = { signal: new AbortController().signal };

let world: TablesWorld;
beforeAll(async () => {
  world = await openTablesWorld();
});
afterAll(() => world.close());

test("the history holds a hundred confirmations of instances with the longest names", async () => {
  const confirmations = Array.from({ length: 100 }, (_, index) => ({
    consumer: "c".repeat(64),
    instance: String(index).padStart(128, "i"),
    at: "2026-11-22T10:00:00.000Z",
    secretVersion: "a".repeat(32),
    healthy: true,
    proven: false,
  }));
  const override = "“".repeat(2_000);
  const event = anEvent(1, { account: "long-weu", evidence: { override, confirmations } });
  await world.history.append([event], call);
  const { events } = await world.history.page("long-weu", { limit: 10, before: null }, call);
  expect(events).toEqual([event]);
});
