import type { EventDraft, RotationEvent } from "./events";

/**
 * How many characters of events an outbox holds, as they are stored. A row of a table holds 450,000 in all: the rest is
 * for the webhook's queue, the state and what one step adds.
 */
const maxOutbox = 200_000;

/** The characters of a value in a row: JSON in ASCII, six for any other character. */
export const storedLength = (value: unknown): number => JSON.stringify(value).replace(/[^ -~]/g, "uuuuuu").length;

/** The newest of the events stay, and all that are not announced. Half of the bound, so that it is seldom reached. */
export const withinBounds = (
  outbox: readonly RotationEvent[],
  announcedThrough: number,
): { readonly kept: readonly RotationEvent[]; readonly left: readonly RotationEvent[] } => {
  let length = storedLength(outbox);
  if (length <= maxOutbox) return { kept: outbox, left: [] };
  const first = outbox.findIndex((event) => {
    if (length <= maxOutbox / 2 || event.sequence > announcedThrough) return true;
    length -= storedLength(event);
    return false;
  });
  const kept = first === -1 ? [] : outbox.slice(first);
  return { kept, left: outbox.slice(0, outbox.length - kept.length) };
};

/** The numbers that a history will never have, both ends included, and how many events had them. */
interface Omitted {
  readonly from: number;
  readonly through: number;
  readonly count: number;
  /** When the first of them happened. */
  readonly since: string;
}

/** What a `HistoryShortened` names; null of any other event. */
export const omittedBy = ({ event, evidence }: RotationEvent): Omitted | null => {
  if (event !== "HistoryShortened" || evidence === null) return null;
  const { from, through, count, since } = evidence;
  return typeof from === "number" &&
    typeof through === "number" &&
    typeof count === "number" &&
    typeof since === "string"
    ? { from, through, count, since }
    : null;
};

/** Takes over what an omitted one named itself. Null where nothing is omitted. */
export const omission = (left: readonly RotationEvent[]): EventDraft | null => {
  const [first, last] = [left[0], left.at(-1)];
  if (first === undefined || last === undefined) return null;
  const earlier = left.map(omittedBy).filter((found) => found !== null);
  // What one of them has named is older than all that are here.
  const { from, since } = earlier[0] ?? { from: first.sequence, since: first.at };
  const count = left.length - earlier.length + earlier.reduce((sum, found) => sum + found.count, 0);
  const through = last.sequence;
  return {
    event: "HistoryShortened",
    detail:
      `the history took nothing for so long that the record could not hold more: ${count} events since ${since}, ` +
      `numbered ${from} to ${through}, are in the log only`,
    evidence: { from, through, count, since },
  };
};
