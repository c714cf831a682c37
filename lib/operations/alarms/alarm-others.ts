import { notificationDelayed } from "../../alarms/publish-notice";
import type { App } from "../../app";
import type { StoredNotice } from "../../ports/notices";
import type { AccountConfig } from "../../rotation/account-config";
import { alarmChanges, type Condition } from "../../rotation/events/alarm-changes";
import { discoveryProblem, recordOrphaned } from "../../rotation/events/notice";
import { hours } from "../../rotation/time/units";
import { concurrently } from "../../concurrently";
import { publishOrDelay } from "./corrupt-record-alarm";
import type { Survey } from "../tick/survey";
import { readOrphanedRecord } from "./orphaned-records";

const maxConcurrent = 8;

/** How often alarms of no configured account are repeated: as those of the account that is reminded most often. */
export const remindersOf = (accounts: readonly AccountConfig[]): number =>
  accounts.length === 0
    ? hours(6)
    : accounts.reduce((least, { remindEveryMs }) => Math.min(least, remindEveryMs), Number.POSITIVE_INFINITY);

/**
 * The alarms of no configured account: raises those of records that no account owns, and ends those about accounts of
 * which nothing is stored any more. The alarm about the settings is none of them.
 */
export const alarmOthers = async (
  app: App,
  notices: ReadonlyMap<string | null, StoredNotice>,
  { accounts, unowned }: Pick<Survey, "accounts" | "unowned">,
): Promise<void> => {
  // Before the graph has answered, a record may be that of an account which is still to be found.
  if (unowned === null || !app.accounts.isComplete()) return;
  const configured = new Set<string | null>([null, ...accounts.map(({ name }) => name)]);
  const orphans = new Set<string | null>(unowned);
  const problems = new Map((app.accounts.found()?.problems ?? []).map((one) => [one.account, discoveryProblem(one)]));
  const others = [...new Set([...notices.keys(), ...orphans, ...problems.keys()])].filter(
    (name) => name !== null && !configured.has(name),
  );
  const remindEveryMs = remindersOf(accounts);
  await concurrently(others, maxConcurrent, async (account) => {
    if (account === null) return;
    const stored = notices.get(account) ?? null;
    const found = orphans.has(account) ? await conditionsOf(app, account, stored, remindEveryMs) : [];
    const problem = problems.get(account) ?? [];
    if (found !== null)
      await publishOrDelay(app, { account, known: stored, found: found.concat(problem), remindEveryMs });
  });
};

/** The record is read only where its alarm begins or is repeated; null where it cannot be read now. */
const conditionsOf = async (
  app: App,
  account: string,
  known: StoredNotice | null,
  remindEveryMs: number,
): Promise<readonly Condition[] | null> => {
  const now = app.ports.clock.now();
  const lasting = [recordOrphaned("no configured account owns this record", now)];
  const { drafts } = alarmChanges(known?.notice.alarms ?? [], lasting, remindEveryMs, now);
  if (drafts.length === 0) return lasting;
  try {
    const orphan = await readOrphanedRecord(app, account);
    return orphan === null ? [] : [recordOrphaned(orphan.detail, now)];
  } catch (error) {
    app.ports.log.write("warn", notificationDelayed(account, error));
    return null;
  }
};
