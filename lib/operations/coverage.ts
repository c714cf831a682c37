import type { UnprotectedAccount } from "../account-directory";
import type { App } from "../app";
import { callOptions } from "../limits";
import type { AccountConfig } from "../rotation/account-config";
import { heardAt } from "../rotation/gate/signals";
import type { RotationRecord } from "../rotation/record";
import { type Instant, plusMs, toInstant } from "../rotation/time/time";
import { days } from "../rotation/time/units";
import { concurrently } from "./concurrently";

/** An account on which shared keys could perhaps be switched off. */
export interface SwitchableAccount {
  readonly account: string;
  readonly resourceId: string;
  /** None of its consumers has reported since then. */
  readonly since: Instant;
}

export interface Coverage {
  readonly unprotected: readonly UnprotectedAccount[];
  readonly switchable: readonly SwitchableAccount[];
  /** When the graph answered last; null where it never did, or accounts are only listed. */
  readonly checkedAt: Instant | null;
}

/** Longer than a month's jobs are silent. */
const silentMs = days(30);
const maxConcurrent = 16;

/**
 * The accounts in scope that no rotator handles, and those whose keys no consumer seems to use. Silence proves nothing:
 * a consumer may use the key and not report. So an account is named only where consumers are configured, and where it
 * has been idle for so long that a rotation, which needs their reports, would have shown them.
 */
export const readCoverage = async (app: App): Promise<Coverage> => {
  const { ports, accounts } = app;
  const now = ports.clock.now();
  const since = plusMs(toInstant(now), -silentMs);
  const quiet = await idleSince(app, since);
  const silent = await concurrently(quiet, maxConcurrent, async (config) => {
    const { reports } = await ports.signals.list(config.name, callOptions(ports.clock, app.limits.callMs));
    return reports.some((report) => heardAt(report) > since) ? [] : [config];
  });
  const found = accounts.found();
  return {
    unprotected: found?.unprotected ?? [],
    switchable: silent.flat().map(({ name, batch }) => ({ account: name, resourceId: batch.resourceId, since })),
    checkedAt: found?.answeredAt ?? null,
  };
};

/** Accounts with consumers that have been idle since before then, by one scan of the records. */
const idleSince = async ({ ports, accounts, limits }: App, since: Instant): Promise<readonly AccountConfig[]> => {
  const idle: AccountConfig[] = [];
  const visit = (account: string, record: RotationRecord | null): void => {
    const config = accounts.find(account);
    if (config === null || record === null || config.gate.consumers.length === 0) return;
    if (record.state.phase === "idle" && record.phaseClock.since <= since && record.failure === null) idle.push(config);
  };
  const signal = ports.clock.abortAfter(limits.requestMs);
  await ports.rotations.scanRecords(({ account, record }) => visit(account, record), { signal });
  return idle;
};
