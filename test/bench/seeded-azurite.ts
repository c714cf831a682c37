import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import path from "node:path";
import { RotationTable } from "../../lib/azure/tables/rotation-table";
import { toRow } from "../../lib/azure/tables/rows/rotation-row";
import { openTables } from "../../lib/azure/tables/tables";
import { nextLook } from "../../lib/rotation/next-look";
import { systemClock, UlidIds } from "../../lib/system";
import { type Azurite, startAzurite } from "../emulators/azurite";
import { foundConfigs, storeFound } from "./found-fleet";
import { attentionIn, configsOf, type Seeding } from "./seeded-records";

/** A row as Azurite keeps it. */
interface Kept {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly $loki: number;
}

interface Collection {
  readonly name: string;
  readonly data: readonly Kept[];
}

interface Database {
  readonly collections: readonly Collection[];
}

const storageAt = ({ connectionString }: Azurite) =>
  ({ kind: "connectionString", connectionString, allowInsecureConnection: true }) as const;

/**
 * An Azurite whose table of records holds one for each configured account, or for as many as a tag has found. A hundred
 * thousand inserts take minutes: so the first is written through the app's own adapter, and the others are put beside
 * it in the file of Azurite.
 */
export const startSeededAzurite = async (
  folder: string,
  {
    prefix,
    env,
    file,
    stop,
    recordOf,
    found = null,
  }: Omit<Seeding, "connectionString"> & { readonly found?: number | null },
): Promise<Azurite> => {
  const now = new Date();
  const [first, ...others] = found === null ? configsOf(env, file, now) : foundConfigs(found, env, now);
  const azurite = await startAzurite({ folder });
  if (first === undefined) return azurite;
  const ids = new UlidIds(systemClock);
  const record = recordOf(first, now);
  const options = { signal: stop, look: nextLook(record, first, now), attention: attentionIn(record, first, now) };
  await new RotationTable(openTables(storageAt(azurite), prefix, ids).rotations).insert(record, options);
  if (found !== null) await storeFound({ connectionString: azurite.connectionString, prefix }, found, now);
  await azurite.stop();
  const rowOf = (index: number): Readonly<Record<string, unknown>> => {
    const config = others[index];
    if (config === undefined) throw new Error(`there is no account ${index}`);
    const each = recordOf(config, now);
    const row = toRow(each, nextLook(each, config, now), attentionIn(each, config, now));
    const { partitionKey, rowKey, ...columns } = row;
    return { PartitionKey: partitionKey, RowKey: rowKey, ...columns, writeId: ids.next() };
  };
  addRows(folder, `${prefix}Rotations`, others.length, rowOf);
  stop.throwIfAborted();
  await azurite.restart();
  return azurite;
};

/** Puts this many rows behind those of this table. */
const addRows = (
  folder: string,
  table: string,
  count: number,
  rowOf: (index: number) => Readonly<Record<string, unknown>>,
): void => {
  const name = readdirSync(folder).find((each) => each.includes("table"));
  if (name === undefined) throw new Error("Azurite has kept no tables");
  const database: Database = JSON.parse(readFileSync(path.join(folder, name), "utf8"));
  const place = "the rows";
  const withPlace = database.collections.map((each) =>
    each.name.endsWith(`$${table}`)
      ? { ...each, data: [place], binaryIndices: {}, maxId: each.data.length + count }
      : each,
  );
  const kept = database.collections.find((each) => each.name.endsWith(`$${table}`))?.data ?? [];
  const [first] = kept;
  if (first === undefined) throw new Error(`Azurite has kept no row of ${table}`);
  const [before = "", after = ""] = JSON.stringify({ ...database, collections: withPlace }).split(
    JSON.stringify(place),
  );
  const target = openSync(path.join(folder, name), "w");
  writeSync(target, before + kept.map((each) => JSON.stringify(each)).join());
  for (let index = 0; index < count; index++) {
    const row = rowOf(index);
    const properties = { ...first.properties, ...row };
    writeSync(
      target,
      `,${JSON.stringify({ ...first, PartitionKey: row["PartitionKey"], properties, $loki: kept.length + index + 1 })}`,
    );
  }
  writeSync(target, after);
  closeSync(target);
};
