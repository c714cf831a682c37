import { type EventContext } from "./outbox";
import { alarmChanges, type Condition } from "./alarm-changes";
import { isWanted, newDelivery, newestDeliveries, type Wanted } from "./deliveries";
import { type AlarmKind, type Announcement, type EventDraft, keptDetail } from "./events";
import type { BlockedReason } from "../reasons";
import type { Delivery, RaisedAlarm } from "../record";
import { type Instant, isToCome, plusMs, toInstant } from "../time/time";
import { minutes } from "../time/units";

/**
 * Alarms that no rotation record can hold: of an account whose record cannot be read, and of the rotator as a whole.
 */
export interface Notice {
  /** Null: the rotator as a whole. */
  readonly account: string | null;
  /** Conditions that have been raised and not cleared. */
  readonly alarms: readonly RaisedAlarm[];
  /** Stored, and not announced yet. */
  readonly outbox: readonly Announcement[];
  /** Events that the log has, and that the webhook is still to get, in order. */
  readonly deliveries: readonly Delivery<Announcement>[];
  /** Announced; written to the account's history once its record can be read again. */
  readonly pendingHistory: readonly Announcement[];
  /** Delivery lease: only its holder may send until this instant. */
  readonly heldUntil: Instant | null;
}

/** Longer than it takes to send what is due. */
export const maxHoldMs = minutes(1);

/** The first alarm and the newest events after it: hundreds of reminders are of no use. */
const maxPendingHistory = 50;

export const firstNotice = (account: string | null): Notice => ({
  account,
  alarms: [],
  outbox: [],
  deliveries: [],
  pendingHistory: [],
  heldUntil: null,
});

export const recordUnusable = (
  { reason, remedy }: { readonly reason: BlockedReason; readonly remedy: string },
  now: Date,
): Condition => ({
  kind: "RotationBlocked",
  since: toInstant(now),
  reason,
  detail: remedy,
});

/** A record that no configured account owns. */
export const recordOrphaned = (detail: string, now: Date): Condition => ({
  kind: "RecordOrphaned",
  since: toInstant(now),
  reason: null,
  detail,
});

/** An account with a tag that cannot be rotated, or the graph itself. */
export const discoveryProblem = ({
  since,
  reason,
  detail,
}: {
  readonly since: Instant;
  readonly reason: string | null;
  readonly detail: string;
}): Condition => ({ kind: "DiscoveryProblem", since, reason, detail });

/** `SettingUnresolved`: of settings that the rotator goes on without. */
export const configurationInvalid = (
  problems: string,
  now: Date,
  reason: "ConfigurationInvalid" | "SettingUnresolved" = "ConfigurationInvalid",
): Condition => ({
  kind: "ConfigurationInvalid",
  since: toInstant(now),
  reason,
  detail: problems,
});

export const isHeld = ({ heldUntil }: Notice, now: Date): boolean => isToCome(heldUntil, maxHoldMs, now);

export type NoticeContext = Omit<EventContext, "hash">;

/**
 * The notice with the events of these conditions: each is raised once, repeated, and cleared once. Alarms of an
 * undetermined kind stay as they are.
 */
export const noticed = (
  notice: Notice,
  found: readonly Condition[],
  remindEveryMs: number,
  context: NoticeContext,
  undetermined: readonly AlarmKind[] = [],
): Notice => {
  const stay = notice.alarms.filter(({ kind }) => undetermined.includes(kind));
  const known = notice.alarms.filter((alarm) => !stay.includes(alarm));
  const { alarms, drafts } = alarmChanges(known, found, remindEveryMs, context.now);
  return { ...withDrafts(notice, drafts, context), alarms: [...alarms, ...stay] };
};

/** The notice with events; the conditions that last stay as they are. */
export const withDrafts = (notice: Notice, drafts: readonly EventDraft[], context: NoticeContext): Notice => ({
  ...notice,
  outbox: [
    ...notice.outbox,
    ...drafts.map(
      ({ event, reason, detail }): Announcement => ({
        id: context.nextId(),
        at: toInstant(context.now),
        event,
        account: notice.account,
        rotationId: null,
        reason: reason ?? null,
        detail: keptDetail(detail),
        by: context.by,
      }),
    ),
  ],
});

/** Whether anything is left to do about it. */
export const isOpen = ({ alarms, outbox, deliveries, pendingHistory }: Notice): boolean =>
  [alarms, outbox, deliveries, pendingHistory].some((left) => left.length > 0);

export const hasPendingNotifications = ({ outbox, deliveries }: Notice, now: Date): boolean =>
  outbox.length > 0 || deliveries.some(({ nextAttemptAt }) => nextAttemptAt <= toInstant(now));

export const held = (notice: Notice, now: Date): Notice => ({
  ...notice,
  heldUntil: plusMs(toInstant(now), maxHoldMs),
});

interface Announced {
  readonly notice: Notice;
  /** Too many wait for a webhook that does not take them. */
  readonly dropped: readonly Announcement[];
}

/** The notice once the log has what was in its outbox. */
export const announcedAll = (notice: Notice, wanted: Wanted | null, now: Date): Announced => {
  const { outbox, account } = notice;
  const queued = [
    ...notice.deliveries,
    ...outbox.filter((event) => wanted !== null && isWanted(event, wanted)).map((event) => newDelivery(event, now)),
  ];
  const { kept, dropped } = newestDeliveries(queued);
  const pending = account === null ? [] : [...notice.pendingHistory, ...outbox];
  return {
    notice: {
      ...notice,
      outbox: [],
      deliveries: kept,
      pendingHistory:
        pending.length <= maxPendingHistory
          ? pending
          : [...pending.slice(0, 1), ...pending.slice(1 - maxPendingHistory)],
    },
    dropped,
  };
};
