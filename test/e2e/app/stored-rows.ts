import { TableClient } from "@azure/data-tables";
import type { RotationRecord } from "../../../lib/rotation/record";

export type Row = Readonly<Record<string, unknown>>;

export interface StoredRows {
  /** Every row of the three tables, by table. */
  all(): Promise<Readonly<Record<string, readonly Row[]>>>;
  /** The history of one account, oldest first. */
  history(account: string): Promise<readonly Row[]>;
  /** Changes the stored record directly. */
  change(account: string, change: (record: RotationRecord) => RotationRecord): Promise<void>;
}

const names = ["Rotations", "History", "Signals"] as const;

/** The rows in the tables, read without the app and the proxy. */
export const storedRows = (connectionString: string, prefix: string): StoredRows => {
  const open = (name: (typeof names)[number]): TableClient =>
    TableClient.fromConnectionString(connectionString, `${prefix}${name}`, { allowInsecureConnection: true });
  const read = async (name: (typeof names)[number]): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    for await (const row of open(name).listEntities()) rows.push(row);
    return rows;
  };
  return {
    all: async () =>
      Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)] as const))),
    history: async (account) =>
      (await read("History"))
        .filter(({ partitionKey }) => partitionKey === account)
        .toSorted((a, b) => Number(a["sequence"]) - Number(b["sequence"])),
    change: async (account, change) => {
      const table = open("Rotations");
      const row = await table.getEntity<{ record: string }>(account, "rotation");
      const changed = change(JSON.parse(row.record));
      await table.updateEntity(
        { partitionKey: account, rowKey: "rotation", record: JSON.stringify(changed) },
        "Merge",
        { etag: row.etag },
      );
    },
  };
};
