import { CorruptRecordError } from "../../errors";
import type { CallOptions } from "../../ports/call";
import type { AllRecords, RecordGlance, RecordWrite, Rotations, ScannedRecord, Stored } from "../../ports/rotations";
import type { AttentionRow } from "../../rotation/attention/attention";
import type { RotationRecord } from "../../rotation/record";
import { isSameResource } from "../../rotation/first-record";
import {
  attentionAt,
  attentionColumns,
  attentionFilter,
  attentionIn,
  glanceAt,
  glanceColumns,
  lookIn,
  resourceColumn,
  resourceIn,
  rotationKey,
  rotationRowKey,
  toRecord,
  toRow,
} from "./rows/rotation-row";
import type { StoredRow } from "./rows/rows";
import type { Table } from "./tables";

/** The rotation records: one row per account. */
export class RotationTable implements Rotations {
  readonly #table: Table;
  /** Whether each row names its Batch account in a column. Those of older releases do not. */
  #allName = false;

  constructor(table: Table) {
    this.#table = table;
  }

  async read(account: string, options: CallOptions): Promise<Stored | null> {
    const row = await this.#table.read(rotationKey(account), options);
    if (row === null) return null;
    return { record: toRecord(account, row), etag: row.etag, look: lookIn(row), attention: attentionIn(row) };
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

  async ofBatchAccount(resourceId: string, options: CallOptions): Promise<readonly string[]> {
    this.#allName ||= await this.#nameTheirAccounts(options);
    const where = { column: resourceColumn, value: resourceIn(resourceId) };
    const names: string[] = [];
    const visit = (row: StoredRow): void => {
      const record = readable(row);
      if (record !== null && isSameResource(record.resourceId, resourceId)) names.push(record.account);
    };
    await this.#table.visitAll(rotationRowKey, visit, { ...options, ...(this.#allName ? { where } : {}) });
    return names;
  }

  async #nameTheirAccounts(options: CallOptions): Promise<boolean> {
    let all = true;
    const visit = (row: StoredRow): void => void (all &&= typeof row[resourceColumn] === "string");
    await this.#table.visitAll(rotationRowKey, visit, { ...options, columns: ["PartitionKey", resourceColumn] });
    return all;
  }

  scan(visit: (glance: RecordGlance) => void, options: CallOptions): Promise<void> {
    const visitRow = (row: StoredRow): void => visit(glanceAt(row));
    return this.#table.visitAll(rotationRowKey, visitRow, { ...options, columns: glanceColumns });
  }

  async listAttention(options: CallOptions): Promise<readonly AttentionRow[]> {
    const rows: AttentionRow[] = [];
    const visit = (row: StoredRow): void => void rows.push(attentionAt(row));
    await this.#table.visit(attentionFilter, visit, { ...options, columns: attentionColumns });
    return rows;
  }

  async scanRecords(visit: (row: ScannedRecord) => void, options: CallOptions): Promise<void> {
    const visitRow = (row: StoredRow): void => visit({ ...glanceAt(row), record: readable(row) });
    await this.#table.visitAll(rotationRowKey, visitRow, options);
  }

  insert(record: RotationRecord, options: RecordWrite): Promise<Stored | null> {
    return this.#write(record, null, options);
  }

  replace(record: RotationRecord, etag: string, options: RecordWrite): Promise<Stored | null> {
    return this.#write(record, etag, options);
  }

  async #write(record: RotationRecord, etag: string | null, options: RecordWrite): Promise<Stored | null> {
    const { look, attention } = options;
    const outcome = await this.#table.writeConditional(toRow(record, look, attention), etag, options);
    return outcome.kind === "written" ? { record, etag: outcome.etag, look, attention } : null;
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
