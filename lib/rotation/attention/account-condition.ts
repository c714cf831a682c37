import { isOverdue } from "../events/overdue";
import { pauseInForce } from "../pause";
import type { Phase } from "../phases";
import type { BlockedReason } from "../reasons";
import type { RotationRecord } from "../record";
import { isStalled } from "../stall";
import type { Instant } from "../time/time";
import { type AccountView, type Waiting, waitingFor } from "../waiting";

export interface Blocked {
  readonly reason: BlockedReason;
  readonly remedy: string;
  readonly since: Instant;
  readonly attempts: number;
  readonly nextAttemptAt: Instant;
}

/** Of an account: what decides who must act. The status shows it, and so does the row beside the record. */
export interface AccountCondition {
  readonly phase: Phase;
  readonly waitingFor: Waiting | null;
  readonly blocked: Blocked | null;
  readonly stalled: boolean;
  /** Due, and it should have started by now. */
  readonly overdue: boolean;
  readonly paused: boolean;
}

export const conditionOf = (view: AccountView): AccountCondition => {
  const { record, config, now } = view;
  return {
    phase: record.state.phase,
    waitingFor: waitingFor(view),
    blocked: blockedIn(record),
    stalled: isStalled(record, config, now),
    overdue: isOverdue(view),
    paused: pauseInForce(record, config) !== null,
  };
};

const blockedIn = ({ failure }: RotationRecord): Blocked | null =>
  failure?.blocked
    ? {
        reason: failure.blocked.reason,
        remedy: failure.blocked.remedy,
        since: failure.since,
        attempts: failure.attempts,
        nextAttemptAt: failure.nextAttemptAt,
      }
    : null;
