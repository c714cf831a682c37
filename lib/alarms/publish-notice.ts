import { callOptions } from "../limits";
import { OperatorNeededError, safeMessage } from "../errors";
import type { StoredNotice } from "../ports/notices";
import type { Ports } from "../ports/ports";
import type { Condition } from "../rotation/events/alarm-changes";
import { type AlarmKind, type Announcement, clearedKind, type EventDraft, isAlarm } from "../rotation/events/events";
import {
  announcedAll,
  firstNotice,
  held,
  isHeld,
  hasPendingNotifications,
  maxHoldMs,
  type Notice,
  type NoticeContext,
  noticed,
  withDrafts,
} from "../rotation/events/notice";
import { alertDropped, sendDeliveries } from "./send-deliveries";

/** The ports that publish a notice; they can be opened while other settings are invalid. */
export interface NotifierPorts {
  readonly ports: Pick<Ports, "notices" | "alerts" | "log" | "clock" | "ids">;
  /** The most that one external call may take, in milliseconds. */
  readonly callMs: number;
}

/** What a notice is about, and what is stored of it. */
export interface Subject {
  /** Null: the rotator as a whole. */
  readonly account: string | null;
  /** As it was read; null where there is none. */
  readonly known: StoredNotice | null;
  /** What lasts now; empty where nothing does. */
  readonly found: readonly Condition[];
  readonly remindEveryMs: number;
  /** Kinds of alarms of which it is not known now whether they last: they stay as they are. */
  readonly undetermined?: readonly AlarmKind[];
  /** Announced with the alarms, each under its own id. */
  readonly events?: readonly Announcement[];
}

/** What has happened, apart from what lasts. */
interface Happening {
  readonly account: string | null;
  readonly known: StoredNotice | null;
  readonly draft: EventDraft;
}

/**
 * Publishes the conditions that have begun, last or have ended, and sends the deliveries that are still open. The
 * notice is stored first, with a delivery lease: of two concurrent hosts the second writer stops, and what a crash has
 * interrupted is published again under the same id. Returns the notice as stored; null where another host holds the
 * lease.
 */
export const publishNotice = async (
  { ports, callMs }: NotifierPorts,
  subject: Subject | Happening,
): Promise<StoredNotice | null> => {
  const { notices, alerts, log, clock, ids } = ports;
  const { account, known } = subject;
  const now = clock.now();
  const before = known?.notice ?? firstNotice(account);
  if (isHeld(before, now)) return null;
  const context = { now, by: "schedule", nextId: () => ids.next() };
  const next = "draft" in subject ? withDrafts(before, [subject.draft], context) : judged(before, subject, context);
  if (!hasPendingNotifications(next, now)) return known;
  const call = () => callOptions(clock, callMs);
  const mine = await notices.write(held(next, now), known?.etag ?? null, call());
  if (mine === null) return null;
  for (const event of next.outbox) {
    const inNoHistory = { sequence: null, evidence: null, previousHash: null };
    log.write(isAlarm(event.event) ? "error" : "info", { ...event, ...inNoHistory, ...clearedKind(event) });
  }
  const announced = announcedAll(next, alerts.wanted, now);
  const { rest, dropped } = await sendDeliveries(ports, announced.notice.deliveries, call);
  for (const event of [...announced.dropped, ...dropped]) log.write("error", alertDropped(event));
  // After the lease has ended, another host may own the notice.
  const leftMs = maxHoldMs - (clock.now().getTime() - now.getTime());
  const last = leftMs <= 0 ? { signal: AbortSignal.abort() } : callOptions(clock, Math.min(leftMs, callMs));
  return notices.write({ ...announced.notice, deliveries: rest, heldUntil: null }, mine.etag, last);
};

/** The log line of a notification that failed; the next tick repeats it. */
export const notificationDelayed = (account: string | null, error: unknown) => ({
  event: "NotificationDelayed",
  account,
  detail: safeMessage(error),
  reason: error instanceof OperatorNeededError ? error.reason : null,
});

const judged = (
  before: Notice,
  { found, remindEveryMs, undetermined = [], events = [] }: Subject,
  context: NoticeContext,
): Notice => {
  const next = noticed(before, found, remindEveryMs, context, undetermined);
  return { ...next, outbox: [...next.outbox, ...events] };
};
