import { CorruptRecordError } from "../../errors";
import type { AllRecords, CallOptions, Rotations, Stored } from "../../ports";
import type { RotationRecord } from "../../rotation/record";
import { rotationKey, rotationRowKey, toRecord, toRow } from "./rotation-row";
import type { StoredRow } from "./rows";
import type { Table } from "./tables";

/** The rotation records: one row per account. */
export class RotationTable implements Rotations {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async read(account: string, options: CallOptions): Promise<Stored | null> {
    const row = await this.#table.read(rotationKey(account), options);
    return row === null ? null : { record: toRecord(account, row), etag: row.etag };
  }

  async list(options: CallOptions): Promise<AllRecords> {
    const records: RotationRecord[] = [];
    const unreadable: string[] = [];
    for (const row of await this.#table.listAll(rotationRowKey, options)) {
      const record = readable(row);
      if (record === null) unreadable.push(row.partitionKey);
      else records.push(record);
    }
    return { records, unreadable };
  }

  insert(record: RotationRecord, options: CallOptions): Promise<Stored | null> {
    return this.#write(record, null, options);
  }

  replace(record: RotationRecord, etag: string, options: CallOptions): Promise<Stored | null> {
    return this.#write(record, etag, options);
  }

  async #write(record: RotationRecord, etag: string | null, options: CallOptions): Promise<Stored | null> {
    const outcome = await this.#table.writeConditional(toRow(record), etag, options);
    return outcome.kind === "written" ? { record, etag: outcome.etag } : null;
  }
}

const readable = (row: StoredRow): RotationRecord | null => {
  try {
    return toRecord(row.partitionKey, row);
  } catch (error) {
    if (error instanceof CorruptRecordError) return null;
    throw error;
  }
};
