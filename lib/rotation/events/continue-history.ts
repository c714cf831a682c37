import type { Pause, RotationRecord } from "../record";
import type { RotationEvent } from "./events";
import { type EventContext, numbered, withEvents } from "./outbox";

/** Where a history stands, as it is stored. */
export interface HistoryPosition {
  /** The number and the hash of its newest event. */
  readonly sequence: number;
  readonly hash: string;
  /** The place below its oldest event. */
  readonly prunedThrough: number;
  /** The operator's pause that its newest decision leaves in force. */
  readonly pause: Pause | null;
}

/** Far more numbers than an account uses: beyond them a number may not be exact. */
const maxSequence = Number.MAX_SAFE_INTEGER - 1_000_000;

/**
 * The record, restored from an older copy, with its events numbered above the newest one of the history. Its outbox
 * loses what the history has (`known`, by id). A pause that the copy does not know stays in force. Requires that every
 * event of the outbox is announced. Null where the history does not stand in the way, or leaves no number.
 */
export const continuedAbove = (
  record: RotationRecord,
  { sequence, hash, prunedThrough, pause }: HistoryPosition,
  known: ReadonlySet<string>,
  context: EventContext,
): RotationRecord | null => {
  const [first] = record.publishing.outbox;
  if (first === undefined || sequence < first.sequence || sequence > maxSequence) return null;
  const waiting = record.publishing.outbox.filter(({ id }) => !known.has(id));
  const decidesPause = waiting.some(({ event }) => event === "Paused" || event === "Resumed");
  const chain = { sequence, hash, prunedThrough: Math.max(record.chain.prunedThrough, prunedThrough) };
  const emptied = { ...record, chain, publishing: { ...record.publishing, outbox: [] } };
  const after = numbered(emptied, waiting, context.hash);
  const announced = { ...after.publishing, announcedThrough: after.chain.sequence };
  return withEvents(
    { ...after, pause: record.pause ?? (decidesPause ? null : pause), publishing: announced },
    [
      {
        event: "RecordSetBack",
        detail: describe(first, sequence),
        evidence: { from: first.sequence, newest: sequence },
      },
    ],
    context,
  );
};

const describe = (first: RotationEvent, newest: number): string =>
  `the record went on from event ${first.sequence - 1}, but its history has events up to ${newest}: it was restored ` +
  "from an older copy, or deleted while it was being made; its events go on above them";
