import { hashedText, type RotationEvent } from "../rotation/events/events";
import { omittedBy } from "../rotation/events/omitted";
import type { RotationRecord } from "../rotation/record";
import { sha256 } from "../hash";

export interface ChainProblem {
  /** The event's place in the history; null for a row that has none. */
  readonly sequence: number | null;
  readonly id: string | null;
  readonly problem: string;
}

/** What is stored of an account's history. */
export interface StoredHistory {
  /** Oldest first. */
  readonly events: readonly RotationEvent[];
  /** Rows that cannot be read, by their place. */
  readonly unreadable: ReadonlyMap<number, string>;
}

const hashOf = (event: RotationEvent): string => sha256(hashedText(event));

const maxMissing = 100;

/**
 * Every difference from the history as it was written. Each event carries the hash of the one before it; the record
 * carries that of the newest, how many there are, and up to which they have been taken out because of their age. What
 * waits in the record's outbox may be in the history already.
 */
export const chainProblems = (history: StoredHistory, record: RotationRecord | null): readonly ChainProblem[] =>
  [
    ...[...history.unreadable].map(([sequence, problem]) => ({ sequence, id: null, problem })),
    ...missing(history, record),
    ...unexpectedEvents(history, record),
    ...altered(history, record),
  ].toSorted((one, other) => (one.sequence ?? 0) - (other.sequence ?? 0));

const placesOf = ({ events, unreadable }: StoredHistory): ReadonlySet<number> =>
  new Set([...events.map(({ sequence }) => sequence), ...unreadable.keys()]);

const missing = (history: StoredHistory, record: RotationRecord | null): readonly ChainProblem[] => {
  const places = placesOf(history);
  const omitted = [...history.events, ...(record?.publishing.outbox ?? [])]
    .map(omittedBy)
    .filter((found) => found !== null);
  const inOrder = [...places].toSorted((one, other) => one - other);
  const first = record === null ? (inOrder[0] ?? 1) : record.chain.prunedThrough + 1;
  const last =
    record === null ? (inOrder.at(-1) ?? 0) : (record.publishing.outbox[0]?.sequence ?? record.chain.sequence + 1) - 1;
  const found: ChainProblem[] = [];
  for (let sequence = first; sequence <= last && found.length < maxMissing; sequence++) {
    const known = omitted.find(({ from, through }) => from <= sequence && sequence <= through);
    if (known !== undefined) sequence = known.through;
    else if (!places.has(sequence)) found.push({ sequence, id: null, problem: "is missing" });
  }
  return found;
};

/** Where the chain begins: the oldest are taken out first, so one that a crash has left joins those that are kept. */
const beginningOf = (history: StoredHistory, record: RotationRecord | null): number => {
  const places = placesOf(history);
  let first = (record?.chain.prunedThrough ?? 0) + 1;
  while (places.has(first - 1)) first -= 1;
  return first;
};

const unexpectedEvents = (history: StoredHistory, record: RotationRecord | null): readonly ChainProblem[] => {
  const first = beginningOf(history, record);
  return history.events.flatMap(({ sequence, id }) => {
    if (sequence < first)
      return [{ sequence, id, problem: "had been taken out because of its age, and is there again" }];
    return record !== null && sequence > record.chain.sequence
      ? [{ sequence, id, problem: "is not one that the record knows of" }]
      : [];
  });
};

/** From the newest on: the hash in an altered event confirms nothing. */
const altered = (history: StoredHistory, record: RotationRecord | null): readonly ChainProblem[] => {
  const newest = history.events.at(-1);
  const inRecord = hashesInRecord(record);
  const unsound = new Set<number>();
  const found: ChainProblem[] = [];
  const byPlace = new Map(history.events.map((event) => [event.sequence, event]));
  for (const event of history.events.toReversed()) {
    const { sequence, id } = event;
    const expected = inRecord.get(sequence) ?? byPlace.get(sequence + 1)?.previousHash;
    if (expected === undefined || expected === hashOf(event)) continue;
    unsound.add(sequence);
    const doubtful = !inRecord.has(sequence) && unsound.has(sequence + 1);
    found.push({
      sequence,
      id,
      problem: doubtful ? `${unverifiable} the event after it is altered` : "is not as it was written",
    });
  }
  if (record !== null || newest === undefined) return found;
  return [
    ...found,
    { sequence: newest.sequence, id: newest.id, problem: `${unverifiable} the account's record is gone` },
  ];
};

const unverifiable = "cannot be verified:";

/** What the record says of single events, by their place. */
const hashesInRecord = (record: RotationRecord | null): ReadonlyMap<number, string | null> =>
  new Map(
    record === null
      ? []
      : [
          ...record.publishing.outbox.map(({ sequence, previousHash }) => [sequence - 1, previousHash] as const),
          [record.chain.sequence, record.chain.hash] as const,
        ],
  );
