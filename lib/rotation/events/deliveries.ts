import { nextAttemptAt } from "../time/backoff";
import { type Announcement, isAlarm } from "./events";
import type { Delivery } from "../record";
import { type Instant, plusMs, toInstant } from "../time/time";
import { days } from "../time/units";

/** Which events the webhook gets: alarms and their end, or everything. */
export type Wanted = "alarms" | "all";

export const isWanted = ({ event }: Pick<Announcement, "event">, wanted: Wanted): boolean =>
  wanted === "all" || isAlarm(event) || event === "AlarmCleared";

/** More than this many wait for no receiver: a record must not outgrow its row because a webhook is dead. */
export const maxDeliveries = 100;

/** A delivery that is tried at once and given up after a day. */
export const newDelivery = <E extends Announcement>(event: E, now: Date): Delivery<E> => ({
  event,
  attempts: 0,
  nextAttemptAt: toInstant(now),
  giveUpAt: plusMs(toInstant(now), days(1)),
});

/** The same delivery after a try that failed; null when it is given up. */
export const retried = <E extends Announcement>(delivery: Delivery<E>, now: Date): Delivery<E> | null => {
  const attempts = delivery.attempts + 1;
  const next: Instant = nextAttemptAt(attempts + 1, now, null);
  return next > delivery.giveUpAt ? null : { ...delivery, attempts, nextAttemptAt: next };
};
