import type { AccountConfig } from "../account-config";
import { complaintOf } from "../gate/consumers";
import { copied, isApprovedAfter } from "../gate/key-copies";
import { formatDuration } from "../time/duration";
import type { AlarmKind, EventDraft } from "./events";
import type { FleetState } from "../fleet/fleet-state";
import { heldUntil } from "../fleet/hold";
import { omittedBy } from "./omitted";
import { configurationConflict } from "../newest-configuration";
import type { RaisedAlarm, RotationRecord } from "../record";
import { nextDueAt, uncheckedAt } from "../schedule";
import { unknownReaderFault } from "../gate/readers";
import type { Sightings } from "../gate/sightings";
import { isStalled, timeInPhaseMs } from "../stall";
import { earliest, type Instant, msBetween, plusMs, toInstant } from "../time/time";
import { hours } from "../time/units";
import { gatedState, heldByFleet, uncompared, waitingFor } from "../waiting";
import { firstClosing } from "../time/window";

/** A condition that lasts and that an operator must know. */
export interface Condition {
  readonly kind: AlarmKind;
  readonly since: Instant;
  /** Null where nothing is known to be in the way. */
  readonly reason: string | null;
  readonly detail: string;
  /** Who causes it, where several can. */
  readonly about?: readonly string[];
}

export interface ConditionInput {
  readonly record: RotationRecord;
  readonly config: AccountConfig;
  /** Of an account that waits at its gate; else `nothingSeen`. */
  readonly sightings: Sightings;
  readonly dryRun: boolean;
  /** Of an account that may be due; absent where it has not been read, or need not be. */
  readonly fleet?: FleetState | null;
  readonly now: Date;
}

/** Derived again at every check, so that an alarm that a crash has lost is raised again. */
export const conditions = (input: ConditionInput): readonly Condition[] =>
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

const stalled = (input: ConditionInput): Condition | null => {
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

const blocked = ({ record }: ConditionInput): Condition | null =>
  record.failure?.blocked
    ? {
        kind: "RotationBlocked",
        since: record.failure.since,
        reason: record.failure.blocked.reason,
        detail: `${record.failure.detail}; ${record.failure.blocked.remedy}`,
      }
    : null;

/**
 * When a due rotation that has not started counts as overdue: at the end of its first window, or an hour later where
 * there is none.
 */
export const overdueAt = (record: RotationRecord, config: AccountConfig): Instant | null => {
  const dueAt = nextDueAt(record, config);
  if (dueAt === null) return null;
  return config.window === null ? plusMs(dueAt, hours(1)) : firstClosing(config.window, new Date(dueAt));
};

/** What was held back has a whole window of its own from then on, or an hour. */
const overdueAfterHold = ({ window }: AccountConfig, heldTo: Instant): Instant =>
  window === null ? plusMs(heldTo, hours(1)) : firstClosing(window, new Date(firstClosing(window, new Date(heldTo))));

/**
 * What the fleet holds back is not overdue: one alarm says that a fleet is stopped, not one for each account. Once the
 * secret has expired, it is.
 */
export const overdueSince = (input: ConditionInput): Instant | null => {
  const { record, config, fleet = null, now } = input;
  const { state } = record;
  const [dueAt, since] = [nextDueAt(record, config), overdueAt(record, config)];
  if (state.active === null || dueAt === null || since === null) return null;
  const expiresAt = plusMs(state.active.publishedAt, config.expireAfterMs);
  if (heldByFleet(input) !== null) return expiresAt;
  const heldTo = record.restart === null ? heldUntil(config.fleet, fleet, now) : null;
  return heldTo === null || heldTo <= dueAt ? since : earliest(overdueAfterHold(config, heldTo), expiresAt);
};

/** Due, and it should have started by now. */
export const isOverdue = (input: ConditionInput): boolean => {
  const since = overdueSince(input);
  return since !== null && toInstant(input.now) >= since;
};

const overdue = (input: ConditionInput): Condition | null => {
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
const unchecked = (input: ConditionInput): Condition | null => {
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

const unhealthy = ({ record, config, sightings, now }: ConditionInput): Condition | null => {
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

const urgentSuperseded = (input: ConditionInput): Condition | null => {
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

const behind = ({ record, now }: ConditionInput): Condition | null => {
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

const contested = ({ record: { contest, secret } }: ConditionInput): Condition | null =>
  contest && {
    kind: "SecretContested",
    since: contest.since,
    reason: null,
    detail:
      `secret ${secret.name} of ${secret.vaultUrl} is also configured for ${contest.by}, whose rotator is blocked: ` +
      "name another secret for one of the two in ROTATION_ACCOUNTS; the alarm ends when the newest version has no " +
      "tag ContestedBy: remove it, or wait for the next publication",
  };

const conflicting = ({ record, now }: ConditionInput): Condition | null => {
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
const held = ({ config }: ConditionInput): Condition | null => {
  const found = config.discovered?.held ?? null;
  return found && { kind: "DiscoveryProblem", since: found.since, reason: found.reason, detail: found.detail };
};

/** No app removes it by itself, whatever the consumers report meanwhile. */
const inAccount = ({ record, config }: ConditionInput): Condition | null => {
  const state = gatedState(record.state);
  const found = state === null ? null : copied(config, state.active, record.searched, state.approval);
  if (state === null || found === null || isApprovedAfter(state.approval, found.since)) return null;
  return { kind: "KeyInAccount", since: found.since, reason: found.reason, detail: found.detail };
};

/** By what is known of the vault's audit log; of an account that waits at no gate, it may be months old. */
const unknownReader = ({ config, sightings: { readers }, now }: ConditionInput): Condition | null => {
  const found = unknownReaderFault(config.gate, readers, now);
  if (found === null) return null;
  const { detail, since, identities } = found;
  return { kind: "UnknownReader", since, reason: "UnknownReader", detail, about: identities };
};

export interface AlarmChanges {
  readonly alarms: readonly RaisedAlarm[];
  readonly drafts: readonly EventDraft[];
}

/**
 * What to announce: each condition once when it begins, again every `remindEveryMs` while it lasts and when another one
 * causes it as well, and once when it has ended.
 */
export const alarmChanges = (
  known: readonly RaisedAlarm[],
  found: readonly Condition[],
  remindEveryMs: number,
  now: Date,
): AlarmChanges => {
  const at = toInstant(now);
  const drafts: EventDraft[] = [];
  const alarms: RaisedAlarm[] = [];
  for (const { kind, since, reason, detail, about } of found) {
    const raised = known.find((alarm) => alarm.kind === kind);
    const isNamed = (about ?? []).every((one) => raised?.about?.includes(one));
    if (raised !== undefined && isNamed && msBetween(raised.lastNotifiedAt, at) < remindEveryMs) {
      alarms.push(raised);
    } else {
      drafts.push({ event: kind, detail, ...(reason === null ? {} : { reason }) });
      const named = about === undefined ? {} : { about };
      alarms.push({ kind, since: raised?.since ?? since, lastNotifiedAt: at, ...named });
    }
  }
  for (const { kind, since } of known.filter((alarm) => !found.some((condition) => condition.kind === alarm.kind))) {
    drafts.push({ event: "AlarmCleared", reason: kind, detail: `${kind} has ended; it had lasted since ${since}` });
  }
  return { alarms, drafts };
};
