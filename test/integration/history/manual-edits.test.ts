import { readHistory } from "../../../lib/history/read-history";
import { type Row, StoredHistory, type StoredPlace } from "./stored-history";
import { words } from "../../builders/words";

let tables: StoredHistory;
let place: StoredPlace;
let rows: readonly Row[];

beforeAll(async () => {
  tables = await StoredHistory.open();
  place = await tables.rotated();
  rows = await place.rows();
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const row of await place.rows()) await place.remove(row);
  for (const row of rows) await place.put(row);
});
afterAll(() => tables.close());

const rowOf = (sequence: number): Row => {
  const row = rows[sequence - 1];
  if (row === undefined) throw new Error(`there is no row ${sequence}`);
  return row;
};

it("an unaltered history of a rotation has no problems", async () => {
  expect(await place.verified()).toEqual({ account: "account-1", intact: true, events: 6, problems: [] });
  expect((await place.storedEvents()).map(({ event }) => event)).toEqual(
    words("Adopted RotationStarted KeyRegenerated KeyPublished KeyRetired RotationCompleted"),
  );
});

const altered = "is not as it was written";
const unreadable = /^\d+ the history row \d{16} cannot be read: fix or delete that row$/;

it.each([
  ["id", "01JDF0000000000000000OTHER"],
  ["at", "2026-11-24T10:00:00.001Z"],
  ["event", "Approved"],
  ["account", "account-2"],
  ["detail", "nothing happened"],
  ["by", "operator:mallory"],
  ["rotationId", "01JDF0000000000000000OTHER"],
  ["reason", "Forbidden"],
  ["evidence", '{"slot":"primary"}'],
])("a row whose column %s was edited manually is reported", async (column, value) => {
  for (const sequence of [1, 4, 6]) {
    await place.put({ ...rowOf(sequence), [column]: value });
    expect(await place.problems()).toEqual([`${sequence} ${altered}`]);
    await place.put(rowOf(sequence));
  }
});

it.each(["rotationId", "evidence"])("a row whose column %s was removed is reported", async (column) => {
  const { [column]: _gone, ...rest } = rowOf(4);
  await place.put({ ...rest, partitionKey: rowOf(4).partitionKey, rowKey: rowOf(4).rowKey });
  expect(await place.problems()).toEqual([`4 ${altered}`]);
});

it.each([
  ["at", "yesterday"],
  ["event", "SomethingElse"],
  ["evidence", "{"],
  ["evidence", 7],
  ["sequence", "5"],
  ["id", ""],
  ["by", ""],
  ["schema", 2],
])("a row whose column %s has an invalid value (%s) is reported, and the others are checked", async (column, value) => {
  await place.put({ ...rowOf(4), [column]: value });
  await place.put({ ...rowOf(2), detail: "nothing happened" });
  const problems = await place.problems();
  expect(problems).toEqual([`2 ${altered}`, expect.stringMatching(unreadable)]);
  expect(problems[1]).toContain(`4 the history row ${rowOf(4).rowKey}`);
});

it("two exchanged rows are both reported", async () => {
  await place.put({ ...rowOf(3), rowKey: rowOf(4).rowKey });
  await place.put({ ...rowOf(4), rowKey: rowOf(3).rowKey });
  expect(await place.problems()).toEqual([
    expect.stringMatching(/^3 .*cannot be read/),
    expect.stringMatching(/^4 .*cannot be read/),
  ]);
});

describe("a manually added row", () => {
  it("before the first is reported", async () => {
    const rowKey = String(Number.MAX_SAFE_INTEGER);
    await place.put({ ...rowOf(1), rowKey, sequence: "0" });
    expect(await place.problems()).toEqual([expect.stringMatching(/^0 .*cannot be read/)]);
  });

  it.each(["zzz", "0", "09007199254740988", "9007199254740987x"])(
    "under another key (%s) is reported",
    async (rowKey) => {
      await place.put({ ...rowOf(4), rowKey });
      expect((await place.verified()).problems).toEqual([
        { sequence: null, id: null, problem: `the history row ${rowKey} cannot be read: fix or delete that row` },
      ]);
    },
  );
});

const unreadableRow = (key: string) => `the history row ${key} cannot be read: fix or delete that row`;

test.each([1, 2, 3, 50])(
  "the history for operators reports unreadable rows, and shows all others, in pages of %i",
  async (limit) => {
    await place.put({ ...rowOf(4), at: "yesterday" });
    for (const rowKey of ["!", "0", "09007199254740988", "zzz"]) await place.put({ ...rowOf(3), rowKey });
    const shown: string[] = [];
    const named: string[] = [];
    for (let before: number | null = null; ; ) {
      const page: Awaited<ReturnType<typeof readHistory>> = await readHistory(place.rig.app, place.config, {
        limit,
        before,
      });
      shown.push(...page.events.map(({ event }) => event));
      named.push(...(page.unreadable ?? []).map(({ sequence, problem }) => `${sequence} ${problem}`));
      expect(page.events.length).toBeLessThanOrEqual(limit);
      if (page.next === null) break;
      before = Number(page.next);
    }
    expect(shown).toEqual(["RotationCompleted", "KeyRetired", "KeyRegenerated", "RotationStarted", "Adopted"]);
    expect(new Set(named)).toEqual(
      new Set([
        `4 ${unreadableRow(rowOf(4).rowKey)}`,
        ...["!", "0", "09007199254740988", "zzz"].map((key) => `null ${unreadableRow(key)}`),
      ]),
    );
  },
);
