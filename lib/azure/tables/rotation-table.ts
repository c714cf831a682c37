import type { CallOptions, Ids, Rotations, Stored } from "../../ports";
import type { RotationRecord } from "../../rotation/record";
import { rotationKey, toRecord, toRow } from "./rotation-row";
import type { StoredRow, Table, WriteOutcome } from "./tables";

/** The rotation records: one row per account. */
export class RotationTable implements Rotations {
  readonly #table: Table;
  readonly #ids: Ids;

  constructor(table: Table, ids: Ids) {
    this.#table = table;
    this.#ids = ids;
  }

  async read(account: string, options: CallOptions): Promise<Stored | null> {
    const row = await this.#table.read(rotationKey(account), options);
    return row === null ? null : { record: toRecord(account, row), etag: row.etag };
  }

  async insert(record: RotationRecord, options: CallOptions): Promise<Stored | null> {
    const writeId = this.#ids.next();
    const outcome = await this.#table.insert(toRow(record, writeId), options);
    return this.#conclude(record, { writeId, expected: null, outcome }, options);
  }

  async replace(record: RotationRecord, etag: string, options: CallOptions): Promise<Stored | null> {
    const writeId = this.#ids.next();
    const outcome = await this.#table.replace(toRow(record, writeId), etag, options);
    return this.#conclude(record, { writeId, expected: etag, outcome }, options);
  }

  /** `expected`: the etag that the write depended on; null where it depended on there being no row. */
  async #conclude(
    record: RotationRecord,
    write: { readonly writeId: string; readonly expected: string | null; readonly outcome: WriteOutcome },
    options: CallOptions,
  ): Promise<Stored | null> {
    const { writeId, expected, outcome } = write;
    if (outcome.kind === "done") return { record, etag: outcome.etag };
    const found = await this.#readBack(record.account, options);
    if (found === "unreadable") throw outcome.error;
    if (found?.["writeId"] === writeId) return { record, etag: found.etag };
    // Nobody has written, so the write may still be on its way, or was never sent.
    if (!outcome.refused && (found?.etag ?? null) === expected) throw outcome.error;
    return null;
  }

  async #readBack(account: string, options: CallOptions): Promise<StoredRow | null | "unreadable"> {
    try {
      return await this.#table.read(rotationKey(account), options);
    } catch {
      return "unreadable";
    }
  }
}
