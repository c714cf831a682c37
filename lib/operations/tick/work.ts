import * as z from "zod";
import { notificationDelayed } from "../../alarms/publish-notice";
import type { App } from "../../app";
import type { AccountConfig } from "../../rotation/account-config";
import { callOptions } from "../../limits";
import { type Instant, toInstant } from "../../rotation/time/time";
import { countsOf, processAccounts, readNotices, subscriptionOf, withOpenNotice } from "./process-accounts";
import { Surveyor, type SurveyOptions } from "./survey";
import { changeTickNotes } from "./tick-notes";

/** The accounts of one subscription that a tick hands to a worker. */
export interface Work {
  readonly at: Instant;
  /** The next tick: after that the message is worthless, as that tick hands over what is left. */
  readonly until: Instant;
  readonly subscription: string;
  /** Null for too many to name: the worker finds them itself. */
  readonly accounts: readonly string[] | null;
  /** Whether the tick has looked at all accounts, and believed no column of their rows. */
  readonly byRecords: boolean;
}

const instant = z.iso.datetime({ precision: 3 });
const workSchema = z.object({
  at: instant,
  until: instant,
  subscription: z.string(),
  accounts: z.array(z.string()).nullable(),
  // Absent in a message that an older release has left.
  byRecords: z.boolean().default(false),
});

/** Null for anything else. The host has parsed a message that is JSON. */
export const workIn = (message: unknown): Work | null => workSchema.safeParse(message).data ?? null;

/**
 * Drives the accounts that a message names. A repeated message is harmless: the first driver of an account has its
 * claim, and a later one finds nothing to do. Never fails for an account, so that no message comes back for that.
 */
export const doWork = async (app: App, message: unknown): Promise<void> => {
  const { ports, limits } = app;
  const now = ports.clock.now();
  const work = workIn(message);
  if (work === null) {
    const detail = "the message is no work: another client has written to the queue, or another release of this app";
    return ports.log.write("error", { event: "WorkDropped", account: null, subscription: null, detail });
  }
  const { subscription } = work;
  if (work.until < toInstant(now)) {
    const detail = `the message of ${work.at} was for the time before ${work.until}`;
    return ports.log.write("warn", { event: "WorkDropped", account: null, subscription, detail });
  }
  await take(app);
  const stop = ports.clock.abortAfter(limits.tickMs);
  await app.accounts.refresh(0, callOptions(ports.clock, limits.callMs));
  const notices = await readNotices(app);
  const accounts = await accountsOf(app, work, { now, stop, open: withOpenNotice(notices) });
  const { outcomes, left } = await processAccounts(app, accounts, stop, notices);
  const ms = ports.clock.now().getTime() - now.getTime();
  const counts = { accounts: accounts.length, ...countsOf(outcomes), left: left.length, ms };
  ports.log.write("info", { event: "WorkDone", subscription, ...counts });
};

const accountsOf = async (
  app: App,
  { subscription, accounts, byRecords }: Work,
  options: Omit<SurveyOptions, "atRest">,
): Promise<readonly AccountConfig[]> => {
  if (accounts !== null) return accounts.flatMap((name) => ownOf(subscription, app.accounts.find(name)));
  const { toLookAt } = await new Surveyor(app).surveyForWork(options, byRecords);
  return toLookAt.flatMap((config) => ownOf(subscription, config));
};

/** The account where it is of this subscription. */
const ownOf = (subscription: string, config: AccountConfig | null): readonly AccountConfig[] =>
  config !== null && subscriptionOf(config) === subscription ? [config] : [];

/** Shows the next tick that the queue is served. Where it cannot, that tick drives by itself, which is harmless. */
const take = async (app: App): Promise<void> => {
  try {
    await changeTickNotes(app, ({ handedOver, ...notes }) =>
      handedOver === null || handedOver.taken
        ? null
        : { ...notes, handedOver: { ...handedOver, taken: true }, untakenAlarmAt: null },
    );
  } catch (error) {
    app.ports.log.write("warn", notificationDelayed(null, error));
  }
};
