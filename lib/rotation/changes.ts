import type { AccountConfig } from "./account-config";
import { type Announcement, type EventDraft, hashedText, keptDetail, type RotationEvent } from "./events/events";
import { rotationOf } from "./phases";
import type { Claim, Failure, Hold, Pause, Quarantine, RotationRecord } from "./record";
import { type Instant, latest, msBetween, plusMs, toInstant } from "./time/time";
import type { Move } from "./transitions";

/** Who writes, when, and where new event ids come from. */
export interface EventContext {
  readonly now: Date;
  readonly by: string;
  readonly nextId: () => string;
  /** SHA-256 in hex. */
  readonly hash: (text: string) => string;
}

/** The record of an account that has never been seen. */
export const firstRecord = (config: AccountConfig, now: Date): RotationRecord => ({
  account: config.name,
  resourceId: config.batch.resourceId,
  secret: config.secret,
  accountEndpoint: null,
  state: { phase: "adopting", active: null, approval: null },
  phaseSince: toInstant(now),
  pause: null,
  rollback: null,
  pausedSince: null,
  pausedMs: 0,
  claim: null,
  intent: null,
  quarantine: null,
  failure: null,
  hold: null,
  reconciledAt: null,
  dueAgainAt: null,
  restart: null,
  lastRotation: null,
  outbox: [],
  announcedThrough: 0,
  eventSequence: 0,
  eventHash: null,
  alarms: [],
  deliveries: [],
  prunedThrough: 0,
});

/** Whether somebody else may be at work on this record. */
export const claimIsLive = (record: RotationRecord, now: Date): boolean =>
  record.claim !== null && record.claim.until > toInstant(now);

/** Another release may hold a claim for longer than this one, and clocks may differ. */
const toleratedMs = 86_400_000;

/** A claim that no driver can have taken, and that would keep all of them out for as long as it says. */
export const claimIsAbsurd = ({ claim }: RotationRecord, claimMs: number, now: Date): boolean =>
  claim !== null && msBetween(toInstant(now), claim.until) > claimMs + toleratedMs;

/**
 * The record under a new claim. A claim that ran out unsettled was a driver's that stopped or was cut off in mid-step:
 * what it had sent may be applied as late as `quarantineMs` after its claim's end, so nothing is regenerated before that.
 */
export const claimed = (record: RotationRecord, claim: Claim, quarantineMs: number): RotationRecord => ({
  ...record,
  claim,
  intent: null,
  quarantine:
    record.claim === null
      ? record.quarantine
      : quarantined(record.quarantine, {
          slot: record.intent?.slot ?? null,
          since: record.claim.until,
          until: plusMs(record.claim.until, quarantineMs),
        }),
});

/** The stricter of two quarantines: the later end, and a slot where either names one. */
export const quarantined = (known: Quarantine | null, added: Quarantine): Quarantine =>
  known === null || known.until <= added.since
    ? added
    : { slot: added.slot ?? known.slot, since: added.since, until: latest(known.until, added.until) };

/** Null once it has ended. */
export const activeQuarantine = (record: RotationRecord, now: Date): Quarantine | null =>
  record.quarantine !== null && record.quarantine.until > toInstant(now) ? record.quarantine : null;

/** The record with the events added to its outbox, numbered on. */
export const withEvents = (
  record: RotationRecord,
  drafts: readonly EventDraft[],
  pen: EventContext,
): RotationRecord => {
  const rotationId = rotationOf(record.state)?.id ?? null;
  return appended(record, drafts, pen, rotationId);
};

/** The record with events added that were told while it could not be read: only the history is to get them. Nothing else may wait to be told. */
export const withBacklog = (
  record: RotationRecord,
  told: readonly Announcement[],
  hash: EventContext["hash"],
): RotationRecord => {
  const after = numbered(
    record,
    told.map((event) => ({ ...event, evidence: null })),
    hash,
  );
  return { ...after, announcedThrough: after.eventSequence };
};

const appended = (
  record: RotationRecord,
  drafts: readonly EventDraft[],
  pen: EventContext,
  rotationId: string | null,
): RotationRecord =>
  numbered(
    record,
    drafts.map((draft) => ({
      id: pen.nextId(),
      at: toInstant(pen.now),
      event: draft.event,
      rotationId,
      reason: draft.reason ?? null,
      detail: keptDetail(draft.detail),
      by: pen.by,
      evidence: draft.evidence ?? null,
    })),
    pen.hash,
  );

