export interface RowKey {
  readonly partitionKey: string;
  readonly rowKey: string;
}

/** A row as it is written: texts, truth values and whole numbers below 2^31 only, which keep their type on the way. */
export type Row = RowKey & Readonly<Record<string, string | number | boolean>>;

/** A row as it is read; what its columns hold is for the reader to check. */
export interface StoredRow extends RowKey {
  readonly etag: string;
  readonly timestamp?: string;
  readonly [column: string]: unknown;
}
