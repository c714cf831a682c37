import { activeQuarantine, withoutIntent } from "../claim";
import { isRestartUrgent } from "../events/alarm-conditions";
import { appended, type EventContext, withEvents } from "../events/outbox";
import { compared } from "../key-events";
import { rotationOf, type State } from "../phases";
import type { Failure, Hold, RotationRecord } from "../record";
import { type Instant, toInstant } from "../time/time";
import type { Move } from "./move";

/** The record after a step: the next state, its events in the outbox, and the traces of failed attempts removed. */
export const moved = (record: RotationRecord, move: Move, context: EventContext): RotationRecord => {
  const samePhase = isSamePhase(record.state, move.state);
  const rotationId = rotationOf(move.state)?.id ?? rotationOf(record.state)?.id ?? null;
  const next: RotationRecord = {
    ...withoutIntent(record),
    ...move.also,
    ...(move.also?.reconciledAt === undefined ? {} : { keyEvents: compared(record.keyEvents) }),
    state: move.state,
    phaseClock: {
      since: samePhase ? record.phaseClock.since : toInstant(context.now),
      pausedSince:
        samePhase || record.phaseClock.pausedSince === null ? record.phaseClock.pausedSince : toInstant(context.now),
      pausedMs: samePhase ? record.phaseClock.pausedMs : 0,
    },
    quarantine: activeQuarantine(record, context.now),
    failure: null,
    hold: null,
    searched: samePhase ? record.searched : null,
  };
  return appended(withRaised(next, move, context), move.events, context, rotationId);
};

/** At first sight an adoption begins: what is counted from its beginning must not count the time before, as a pause. */
const isSamePhase = (before: State, after: State): boolean =>
  before.phase === after.phase && (before.active === null) === (after.active === null);

/** The event is the first announcement of an alarm that lasts until the request has started again. */
const withRaised = (next: RotationRecord, { events }: Move, { now }: EventContext): RotationRecord => {
  const kind = "UrgentRotationSuperseded";
  if (!events.some(({ event }) => event === kind) || !isRestartUrgent(next)) return next;
  const others = next.publishing.alarms.filter((alarm) => alarm.kind !== kind);
  const at = toInstant(now);
  const alarms = [...others, { kind, since: at, lastNotifiedAt: at } as const];
  return { ...next, publishing: { ...next.publishing, alarms } };
};

/** The record after a check that only found something to wait for. */
export const waitingOn = (record: RotationRecord, hold: Omit<Hold, "since"> | null, now: Date): RotationRecord => ({
  ...withoutIntent(record),
  failure: null,
  hold:
    hold === null ? null : { ...hold, since: record.hold?.reason === hold.reason ? record.hold.since : toInstant(now) },
});

export interface FailedAttempt {
  readonly blocked: Failure["blocked"];
  readonly detail: string;
}

/** The detail of a service's answer carries a request id, which is another one each time. */
const isSameDetail = (one: string, other: string): boolean => withoutRequestId(one) === withoutRequestId(other);

const withoutRequestId = (detail: string): string => detail.replace(/, request id [\w.-]+/, "");

/**
 * The record after a step that did not get done: same phase, one attempt more, not tried again before `nextAttemptAt`.
 */
export const failed = (
  record: RotationRecord,
  failure: FailedAttempt,
  attempts: number,
  next: Instant,
  context: EventContext,
): RotationRecord => {
  const known = record.failure;
  const same = known !== null && known.blocked?.reason === failure.blocked?.reason;
  const announced = same && (failure.blocked !== null || isSameDetail(known.detail, failure.detail));
  const after: RotationRecord = {
    ...withoutIntent(record),
    failure: {
      ...failure,
      since: same ? known.since : toInstant(context.now),
      attempts,
      nextAttemptAt: next,
    },
  };
  if (announced) return after;
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
    context,
  );
};
