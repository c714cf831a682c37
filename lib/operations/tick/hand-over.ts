import { notificationDelayed } from "../../alarms/publish-notice";
import type { App } from "../../app";
import type { AccountConfig } from "../../rotation/account-config";
import { type Instant, plusMs, toInstant } from "../../rotation/time/time";
import { hours } from "../../rotation/time/units";
import { alarmWorkLost } from "./lost-work";
import { subscriptionOf } from "./process-accounts";
import { changeTickNotes } from "./tick-notes";
import type { Work } from "./work";

/** A message of the queue has 48 KiB of text; the rest of it takes less than this leaves. */
const maxNames = 40_000;

/**
 * The messages by which a tick hands these accounts to other instances: one for each subscription, because Resource
 * Manager's allowances are those of a subscription, and one worker keeps to them. Null where the tick has to drive them
 * itself: no worker has taken what the tick before has handed over, or it cannot be known whether one has.
 * `byRecords`: the tick has believed no column.
 */
export const handOver = async (
  app: App,
  accounts: readonly AccountConfig[],
  nextTickAt: Instant | null,
  byRecords: boolean,
): Promise<readonly Work[] | null> => {
  const { ports, limits } = app;
  const now = ports.clock.now();
  const at = toInstant(now);
  try {
    if (!(await mayHandOver(app, at))) return null;
  } catch (error) {
    ports.log.write("warn", notificationDelayed(null, error));
    return null;
  }
  const until = nextTickAt !== null && nextTickAt > at ? nextTickAt : plusMs(at, 2 * limits.tickMs);
  return worksOf(accounts, { at, until, byRecords });
};

/** Every other time, while no worker takes anything: so a queue that nothing serves holds up no account for long. */
const mayHandOver = async (app: App, at: Instant): Promise<boolean> => {
  let untaken: Instant | null = null;
  let isAlarm = false;
  const written = await changeTickNotes(app, ({ handedOver, untakenAlarmAt, ...notes }) => {
    untaken = handedOver !== null && !handedOver.taken ? handedOver.at : null;
    isAlarm = untaken !== null && (untakenAlarmAt === null || plusMs(untakenAlarmAt, remindEveryMs) <= at);
    return {
      ...notes,
      handedOver: untaken === null ? { at, taken: false } : null,
      untakenAlarmAt: isAlarm ? at : untakenAlarmAt,
    };
  });
  if (untaken !== null) await reportUntaken(app, untaken, isAlarm);
  return written && untaken === null;
};

/** The rotator as a whole has no `remindEvery`. */
const remindEveryMs = hours(6);

const reportUntaken = async (app: App, at: Instant, isAlarm: boolean): Promise<void> => {
  const detail =
    `no worker has taken the accounts that were handed to the queue at ${at}: check that the function ` +
    "rotateSubscription runs, and that the app may use the queues of the host's storage account; this run processes " +
    "the accounts itself";
  app.ports.log.write("error", { event: "WorkUntaken", account: null, detail });
  if (isAlarm) await alarmWorkLost(app, detail);
};

const worksOf = (
  accounts: readonly AccountConfig[],
  common: Omit<Work, "subscription" | "accounts">,
): readonly Work[] => {
  const bySubscription = new Map<string, string[]>();
  for (const config of accounts) {
    const subscription = subscriptionOf(config);
    const known = bySubscription.get(subscription);
    if (known === undefined) bySubscription.set(subscription, [config.name]);
    else known.push(config.name);
  }
  return [...bySubscription].map(([subscription, names]) => ({
    ...common,
    subscription,
    accounts: names.join().length <= maxNames ? names : null,
  }));
};
