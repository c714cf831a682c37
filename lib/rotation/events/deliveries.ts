import { nextAttemptAt } from "../time/backoff";
import { type Announcement, isAlarm } from "./events";
import { storedLength } from "./omitted";
import type { Delivery } from "../record";
import { type Instant, plusMs, toInstant } from "../time/time";
import { days } from "../time/units";

/** Which events the webhook gets: alarms and their end, or everything. */
export type Wanted = "alarms" | "all";

export const isWanted = ({ event }: Pick<Announcement, "event">, wanted: Wanted): boolean =>
  wanted === "all" || isAlarm(event) || event === "AlarmCleared";

/** More than this many, or more than this many characters as they are stored, wait for no receiver. */
const maxDeliveries = 100;
const maxStored = 150_000;

/** The newest deliveries that a row has room for: it must not outgrow its table because a webhook is dead. */
export const newestDeliveries = <E extends Announcement>(
  deliveries: readonly Delivery<E>[],
): { readonly kept: readonly Delivery<E>[]; readonly dropped: readonly E[] } => {
  let [count, length] = [0, 0];
  const kept = deliveries
    .toReversed()
    .filter((delivery) => {
      [count, length] = [count + 1, length + storedLength(delivery)];
      return count <= maxDeliveries && length <= maxStored;
    })
    .toReversed();
  return { kept, dropped: deliveries.slice(0, deliveries.length - kept.length).map(({ event }) => event) };
};

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
