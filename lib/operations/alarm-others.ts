import { notificationDelayed } from "../alarms/publish-notice";
import type { App } from "../app";
import type { StoredNotice } from "../ports";
import type { AccountConfig } from "../rotation/account-config";
import { recordOrphaned } from "../rotation/events/notice";
import { hours } from "../rotation/time/units";
import { concurrently } from "./concurrently";
import { publishOrDelay } from "./corrupt-record-alarm";
import { readOrphanedRecords } from "./orphaned-records";

const maxConcurrent = 8;

/** How often alarms of no configured account are repeated: as those of the account that is reminded most often. */
const remindersOf = (accounts: readonly AccountConfig[]): number =>
  accounts.length === 0 ? hours(6) : Math.min(...accounts.map(({ remindEveryMs }) => remindEveryMs));

/**
 * The alarms of no configured account: raises those of records that no account owns, and ends those about accounts of
 * which nothing is stored any more. The alarm about the settings is none of them.
 */
export const alarmOthers = async (app: App, notices: readonly StoredNotice[]): Promise<void> => {
  const orphans = await orphansOf(app);
  if (orphans === null) return;
  const configured = new Set<string | null>([null, ...app.accounts.list().map(({ name }) => name)]);
  const known = new Map(notices.map((stored) => [stored.notice.account, stored]));
  const others = [...new Set([...known.keys(), ...orphans.keys()])].filter((name) => !configured.has(name));
  const now = app.ports.clock.now();
  const remindEveryMs = remindersOf(app.accounts.list());
  await concurrently(others, maxConcurrent, (account) => {
    const detail = orphans.get(account);
    const found = detail === undefined ? [] : [recordOrphaned(detail, now)];
    return publishOrDelay(app, { account, known: known.get(account) ?? null, found, remindEveryMs });
  });
};

/** What is to be said of each, by account; null where they cannot be read. */
const orphansOf = async (app: App): Promise<ReadonlyMap<string | null, string> | null> => {
  try {
    const orphans = await readOrphanedRecords(app);
    return new Map(orphans.map(({ account, detail }) => [account, detail]));
  } catch (error) {
    app.ports.log.write("warn", notificationDelayed(null, error));
    return null;
  }
};
