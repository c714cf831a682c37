import type { RaisedAlarm } from "../record";
import { type Instant, msBetween, toInstant } from "../time/time";
import type { AlarmKind, EventDraft } from "./events";

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
