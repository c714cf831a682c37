import { complaintOf } from "../gate/consumers";
import { copied, isApprovedAfter } from "../gate/key-copies";
import { unknownReaderFault } from "../gate/readers";
import { configurationConflict } from "../newest-configuration";
import type { RotationRecord } from "../record";
import { nextDueAt, uncheckedAt } from "../schedule";
import { isStalled, timeInPhaseMs } from "../stall";
import { formatDuration } from "../time/duration";
import { msBetween, toInstant } from "../time/time";
import { hours } from "../time/units";
import { type AccountView, gatedState, uncompared, waitingFor } from "../waiting";
import type { Condition } from "./alarm-changes";
import { omittedBy } from "./omitted";
import { isOverdue, overdueSince } from "./overdue";

/** Derived again at every check, so that an alarm that a crash has lost is raised again. */
export const conditions = (input: AccountView): readonly Condition[] =>
  [
    stalled(input),
    blocked(input),
    overdue(input),
    unchecked(input),
    unhealthy(input),
    urgentSuperseded(input),
    behind(input),
    contested(input),
    conflicting(input),
    held(input),
    inAccount(input),
    unknownReader(input),
  ].filter((found) => found !== null);

const stalled = (input: AccountView): Condition | null => {
  const { record, config, now } = input;
  const { phase } = record.state;
  if (phase === "idle" || !isStalled(record, config, now)) return null;
  const waits = waitingFor(input);
  const why = waits?.detail ?? record.failure?.blocked?.remedy ?? "it should have moved on by now";
  return {
    kind: "RotationStalled",
    since: toInstant(new Date(now.getTime() - timeInPhaseMs(record, now) + config.stalledAfterMs[phase])),
    reason: waits?.reason ?? record.failure?.blocked?.reason ?? null,
    detail: `in phase ${phase} for longer than ${formatDuration(config.stalledAfterMs[phase])}: ${why}`,
  };
};

const blocked = ({ record }: AccountView): Condition | null =>
  record.failure?.blocked
    ? {
        kind: "RotationBlocked",
        since: record.failure.since,
        reason: record.failure.blocked.reason,
        detail: `${record.failure.detail}; ${record.failure.blocked.remedy}`,
      }
    : null;

const overdue = (input: AccountView): Condition | null => {
  const { record, config } = input;
  const since = overdueSince(input);
  if (since === null || !isOverdue(input)) return null;
  const waits = waitingFor(input);
  return {
    kind: "RotationOverdue",
    since,
    reason: waits?.reason ?? null,
    detail: `due since ${nextDueAt(record, config)} and not started${waits === null ? "" : `: ${waits.detail}`}`,
  };
};

/**
 * The comparison of vault and live keys has not succeeded for twice `reconcileEvery`, whatever the phase: so a
 * published key may be dead. In a dry run a difference is compared again at every tick and only reported.
 */
const unchecked = (input: AccountView): Condition | null => {
  const { record, config, dryRun, now } = input;
  const since = uncheckedAt(record, config);
  if (since === null || toInstant(now) < since) return null;
  const { failure } = record;
  const waits = uncompared(input);
  if (dryRun && failure === null && waits === null) return null;
  const why = failure?.blocked?.remedy ?? waits?.detail ?? "it should have been compared by now";
  const last = record.reconciledAt === null ? "" : ` since ${record.reconciledAt}`;
  return {
    kind: "AccountUnchecked",
    since,
    reason: failure?.blocked?.reason ?? waits?.reason ?? null,
    detail: `the vault's key could not be compared with the live keys${last}: ${why}`,
  };
};

const unhealthy = ({ record, config, sightings, now }: AccountView): Condition | null => {
  const state = gatedState(record.state);
  if (state === null) return null;
  for (const consumer of config.gate.consumers) {
    const found = complaintOf(consumer, config.gate, state.active, sightings, now);
    if (found !== null) return { kind: "ConsumerUnhealthy", reason: "Unhealthy", ...found };
  }
  return null;
};

/** A rotation for a leaked key has ended before the key was dead, and has not started again. */
export const isRestartUrgent = ({ restart }: RotationRecord): boolean =>
  restart !== null && restart.retireAfterMs !== null;

const urgentSuperseded = (input: AccountView): Condition | null => {
  const { record } = input;
  if (record.restart === null || !isRestartUrgent(record)) return null;
  const waits = waitingFor(input);
  return {
    kind: "UrgentRotationSuperseded",
    since: record.dueAgainAt ?? record.phaseClock.since,
    reason: waits?.reason ?? null,
    detail:
      `the rotation with retireAfter that ${record.restart.by} requested (${record.restart.reason}) has not started ` +
      `again, so the key may still be alive${waits === null ? "" : `: ${waits.detail}`}`,
  };
};

/** How long an event may wait for the history before that is an alarm: longer than an outage that passes by itself. */
const maxBehindMs = hours(1);

const behind = ({ record, now }: AccountView): Condition | null => {
  const { outbox } = record.publishing;
  const since = outbox.map((event) => omittedBy(event)?.since ?? event.at).toSorted()[0];
  if (since === undefined || msBetween(since, toInstant(now)) < maxBehindMs) return null;
  return {
    kind: "HistoryBehind",
    since,
    reason: null,
    detail:
      `${outbox.length} events have waited for the history since ${since}: log and webhook have them; ` +
      "the line HistoryDelayed of the log says what is in the way",
  };
};

const contested = ({ record: { contest, secret } }: AccountView): Condition | null =>
  contest && {
    kind: "SecretContested",
    since: contest.since,
    reason: null,
    detail:
      `secret ${secret.name} of ${secret.vaultUrl} is also configured for ${contest.by}, whose rotator is blocked: ` +
      "name another secret for one of the two in ROTATION_ACCOUNTS; the alarm ends when the newest version has no " +
      "tag ContestedBy: remove it, or wait for the next publication",
  };

const conflicting = ({ record, now }: AccountView): Condition | null => {
  const seen = configurationConflict(record, now);
  return (
    seen && {
      kind: "ConfigurationConflict",
      since: seen.since,
      reason: null,
      detail:
        `processes with another configuration have worked on this account since ${seen.since}, last at ` +
        `${seen.lastAt}, and only the newest configuration takes steps: where two apps share these tables, give each ` +
        "its own ROTATION_TABLE_PREFIX; in one app, stop the processes from before its last deployment",
    }
  );
};

/** The account was found by a tag, and its tags or the account itself are no longer as they must be. */
const held = ({ config }: AccountView): Condition | null => {
  const found = config.discovered?.held ?? null;
  return found && { kind: "DiscoveryProblem", since: found.since, reason: found.reason, detail: found.detail };
};

/** No app removes it by itself, whatever the consumers report meanwhile. */
const inAccount = ({ record, config }: AccountView): Condition | null => {
  const state = gatedState(record.state);
  const found = state === null ? null : copied(config, state.active, record.searched, state.approval);
  if (state === null || found === null || isApprovedAfter(state.approval, found.since)) return null;
  return { kind: "KeyInAccount", since: found.since, reason: found.reason, detail: found.detail };
};

/** By what is known of the vault's audit log; of an account that waits at no gate, it may be months old. */
const unknownReader = ({ config, sightings: { readers }, now }: AccountView): Condition | null => {
  const found = unknownReaderFault(config.gate, readers, now);
  if (found === null) return null;
  const { detail, since, identities } = found;
  return { kind: "UnknownReader", since, reason: "UnknownReader", detail, about: identities };
};
