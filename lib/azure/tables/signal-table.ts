import * as z from "zod";
import { TransientServiceError } from "../../errors";
import type { CallOptions, Signals } from "../../ports";
import { heardAt, type InstanceReport, isPseudo, type UnsignedClaim } from "../../rotation/gate/signals";
import type { Instant } from "../../rotation/time/time";
import { instant } from "./record-schema";
import type { Row, RowKey, StoredRow } from "./rows";
import type { Table } from "./tables";
import { type SeenReport, WrittenReports } from "./written-reports";

type Merge = Parameters<Signals["update"]>[3];

/** Signals of one instance are rarely concurrent; more conflicts than this mean that something else is wrong. */
const maxRace = 10;

/** Rows that are removed at the same time. */
const maxConcurrent = 16;

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
const signalKey = (account: string, consumer: string, instance: string): RowKey => ({
  partitionKey: account,
  rowKey: `${consumer}:${instance}`,
});

const toRow = (account: string, { unsigned, latestSignedAt, ...report }: InstanceReport): Row => ({
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
const toReport = (row: StoredRow): InstanceReport | null => {
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

const seenIn = (row: StoredRow | null): SeenReport => ({
  report: row === null ? null : toReport(row),
  etag: row?.etag ?? null,
  isOld: false,
});

/** What consumers have reported: one row per instance. */
export class SignalTable implements Signals {
  readonly #table: Table;
  readonly #written = new WrittenReports();

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
  ): Promise<{ readonly accepted: boolean } | null> {
    const key = signalKey(account, consumer, instance);
    let seen = this.#written.get(key) ?? (await this.#read(key, options));
    for (let attempt = 1; attempt <= maxRace; attempt++) {
      const { report: known, etag, isOld } = seen;
      const merged = merge(known);
      if (merged === null) return null;
      const { accepted, report } = merged;
      if (report === known && !isOld) return { accepted };
      if (report === known) {
        seen = await this.#read(key, options);
        continue;
      }
      const outcome = await this.#table.writeConditional(toRow(account, report), etag, options);
      if (outcome.kind === "written") {
        this.#written.set(key, { report, etag: outcome.etag, isOld: true });
        return { accepted };
      }
      seen = seenIn(outcome.found);
    }
    throw new TransientServiceError({
      operation: `Tables update entity in ${this.#table.name}`,
      code: "TooManyConflicts",
    });
  }

  async #read(key: RowKey, options: CallOptions): Promise<SeenReport> {
    return seenIn(await this.#table.read(key, options));
  }

  async countInstances(account: string, consumer: string, since: Instant, options: CallOptions): Promise<number> {
    // A semicolon follows the colon.
    const rows = await this.#table.list(account, options, {
      afterRowKey: `${consumer}:`,
      belowRowKey: `${consumer};`,
    });
    const reports = rows.map((row) => toReport(row) ?? unreadableReport(row));
    return reports.filter((report) => !isPseudo(report) && heardAt(report) >= since).length;
  }

  /** Each row by itself, and only if it is unchanged: a crash leaves the others for the next time. */
  async removeOver(
    account: string,
    isOver: (report: InstanceReport) => boolean,
    limit: number,
    options: CallOptions,
  ): Promise<void> {
    const rows = await this.#table.list(account, options);
    const over = rows.filter((row) => isOver(toReport(row) ?? unreadableReport(row))).slice(0, limit);
    for (let first = 0; first < over.length; first += maxConcurrent) {
      const some = over.slice(first, first + maxConcurrent);
      const removed = await Promise.allSettled(some.map((row) => this.#table.removeUnchanged(row, options)));
      for (const outcome of removed) if (outcome.status === "rejected") throw outcome.reason;
    }
  }
}
