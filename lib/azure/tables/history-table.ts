import { CorruptRecordError } from "../../errors";
import type { CallOptions, History, HistoryPage, UnreadableRow } from "../../ports";
import type { RotationEvent } from "../../rotation/events/events";
import type { Instant } from "../../rotation/time/time";
import { eventSchema } from "./record-schema";
import type { Row, RowKey, StoredRow } from "./rows";
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
  ...(event.evidence === null ? {} : { evidence: JSON.stringify(event.evidence) }),
});

/** Undefined, which no event may have, where it cannot be read. */
const readEvidence = (text: unknown): unknown => {
  if (text === undefined) return null;
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
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
    evidence: readEvidence(row["evidence"]),
    previousHash,
  });
  // A row that was moved to another place says so itself.
  if (parsed.success && parsed.data.sequence === place && row["schema"] === rowSchema) return parsed.data;
  return { sequence: place, problem: `the history row ${row.rowKey} cannot be read: fix or delete that row` };
};

const placeOfNewest = (oldestFirst: readonly StoredRow[]): number => {
  const newest = oldestFirst.at(-1);
  return newest === undefined ? 0 : (placeOf(newest) ?? 0);
};

/** The history: one row per event, newest first in the order of the keys. */
export class HistoryTable implements History {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async append(event: RotationEvent, options: CallOptions): Promise<void> {
    const outcome = await this.#table.insertOnce(toRow(event), options);
    if (outcome.kind === "written") return;
    throw new CorruptRecordError(
      event.account,
      `event ${event.sequence} is in the history already under another id: ` +
        "the record was set back, so raise its eventSequence above that of the newest history row",
    );
  }

  /** Of the oldest without a break: a single row that says it is old must not take those before it along. */
  async lastBefore(account: string, at: Instant, options: CallOptions): Promise<number> {
    const oldestFirst = (await this.#table.list(account, options)).toReversed();
    const kept = oldestFirst.findIndex((row) => !(String(row["at"]) < at));
    return placeOfNewest(kept === -1 ? oldestFirst : oldestFirst.slice(0, kept));
  }

  /** The oldest first: what a crash leaves joins those that are kept. */
  async removeThrough(account: string, sequence: number, options: CallOptions): Promise<void> {
    const newest = historyKey(account, sequence).rowKey;
    const rows = await this.#table.list(account, options);
    for (const row of rows.filter(({ rowKey }) => rowKey >= newest).toReversed()) {
      await this.#table.remove(row, options);
    }
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
