import { CorruptRecordError } from "../../errors";
import type { CallOptions } from "../../ports/call";
import type { History, HistoryPage, HistoryRange, UnreadableRow } from "../../ports/history";
import type { EventKind, RotationEvent } from "../../rotation/events/events";
import type { Instant } from "../../rotation/time/time";
import { joinColumns, toAsciiJson, toColumns } from "./rows/json-columns";
import { eventSchema } from "./rows/record-schema";
import type { Row, RowKey, StoredRow } from "./rows/rows";
import type { Table } from "./tables";

/**
 * Key order is ascending, people read the newest first: so the sequence is reversed. 16 digits hold any of them.
 */
const historyKey = (account: string, sequence: number): RowKey => ({
  partitionKey: account,
  rowKey: String(Number.MAX_SAFE_INTEGER - sequence).padStart(16, "0"),
});

/** The number of the form below. */
const rowSchema = 1;

/** The place that a key stands for; null for a key that this app has not made. */
const placeOf = ({ rowKey }: StoredRow): number | null =>
  /^\d{16}$/.test(rowKey) ? Number.MAX_SAFE_INTEGER - Number(rowKey) : null;

const toRow = ({ sequence, ...event }: RotationEvent): Row & { readonly id: string } => ({
  ...historyKey(event.account, sequence),
  schema: rowSchema,
  // Text, as a number would be stored in 32 bits.
  sequence: String(sequence),
  id: event.id,
  at: event.at,
  event: event.event,
  account: event.account,
  detail: event.detail,
  by: event.by,
  ...(event.rotationId === null ? {} : { rotationId: event.rotationId }),
  ...(event.reason === null ? {} : { reason: event.reason }),
  ...(event.previousHash === null ? {} : { previousHash: event.previousHash }),
  // A hundred confirmations of instances with long names are longer than one column.
  ...(event.evidence === null ? {} : toColumns("evidence", toAsciiJson(event.evidence))),
});

/** Undefined, which no event may have, where it cannot be read. */
const readEvidence = (row: StoredRow): unknown => {
  if (row["evidence"] === undefined) return null;
  try {
    return JSON.parse(joinColumns("evidence", row));
  } catch {
    return undefined;
  }
};

const toEvent = (row: StoredRow): RotationEvent | UnreadableRow => {
  const { id, at, event, detail, by, rotationId = null, reason = null, previousHash = null } = row;
  const place = placeOf(row);
  const sequence = Number(row["sequence"]);
  const parsed = eventSchema.safeParse({
    id,
    sequence,
    at,
    event,
    account: row["account"],
    rotationId,
    reason,
    detail,
    by,
    evidence: readEvidence(row),
    previousHash,
  });
  // A row that was moved to another place says so itself.
  if (parsed.success && parsed.data.sequence === place && row["schema"] === rowSchema) return parsed.data;
  return { sequence: place, problem: `the history row ${row.rowKey} cannot be read: fix or delete that row` };
};

/** Of the rows from before `at` among the oldest; null where the oldest row is not one of them. */
const placeOfLast = (newestFirst: readonly StoredRow[], at: Instant): number | null => {
  const oldestFirst = newestFirst.filter((row) => placeOf(row) !== null).toReversed();
  const kept = oldestFirst.findIndex((row) => !(String(row["at"]) < at));
  const last = (kept === -1 ? oldestFirst : oldestFirst.slice(0, kept)).at(-1);
  return last === undefined ? null : placeOf(last);
};

/** What one look for old rows reads at most: half a page of the service. */
const maxRows = 500;

/** The history: one row per event, newest first in the order of the keys. */
export class HistoryTable implements History {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async append(events: readonly RotationEvent[], options: CallOptions): Promise<void> {
    const [event] = events;
    if (event === undefined) return;
    if (events.length > 1) {
      if (await this.#table.insertAll(events.map(toRow), options)) return;
      throw new CorruptRecordError(event.account, "one of several events is in the history already");
    }
    const outcome = await this.#table.insertOnce(toRow(event), options);
    if (outcome.kind === "written") return;
    throw new CorruptRecordError(
      event.account,
      `event ${event.sequence} is in the history already under another id: fix or delete that row`,
    );
  }

  async newestOf(
    account: string,
    kinds: readonly EventKind[],
    { above, ...options }: CallOptions & { readonly above?: number },
  ): Promise<RotationEvent | null> {
    // The service leaves out the others: without one of these kinds it has the whole history to search.
    const higher = above === undefined ? {} : { orBelowRowKey: historyKey(account, above).rowKey };
    const anyOf = { column: "event", values: kinds, ...higher };
    const [newest] = (await this.#table.list(account, options, { anyOf, limit: 1 })).map(toEvent);
    if (newest === undefined || "id" in newest) return newest ?? null;
    // A row that cannot be read hides no event of these kinds.
    return above === undefined ? null : this.newestOf(account, kinds, options);
  }

  /**
   * Of the oldest without a break: a single row that says it is old must not take those before it along. One window of
   * places is read; where numbers are missing, a wider one.
   */
  async lastBefore(
    account: string,
    at: Instant,
    { after, through }: HistoryRange,
    options: CallOptions,
  ): Promise<number> {
    let width = maxRows;
    for (let from = after; from < through; ) {
      const to = Math.min(from + width, through);
      const rows = await this.#rowsBetween(account, from, to, options);
      if (rows.length > maxRows && width > 1) width = Math.ceil(width / 2);
      else if (rows.length > 0) return placeOfLast(rows, at) ?? after;
      else [from, width] = [to, width * 2];
    }
    return after;
  }

  /** With a place above `after`, up to `through`: the newest first, one more than `maxRows` at most. */
  #rowsBetween(account: string, after: number, through: number, options: CallOptions): Promise<readonly StoredRow[]> {
    const range = { fromRowKey: historyKey(account, through).rowKey, belowRowKey: historyKey(account, after).rowKey };
    return this.#table.list(account, options, { ...range, limit: maxRows + 1 });
  }

  /** The oldest first: what a crash leaves joins those that are kept. */
  async removeThrough(account: string, sequence: number, options: CallOptions): Promise<void> {
    const rows = await this.#table.list(account, options, { fromRowKey: historyKey(account, sequence).rowKey });
    for (const row of rows.toReversed()) await this.#table.remove(row, options);
  }

  async page(
    account: string,
    { limit, before }: { readonly limit: number; readonly before: number | null },
    options: CallOptions,
  ): Promise<HistoryPage> {
    const rows = await this.#rowsFrom(account, before, limit + 1, options);
    const beyond = rows.filter((row) => placeOf(row) !== null)[limit];
    const shown = beyond === undefined ? rows : rows.slice(0, rows.indexOf(beyond));
    const read = shown.map(toEvent);
    return {
      events: read.filter((one) => "id" in one),
      unreadable: read.filter((one) => "problem" in one),
      next: beyond === undefined ? null : (placeOf(beyond) ?? 0) + 1,
    };
  }

  /** Reads until `places` of the rows have a place: rows without one must not hide those behind them. */
  async #rowsFrom(
    account: string,
    before: number | null,
    places: number,
    options: CallOptions,
  ): Promise<readonly StoredRow[]> {
    const rows: StoredRow[] = [];
    let range = before === null ? {} : { afterRowKey: historyKey(account, before).rowKey };
    for (;;) {
      const more = await this.#table.list(account, options, { ...range, limit: places });
      rows.push(...more);
      const last = more.at(-1);
      const enough = rows.filter((row) => placeOf(row) !== null).length >= places;
      if (last === undefined || more.length < places || enough) return rows;
      range = { afterRowKey: last.rowKey };
    }
  }
}
