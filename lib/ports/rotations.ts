import type { AttentionRow } from "../rotation/attention/attention";
import type { NextLook, StoredLook } from "../rotation/next-look";
import type { RotationRecord } from "../rotation/record";
import type { CallOptions } from "./call";

/** A record as it was read, with the token that a conditional write needs, and what its row says beside it. */
export interface Stored {
  readonly record: RotationRecord;
  readonly etag: string;
  readonly look: StoredLook;
  /** As `RecordWrite` has it; it may be anything. */
  readonly attention: string;
}

/** All records of the tables, of whatever account. */
export interface AllRecords {
  readonly records: readonly RotationRecord[];
  /** Names of accounts whose record cannot be read. */
  readonly unreadable: readonly string[];
}

/** What one write of a record says beside it. */
export interface RecordWrite extends CallOptions {
  readonly look: NextLook;
  /** Who must act on the account: `attentionOf`. */
  readonly attention: string;
}

/** What a row says beside its record, without the record. */
export interface RecordGlance extends StoredLook {
  readonly account: string;
}

/** A row with its record; null where that cannot be read. */
export interface ScannedRecord extends RecordGlance {
  readonly record: RotationRecord | null;
}

/**
 * The rotation records. Writes are conditional, and never take a lost answer for a lost race:
 * each write carries its own id and is read back before it is called a conflict.
 * Throws `TransientServiceError`, `OperatorNeededError`, and `CorruptRecordError` (read).
 */
export interface Rotations {
  read(account: string, options: CallOptions): Promise<Stored | null>;
  list(options: CallOptions): Promise<AllRecords>;
  /** The names of the records that are for this Batch account and can be read. */
  ofBatchAccount(resourceId: string, options: CallOptions): Promise<readonly string[]>;
  /** A glance at every record: a thousand of them in one request, and no more than these in memory. */
  scan(visit: (glance: RecordGlance) => void, options: CallOptions): Promise<void>;
  /** What the rows say of accounts that are not plainly idle: the service filters, so the others cost nothing here. */
  listAttention(options: CallOptions): Promise<readonly AttentionRow[]>;
  /** Every record, page by page, so that no more than a page is in memory. */
  scanRecords(visit: (row: ScannedRecord) => void, options: CallOptions): Promise<void>;
  /** Null when there is a record already. */
  insert(record: RotationRecord, options: RecordWrite): Promise<Stored | null>;
  /** Null when another writer has written since `etag` was read. */
  replace(record: RotationRecord, etag: string, options: RecordWrite): Promise<Stored | null>;
}