const numbered = (
  record: RotationRecord,
  added: readonly Omit<RotationEvent, "account" | "sequence" | "previousHash">[],
  hash: EventContext["hash"],
): RotationRecord => {
  let { eventSequence, eventHash } = record;
  const events: RotationEvent[] = [];
  for (const each of added) {
    eventSequence += 1;
    const event = { ...each, account: record.account, sequence: eventSequence, previousHash: eventHash };
    events.push(event);
    eventHash = hash(hashedText(event));
  }
  return { ...record, outbox: [...record.outbox, ...events], eventSequence, eventHash };
};

/** The record after a step: the next state, its events in the outbox, and whatever the last tries left behind cleared. */
export const moved = (record: RotationRecord, move: Move, pen: EventContext): RotationRecord => {
  const samePhase = move.state.phase === record.state.phase;
  const rotationId = rotationOf(move.state)?.id ?? rotationOf(record.state)?.id ?? null;
  const next: RotationRecord = {
    ...record,
    ...move.also,
    state: move.state,
    phaseSince: samePhase ? record.phaseSince : toInstant(pen.now),
    pausedMs: samePhase ? record.pausedMs : 0,
    pausedSince: samePhase || record.pausedSince === null ? record.pausedSince : toInstant(pen.now),
    intent: null,
    quarantine: activeQuarantine(record, pen.now),
    failure: null,
    hold: null,
  };
  return appended(next, move.events, pen, rotationId);
};

/** The record after a look that only found something to wait for. */
export const waitingOn = (record: RotationRecord, hold: Omit<Hold, "since"> | null, now: Date): RotationRecord => ({
  ...record,
  intent: null,
  failure: null,
  hold:
    hold === null ? null : { ...hold, since: record.hold?.reason === hold.reason ? record.hold.since : toInstant(now) },
});

export interface FailedAttempt {
  readonly blocked: Failure["blocked"];
  readonly detail: string;
}

/** The record after a step that did not get done: same phase, one attempt more, not tried again before `nextAttemptAt`. */
export const failed = (
  record: RotationRecord,
  failure: FailedAttempt,
  attempts: number,
  next: Instant,
  pen: EventContext,
): RotationRecord => {
  const same = record.failure !== null && record.failure.blocked?.reason === failure.blocked?.reason;
  // The detail of a refusal carries a request id, so it is another one each time.
  const told = same && (failure.blocked !== null || record.failure?.detail === failure.detail);
  const after: RotationRecord = {
    ...record,
    intent: null,
    failure: {
      ...failure,
      since: same && record.failure !== null ? record.failure.since : toInstant(pen.now),
      attempts,
      nextAttemptAt: next,
    },
  };
  if (told) return after;
  const { blocked, detail } = failure;
  return withEvents(
    after,
    [
      {
        event: "StepFailed",
        detail: blocked === null ? detail : `${detail}; ${blocked.remedy}`,
        reason: blocked?.reason ?? "BackingOff",
      },
    ],
    pen,
  );
};

/** The pause in force, by an operator or in the configuration; null when there is none. */
export const pauseInForce = (record: RotationRecord, config: AccountConfig): Pause | null => {
  if (record.pause !== null) return record.pause;
  return config.paused
    ? { since: record.pausedSince ?? record.phaseSince, by: "configuration", reason: '"paused": true' }
    : null;
};

/** Keeps the books on time spent paused, which does not count as stalling. */
export const withPauseSeen = (record: RotationRecord, config: AccountConfig, now: Date): RotationRecord => {
  const paused = pauseInForce(record, config) !== null;
  if (paused === (record.pausedSince !== null)) return record;
  const at = toInstant(now);
  return record.pausedSince === null
    ? { ...record, pausedSince: at }
    : { ...record, pausedSince: null, pausedMs: record.pausedMs + Math.max(0, msBetween(record.pausedSince, at)) };
};

/** Whether the record was made for what the configuration names now. */
export const isFor = (record: RotationRecord, config: AccountConfig): boolean =>
  record.resourceId.toLowerCase() === config.batch.resourceId.toLowerCase() &&
  record.secret.vaultUrl.toLowerCase() === config.secret.vaultUrl.toLowerCase() &&
  record.secret.name.toLowerCase() === config.secret.name.toLowerCase();
