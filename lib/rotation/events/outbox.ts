import type { RotationRecord } from "../record";
import { rotationOf } from "../phases";
import { omission, withinBounds } from "./omitted";
import { toInstant } from "../time/time";
import { type Announcement, type EventDraft, hashedText, keptDetail, type RotationEvent } from "./events";

/** Who writes an event, when, and where its id comes from. */
export interface EventContext {
  readonly now: Date;
  readonly by: string;
  readonly nextId: () => string;
  /** SHA-256 in hex. */
  readonly hash: (text: string) => string;
}

/** The record with the events added to its outbox, numbered on. */
export const withEvents = (
  record: RotationRecord,
  drafts: readonly EventDraft[],
  context: EventContext,
): RotationRecord => {
  const rotationId = rotationOf(record.state)?.id ?? null;
  return appended(record, drafts, context, rotationId);
};

/**
 * The record with events that were announced while it could not be read: only the history still gets them. Requires
 * that no other event waits to be announced.
 */
export const withBacklog = (
  record: RotationRecord,
  backlog: readonly Announcement[],
  context: EventContext,
): RotationRecord => {
  const after = numbered(
    record,
    backlog.map((event) => ({ ...event, evidence: null })),
    context.hash,
  );
  return shortened({ ...after, publishing: { ...after.publishing, announcedThrough: after.chain.sequence } }, context);
};

export const appended = (
  record: RotationRecord,
  drafts: readonly EventDraft[],
  context: EventContext,
  rotationId: string | null,
): RotationRecord => shortened(drafted(record, drafts, context, rotationId), context);

const drafted = (
  record: RotationRecord,
  drafts: readonly EventDraft[],
  context: EventContext,
  rotationId: string | null,
): RotationRecord =>
  numbered(
    record,
    drafts.map((draft) => ({
      id: context.nextId(),
      at: toInstant(context.now),
      event: draft.event,
      rotationId,
      reason: draft.reason ?? null,
      detail: keptDetail(draft.detail),
      by: context.by,
      evidence: draft.evidence ?? null,
    })),
    context.hash,
  );

/**
 * An outbox that would outgrow its record, because the history takes nothing, loses its oldest events, all of them
 * announced: log and webhook have them. One event in the history names the numbers that it will never have. Without
 * this the record could not be written any more, and the account would stand still.
 */
const shortened = (record: RotationRecord, context: EventContext): RotationRecord => {
  const { outbox, announcedThrough } = record.publishing;
  const { kept, left } = withinBounds(outbox, announcedThrough);
  const draft = omission(left);
  return draft === null
    ? record
    : drafted({ ...record, publishing: { ...record.publishing, outbox: kept } }, [draft], context, null);
};

export const numbered = (
  record: RotationRecord,
  added: readonly Omit<RotationEvent, "account" | "sequence" | "previousHash">[],
  hash: EventContext["hash"],
): RotationRecord => {
  let { sequence, hash: previousHash } = record.chain;
  const events: RotationEvent[] = [];
  for (const each of added) {
    sequence += 1;
    const event = { ...each, account: record.account, sequence, previousHash };
    events.push(event);
    previousHash = hash(hashedText(event));
  }
  return {
    ...record,
    publishing: { ...record.publishing, outbox: [...record.publishing.outbox, ...events] },
    chain: { ...record.chain, sequence, hash: previousHash },
  };
};
