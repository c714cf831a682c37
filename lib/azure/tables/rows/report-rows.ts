import * as z from "zod";
import type { InstanceReport, UnsignedClaim } from "../../../rotation/gate/signals";
import { instant } from "./record-schema";
import type { Row, RowKey, StoredRow } from "./rows";

const text = z.string().min(1);
/** Tables drop a null column, so a column that may be null is absent then. */
const absentAsNull = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value ?? null);

const unsignedColumns = z.object({
  unsignedAt: instant,
  unsignedVersion: text,
  unsignedHealthy: z.boolean(),
  unsignedDetail: absentAsNull(z.string()),
  unsignedSince: instant,
});

const reportColumns = z.object({
  schema: z.literal(1),
  consumer: text,
  instance: text,
  at: instant,
  signedAt: absentAsNull(instant),
  /** In the rows of version 0.1.0, where it may also be the instant of an unsigned signal. */
  latestSignedAt: absentAsNull(instant),
  receivedAt: instant,
  secretVersion: text,
  healthy: z.boolean(),
  proven: z.boolean(),
  detail: absentAsNull(z.string()),
  goodSince: absentAsNull(instant),
  provenSince: absentAsNull(instant),
  unhealthySince: absentAsNull(instant),
  joinedHealthy: z.boolean(),
  leftAt: absentAsNull(instant),
});

/** Neither name can hold a colon. */
export const signalKey = (account: string, consumer: string, instance: string): RowKey => ({
  partitionKey: account,
  rowKey: `${consumer}:${instance}`,
});

/** The row of one report. */
export const toRow = (account: string, { unsigned, latestSignedAt, ...report }: InstanceReport): Row => ({
  ...columnsOf({ ...report, signedAt: latestSignedAt }),
  ...(unsigned === null ? {} : columnsOf(toUnsignedColumns(unsigned))),
  ...signalKey(account, report.consumer, report.instance),
  schema: 1,
});

const columnsOf = (values: object): Readonly<Record<string, string | boolean>> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

const toUnsignedColumns = ({ at, secretVersion, healthy, detail, since }: UnsignedClaim) => ({
  unsignedAt: at,
  unsignedVersion: secretVersion,
  unsignedHealthy: healthy,
  unsignedDetail: detail,
  unsignedSince: since,
});

/** Null where the row holds none; undefined where it holds one that cannot be read. */
const toUnsigned = (row: StoredRow): UnsignedClaim | null | undefined => {
  if (row["unsignedAt"] === undefined) return null;
  const { data } = unsignedColumns.safeParse(row);
  return (
    data && {
      at: data.unsignedAt,
      secretVersion: data.unsignedVersion,
      healthy: data.unsignedHealthy,
      detail: data.unsignedDetail,
      since: data.unsignedSince,
    }
  );
};

/** Null where the row does not hold a whole report of the instance that its key names. */
export const toReport = (row: StoredRow): InstanceReport | null => {
  const parsed = reportColumns.safeParse(row);
  if (!parsed.success) return null;
  const { schema: _, signedAt, latestSignedAt, ...report } = parsed.data;
  const unsigned = toUnsigned(row);
  if (unsigned === undefined || row.rowKey !== `${report.consumer}:${report.instance}`) return null;
  return { ...report, latestSignedAt: signedAt ?? (report.proven ? latestSignedAt : null), unsigned };
};

/**
 * A row that cannot be read stands for an unhealthy instance that reported when the row was written: it keeps the gate
 * shut as long as any silent instance would, and that instance's next signal replaces it. Skipping the row could open
 * the gate while that instance is still on the previous key.
 */
const unreadableReport = (row: StoredRow): InstanceReport => {
  const [consumer = "", instance = "default"] = row.rowKey.split(":", 2);
  const writtenAt = new Date(row.timestamp ?? Date.now()).toISOString();
  return {
    consumer,
    instance,
    at: writtenAt,
    latestSignedAt: null,
    receivedAt: writtenAt,
    secretVersion: "unknown",
    healthy: false,
    proven: false,
    detail: "the stored report of this instance cannot be read; its next signal replaces it",
    goodSince: null,
    provenSince: null,
    unhealthySince: writtenAt,
    joinedHealthy: false,
    unsigned: null,
    leftAt: null,
  };
};

export const readReport = (row: StoredRow): InstanceReport => toReport(row) ?? unreadableReport(row);
