import type { z } from "zod";
import { CorruptRecordError, OperatorNeededError } from "../../../errors";
import type { AttentionRow } from "../../../rotation/attention/attention";
import type { NextLook, StoredLook } from "../../../rotation/next-look";
import type { RecordGlance } from "../../../ports/rotations";
import type { RotationRecord } from "../../../rotation/record";
import { joinColumns, toAsciiJson, toColumns } from "./json-columns";
import { recordSchema, recordSchemaVersion } from "./record-schema";
import type { Row, RowKey, StoredRow } from "./rows";

/** A row holds 1 MiB in all, two bytes a character. The rest is left for the other columns. */
const maxRecord = 450_000;

const restore = "restore the row, or delete it to have the account adopted anew";

export const rotationRowKey = "rotation";
export const rotationKey = (account: string): RowKey => ({ partitionKey: account, rowKey: rotationRowKey });

/** The first few things that are wrong, by place. */
const describe = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join(".") || "record"}: ${message}`)
    .join("; ");

/**
 * A record as a row: a few members in columns of their own, for queries, and all of it as JSON in as many columns as it
 * needs. Throws `CorruptRecordError` for a record that could not be read again (better not written than that), and
 * `OperatorNeededError` for one that has outgrown a row.
 */
export const toRow = (
  record: RotationRecord,
  { nextLookAt, lookedWith, waiting }: NextLook,
  attention: string,
): Row => {
  const checked = recordSchema.safeParse(record);
  if (!checked.success) {
    throw new CorruptRecordError(
      record.account,
      `not written, as it could not be read again: ${describe(checked.error)}`,
    );
  }
  const json = toAsciiJson(record);
  if (json.length > maxRecord) throw outgrown(record, json.length);
  return {
    ...rotationKey(record.account),
    schema: recordSchemaVersion,
    [resourceColumn]: resourceIn(record.resourceId),
    phase: record.state.phase,
    phaseSince: record.phaseClock.since,
    claimId: record.claim?.id ?? "",
    claimedUntil: record.claim?.until ?? "",
    // Text, as a number would be stored in 32 bits.
    eventSequence: String(record.chain.sequence),
    nextLookAt,
    lookedWith,
    waiting: waiting ?? "",
    attention,
    ...toColumns("record", json),
  };
};

const outgrown = ({ account, publishing: { outbox } }: RotationRecord, length: number): OperatorNeededError =>
  new OperatorNeededError(
    "RecordCorrupt",
    { operation: "Tables write of a rotation record" },
    `the record of account ${account} has grown to ${length} characters, more than a table row holds: ` +
      `${outbox.length} events wait to be delivered, so fix the history table or the webhook`,
  );

/** The column that names the Batch account, as `resourceIn` writes it. */
export const resourceColumn = "resource";
/** Azure compares resource ids without case, and tables compare texts with it. */
export const resourceIn = (resourceId: string): string => resourceId.toLowerCase();

/** The columns of `glanceAt`. */
export const glanceColumns = ["PartitionKey", "nextLookAt", "lookedWith", "waiting"] as const;

export const glanceAt = (row: Readonly<Record<string, unknown>>): RecordGlance => ({
  account: textIn(row, "partitionKey") ?? "",
  ...lookIn(row),
});

export const lookIn = (row: Readonly<Record<string, unknown>>): StoredLook => ({
  nextLookAt: textIn(row, "nextLookAt"),
  lookedWith: textIn(row, "lookedWith"),
  waiting: textIn(row, "waiting"),
});

/** The columns of `attentionAt`. */
export const attentionColumns = ["PartitionKey", "phase", "phaseSince", "attention"] as const;

/** Rows of accounts that are not idle, or have anything open. All others rest until their next date. */
export const attentionFilter =
  `RowKey eq '${rotationRowKey}' and ` +
  "(phase ne 'idle' or attention gt '' or waiting gt '' or nextLookAt lt '1971-01-01T00:00:00.000Z')";

export const attentionAt = (row: Readonly<Record<string, unknown>>): AttentionRow => ({
  account: textIn(row, "partitionKey") ?? "",
  phase: textIn(row, "phase"),
  phaseSince: textIn(row, "phaseSince"),
  attention: textIn(row, "attention"),
});

export const attentionIn = (row: Readonly<Record<string, unknown>>): string => textIn(row, "attention") ?? "";

const textIn = (row: Readonly<Record<string, unknown>>, column: string): string | null => {
  const value = row[column];
  return typeof value === "string" && value !== "" ? value : null;
};

const parseJson = (account: string, json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    // The parser's own message quotes what it read.
    throw new CorruptRecordError(account, `the row is not whole: ${restore}`);
  }
};

const checkVersion = (account: string, version: unknown): void => {
  if (version === recordSchemaVersion) return;
  const problem =
    typeof version !== "number"
      ? `the row was not written by this app: ${restore}`
      : version > recordSchemaVersion
        ? `written by a newer version of this app (schema ${version}, ` +
          `known is ${recordSchemaVersion}): deploy that version again`
        : `written by an older version of this app (schema ${version}, ` +
          `known is ${recordSchemaVersion}): deploy the version that converts it`;
  throw new CorruptRecordError(account, problem);
};

/** The record in a row. Throws `CorruptRecordError` unless every member is there and makes sense. */
export const toRecord = (account: string, row: StoredRow): RotationRecord => {
  checkVersion(account, row["schema"]);
  const parsed = recordSchema.safeParse(parseJson(account, joinColumns("record", row)));
  if (!parsed.success) {
    throw new CorruptRecordError(account, `${describe(parsed.error)}: ${restore}`);
  }
  if (parsed.data.account !== account) {
    throw new CorruptRecordError(account, `the row holds the record of another account: ${restore}`);
  }
  return parsed.data;
};
