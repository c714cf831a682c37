import type { CallOptions, Rotations, Stored } from "../../ports";
import type { RotationRecord } from "../../rotation/record";
import { rotationKey, toRecord, toRow } from "./rotation-row";
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
