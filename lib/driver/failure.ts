import { OperatorNeededError, OutcomeUnknownError, TransientServiceError, framesOf, safeMessage } from "../errors";
import type { Limits } from "../limits";
import { nextAttemptAt } from "../rotation/time/backoff";
import { quarantined } from "../rotation/claim";
import type { EventContext } from "../rotation/events/outbox";
import type { RotationRecord } from "../rotation/record";
import { failed, type FailedAttempt } from "../rotation/moves/settle";
import { plusMs, toInstant } from "../rotation/time/time";

/** One line of the log about a failed step. */
interface FailureLine {
  readonly level: "warn" | "error";
  readonly line: Readonly<Record<string, unknown>> & { readonly event: string };
}

/** What a failure of a step means for the record, and what the log says about it. */
export const failedStep = (
  record: RotationRecord,
  error: unknown,
  { quarantineMs }: Limits,
  context: EventContext,
): FailureLine & { readonly record: RotationRecord } => {
  const attempts = (record.failure?.attempts ?? 0) + 1;
  const retryAfterMs = error instanceof TransientServiceError ? error.retryAfterMs : null;
  const next = nextAttemptAt(attempts, context.now, retryAfterMs);
  return {
    record: failed(
      afterUnknownOutcome(record, error, quarantineMs, context.now),
      failureOf(error),
      attempts,
      next,
      context,
    ),
    level: error instanceof OperatorNeededError ? "error" : "warn",
    line: {
      event: "AttemptFailed",
      account: record.account,
      phase: record.state.phase,
      ...failureFields(error),
      attempts,
      nextAttemptAt: next,
    },
  };
};

/** A defect that strikes between intent and answer leaves the outcome just as unknown as a lost answer. */
const afterUnknownOutcome = (
  record: RotationRecord,
  error: unknown,
  quarantineMs: number,
  now: Date,
): RotationRecord => {
  const intent = record.claim?.intent ?? null;
  if (!(error instanceof OutcomeUnknownError) && (intent === null || !isDefect(error))) return record;
  const since = toInstant(now);
  const slot = intent?.slot ?? null;
  const quarantine = quarantined(record.quarantine, { slot, since, until: plusMs(since, quarantineMs) });
  return { ...record, quarantine };
};

/** A failure without values. */
const failureOf = (error: unknown): FailedAttempt => {
  if (error instanceof OperatorNeededError) {
    return { blocked: { reason: error.reason, remedy: error.remedy }, detail: error.what };
  }
  return { blocked: null, detail: safeMessage(error) };
};

/** The same as members of a log line; of a defect also where it happened. */
export const failureFields = (error: unknown): Readonly<Record<string, unknown>> => {
  const { detail, blocked } = failureOf(error);
  const facts = error !== null && typeof error === "object" && "facts" in error ? { facts: error.facts } : {};
  return { detail, reason: blocked?.reason ?? null, ...facts, ...(isDefect(error) ? { stack: framesOf(error) } : {}) };
};

const isDefect = (error: unknown): boolean =>
  !(
    error instanceof OperatorNeededError ||
    error instanceof TransientServiceError ||
    error instanceof OutcomeUnknownError
  );
