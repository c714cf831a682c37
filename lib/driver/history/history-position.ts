import { CorruptRecordError } from "../../errors";
import { sha256 } from "../../hash";
import type { CallOptions } from "../../ports/call";
import type { History, UnreadableRow } from "../../ports/history";
import { hashedText, type RotationEvent } from "../../rotation/events/events";
import type { HistoryPosition } from "../../rotation/events/continue-history";
import { pauseOf } from "../../rotation/pause";

type Ask = () => CallOptions;

/**
 * Where the history of an account stands, for a record that does not know it: a first one, or one that was restored
 * from an older copy. Null where there is no history. Throws `CorruptRecordError` where its newest row cannot be read.
 */
export const readHistoryPosition = async (
  history: History,
  account: string,
  call: Ask,
): Promise<HistoryPosition | null> => {
  const { event, unreadable } = await newestBelow(history, account, null, call);
  if (unreadable !== null) throw new CorruptRecordError(account, unreadable.problem, unreadable.sequence);
  if (event === null) return null;
  const oldest = await oldestPlace(history, account, event.sequence, call);
  const decision = await history.newestOf(account, ["Paused", "Resumed"], call());
  return {
    sequence: event.sequence,
    hash: sha256(hashedText(event)),
    prunedThrough: oldest - 1,
    pause: decision === null ? null : pauseOf(decision),
  };
};

interface Newest {
  readonly event: RotationEvent | null;
  /** The row in the newest place, where it is no event. */
  readonly unreadable: (UnreadableRow & { readonly sequence: number }) | null;
}

const newestBelow = async (history: History, account: string, before: number | null, call: Ask): Promise<Newest> => {
  const page = await history.page(account, { limit: 1, before }, call());
  const unreadable = page.unreadable.find((row): row is UnreadableRow & { sequence: number } => row.sequence !== null);
  return { event: page.events[0] ?? null, unreadable: unreadable ?? null };
};

/**
 * What was removed because of its age is not missing: the history begins at this place. Found by halving, as a history
 * may be too long to be read.
 */
const oldestPlace = async (history: History, account: string, newest: number, call: Ask): Promise<number> => {
  let [low, oldest] = [1, newest];
  while (low < oldest) {
    const middle = Math.floor((low + oldest) / 2);
    const { event, unreadable } = await newestBelow(history, account, middle + 1, call);
    const found = event?.sequence ?? unreadable?.sequence ?? null;
    if (found === null) low = middle + 1;
    else oldest = found;
  }
  return oldest;
};
