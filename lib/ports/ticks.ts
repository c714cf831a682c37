import type { Instant } from "../rotation/time/time";
import type { CallOptions } from "./call";

/** What ticks leave for the next one, of whatever process: a process may live for one tick only. */
export interface TickNotes {
  /** When a tick last looked at all accounts; null for never. */
  readonly allLookedAt: Instant | null;
  /** The last time that a tick has handed accounts to the queue, and whether a worker has got any; null for never. */
  readonly handedOver: { readonly at: Instant; readonly taken: boolean } | null;
  /** When it was last an alarm that no worker takes any; null once one has. */
  readonly untakenAlarmAt: Instant | null;
}

export const noTickNotes: TickNotes = { allLookedAt: null, handedOver: null, untakenAlarmAt: null };

export interface StoredTickNotes {
  readonly notes: TickNotes;
  readonly etag: string;
}

/** Throws `TransientServiceError` or `OperatorNeededError`. */
export interface Ticks {
  /** Null where there are none, or they cannot be understood. */
  read(options: CallOptions): Promise<StoredTickNotes | null>;
  /** Null when another writer has written since `etag` was read; `etag` is null where there was none. */
  write(notes: TickNotes, etag: string | null, options: CallOptions): Promise<StoredTickNotes | null>;
}
