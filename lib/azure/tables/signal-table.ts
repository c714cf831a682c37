import * as z from "zod";
import { TransientServiceError } from "../../errors";
import type { CallOptions, Signals } from "../../ports";
import type { InstanceReport } from "../../rotation/gate/signals";
import { instant } from "./record-schema";
import type { Row, RowKey, StoredRow } from "./rows";
import type { Table } from "./tables";

type Merge = Parameters<Signals["update"]>[3];

/** Signals of one instance are rarely concurrent; more conflicts than this mean that something else is wrong. */
const maxRace = 10;

const text = z.string().min(1);
/** Tables drop a null column, so a column that may be null is absent then. */
const absentAsNull = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value ?? null);

const reportColumns = z.object({
  schema: z.literal(1),
  consumer: text,
  instance: text,
  at: instant,
  latestSignedAt: instant,
  receivedAt: instant,
  secretVersion: text,
  healthy: z.boolean(),
  proven: z.boolean(),
  detail: absentAsNull(z.string()),
  goodSince: absentAsNull(instant),
  provenSince: absentAsNull(instant),
  unhealthySince: absentAsNull(instant),
  joinedHealthy: z.boolean(),
});

/** Neither name can hold a colon. */
const signalKey = (account: string, consumer: string, instance: string): RowKey => ({
  partitionKey: account,
  rowKey: `${consumer}:${instance}`,
});

const toRow = (account: string, report: InstanceReport): Row => ({
  ...Object.fromEntries(Object.entries(report).filter(([, value]) => value !== null)),
  ...signalKey(account, report.consumer, report.instance),
  schema: 1,
});

/** Null where the row does not hold a whole report of the instance that its key names. */
const toReport = (row: StoredRow): InstanceReport | null => {
  const parsed = reportColumns.safeParse(row);
  if (!parsed.success) return null;
  const { schema: _, ...report } = parsed.data;
  return row.rowKey === `${report.consumer}:${report.instance}` ? report : null;
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
    latestSignedAt: writtenAt,
    receivedAt: writtenAt,
    secretVersion: "unknown",
    healthy: false,
    proven: false,
    detail: "the stored report of this instance cannot be read; its next signal replaces it",
    goodSince: null,
    provenSince: null,
    unhealthySince: writtenAt,
    joinedHealthy: false,
  };
};

/** What consumers have reported: one row per instance. */
export class SignalTable implements Signals {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async list(account: string, options: CallOptions): Promise<readonly InstanceReport[]> {
    const rows = await this.#table.list(account, options);
    return rows.map((row) => toReport(row) ?? unreadableReport(row));
  }

  async update(
    account: string,
    consumer: string,
    instance: string,
    merge: Merge,
    options: CallOptions,
  ): Promise<{ readonly accepted: boolean }> {
    const key = signalKey(account, consumer, instance);
    let row = await this.#table.read(key, options);
    for (let attempt = 1; attempt <= maxRace; attempt++) {
      const known = row === null ? null : toReport(row);
      const { accepted, report } = merge(known);
      if (report === known) return { accepted };
      const outcome = await this.#table.writeConditional(toRow(account, report), row?.etag ?? null, options);
      if (outcome.kind === "written") return { accepted };
      row = outcome.found;
    }
    throw new TransientServiceError({
      operation: `Tables update entity in ${this.#table.name}`,
      code: "TooManyConflicts",
    });
  }
}
