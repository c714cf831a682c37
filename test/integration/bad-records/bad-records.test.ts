import { minutes } from "../../builders/time";
import { TableClient } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { type Demanded, rotateOnDemand } from "../../../lib/operations/rotate-on-demand";
import { readStatus } from "../../../lib/operations/status/read-status";
import { Ticker } from "../../../lib/operations/tick/tick";
import { type Azurite, startAzurite } from "../../emulators/azurite";
import { Consumer } from "../matrix/consumer";
import { type Lane, openLane } from "../matrix/lane";
import { makeApp, placeAccount, type Subject } from "../matrix/subject";
import { newCredential } from "../matrix/tokens";

interface Row {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly [column: string]: unknown;
}

let azurite: Azurite;
let lane: Lane;
let credential: TokenCredential;
let pairs = 0;

beforeAll(async () => {
  azurite = await startAzurite();
  lane = await openLane("1", azurite.port);
  Object.assign(process.env, lane.emulators.env);
  credential = newCredential(lane.emulators.env);
});
afterAll(async () => {
  await lane.close();
  await azurite.stop();
});

/** Two accounts of one app, both at the gate of a rotation, which the next signal of their consumers opens. */
const twoAtTheGate = async () => {
  pairs += 1;
  const tablePrefix = `Bad${pairs}`;
  const accounts = [placeAccount(lane, `bad${pairs}`), placeAccount(lane, `good${pairs}`)] as const;
  const made = makeApp({ lane, credential, tablePrefix, accounts });
  const member = (config: (typeof accounts)[number]) => {
    const subject: Subject = { ...made, config, tablePrefix, batchAccount: config.name };
    return { config, consumer: new Consumer(lane, subject), keys: () => lane.emulators.batch.keys(config.name) };
  };
  const [bad, good] = [member(accounts[0]), member(accounts[1])];
  const ticker = new Ticker(made.app);
  /** One round of all that could advance an account: its consumer's signal, then a tick. */
  const round = async (): Promise<void> => {
    for (const { consumer } of [bad, good]) {
      lane.clock.advance(1_000);
      consumer.refresh();
      await consumer.signal().catch(() => undefined);
    }
    await ticker.tick();
  };
  const demand = ({ config }: typeof bad): Promise<Demanded> =>
    rotateOnDemand(made.app, config, {
      reason: "the test asks",
      retireAfterMs: null,
      idempotencyKey: null,
      by: "operator:ada",
    });
  const status = ({ config }: typeof bad) => readStatus(made.app, config);

  await ticker.tick();
  await round();
  await demand(bad);
  await demand(good);
  const rows = TableClient.fromConnectionString(azurite.connectionString, `${tablePrefix}Rotations`, {
    allowInsecureConnection: true,
  });
  const read = (): Promise<Row> => rows.getEntity<Row>(bad.config.name, "rotation");
  return { ...made, bad, good, round, tick: () => ticker.tick(), demand, status, rows, read };
};

const phaseOf = async (pair: Awaited<ReturnType<typeof twoAtTheGate>>, which: "bad" | "good") =>
  (await pair.status(pair[which])).phase;

/** The columns of the record with changed JSON. */
const withJson = (row: Row, change: (json: string) => string): Row => ({
  ...row,
  record: change(String(row["record"])),
});

const key = ({ partitionKey, rowKey }: Row): Row => ({ partitionKey, rowKey });

const endlessClaim = {
  id: "x",
  by: "schedule",
  takenAt: "2026-01-01T00:00:00.000Z",
  until: "9999-12-31T23:59:59.999Z",
  intent: null,
};

/** One that cannot be parsed, and one with unusable content. `rotation-row.test.ts` has all the others. */
const badRows: readonly (readonly [string, (row: Row) => Row, RegExp])[] = [
  ["a half-written record", (row) => withJson(row, (json) => json.slice(0, json.length / 2)), /not whole/],
  [
    "a claim that never expires",
    (row) => withJson(row, (json) => json.replace('"claim":null', `"claim":${JSON.stringify(endlessClaim)}`)),
    /claim lasts until 9999-12-31/,
  ],
];

describe.each(badRows)("%s", (_, damage, remedy) => {
  it("blocks only its account, with the remedy, and no key of it is regenerated", async () => {
    const pair = await twoAtTheGate();
    const whole = await pair.read();
    expect([await phaseOf(pair, "bad"), await phaseOf(pair, "good")]).toEqual(["published", "published"]);
    const { etag: _etag, timestamp: _timestamp, ...columns } = whole;
    await pair.rows.updateEntity(damage(columns), "Replace");
    const damaged = await pair.read();
    const keys = pair.bad.keys();
    const versions = lane.vault.versions(pair.bad.config.secret.name);
    for (let rounds = 0; rounds < 3; rounds += 1) {
      lane.clock.advance(minutes(10));
      await pair.round();
    }

    const { blocked } = await pair.status(pair.bad);
    expect(blocked?.reason).toBe("RecordCorrupt");
    expect(blocked?.remedy).toMatch(remedy);
    expect(blocked?.remedy).toContain(`PartitionKey ${pair.bad.config.name}`);
    expect(pair.logged.filter((line) => line.includes('"RecordCorrupt"')).length).toBeGreaterThanOrEqual(3);
    expect(pair.bad.keys()).toEqual(keys);
    expect(lane.vault.versions(pair.bad.config.secret.name)).toEqual(versions);
    expect(await pair.read()).toEqual(damaged);
    await expect(pair.demand(pair.bad)).rejects.toMatchObject({ name: "CorruptRecordError" });
    expect(await pair.status(pair.good)).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });

    await pair.rows.updateEntity(columns, "Replace");
    await pair.round();
    await pair.round();
    expect(await pair.status(pair.bad)).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
  });
});

it("advances an account with a complete record beside foreign columns of 64 KiB", async () => {
  const pair = await twoAtTheGate();
  const { partitionKey, rowKey } = await pair.read();
  await pair.rows.updateEntity({ partitionKey, rowKey, note: "x".repeat(32_000), remark: "y".repeat(32_000) }, "Merge");
  await pair.round();
  expect(await pair.status(pair.bad)).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
});

it("adopts an account again after its bad row was deleted, without a regenerate before all apps confirm", async () => {
  const pair = await twoAtTheGate();
  const row = await pair.read();
  const keys = pair.bad.keys();
  await pair.rows.updateEntity({ ...key(row), schema: 99 }, "Replace");
  await pair.rows.deleteEntity(row.partitionKey, row.rowKey);
  await pair.tick();
  expect(await pair.status(pair.bad)).toMatchObject({ phase: "adopting", activeSlot: "secondary" });
  await pair.round();
  expect(await pair.status(pair.bad)).toMatchObject({ phase: "idle", blocked: null });
  expect(pair.bad.keys()).toEqual(keys);
});
