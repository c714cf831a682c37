import type { EventKind, RotationEvent } from "../rotation/events/events";
import type { Instant } from "../rotation/time/time";
import type { CallOptions } from "./call";

/** A row of the history that holds no event: added, moved or edited manually. */
export interface UnreadableRow {
  /** Its place; null for a row that has none. */
  readonly sequence: number | null;
  readonly problem: string;
}

export interface HistoryPage {
  /** Newest first. */
  readonly events: readonly RotationEvent[];
  /** In the places among these. */
  readonly unreadable: readonly UnreadableRow[];
  /** The `before` of the next page; null at the end. */
  readonly next: number | null;
}

/** The numbers above `after`, up to `through`. */
export interface HistoryRange {
  readonly after: number;
  readonly through: number;
}

export interface History {
  /**
   * Adds events of one account in one request: all or none, at most a hundred. A single one that is there already is
   * left as it is, so a repeat is harmless. Throws `CorruptRecordError` where another event is in its place, and for
   * several where any event is in the place of one of them.
   */
  append(events: readonly RotationEvent[], options: CallOptions): Promise<void>;
  /** Events of an account from below `before` on, `limit` places in all. */
  page(
    account: string,
    range: { readonly limit: number; readonly before: number | null },
    options: CallOptions,
  ): Promise<HistoryPage>;
  /**
   * The newest event of one of these kinds that can be read; null for none. With `above`: where there are events with
   * higher numbers than this, the newest of them that can be read, of any kind.
   */
  newestOf(
    account: string,
    kinds: readonly EventKind[],
    options: CallOptions & { readonly above?: number },
  ): Promise<RotationEvent | null>;
  /**
   * The number of the newest event from before `at`, among the oldest without a break within the range; `after` for
   * none. Reads a few hundred events at most: where it finds some, more may follow.
   */
  lastBefore(account: string, at: Instant, range: HistoryRange, options: CallOptions): Promise<number>;
  /** Takes out the events up to this number. */
  removeThrough(account: string, sequence: number, options: CallOptions): Promise<void>;
}
