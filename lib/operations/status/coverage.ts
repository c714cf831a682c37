import type { UnprotectedAccount } from "../../account-directory";
import type { App } from "../../app";
import { callOptions } from "../../limits";
import type { AccountConfig } from "../../rotation/account-config";
import { nothingSeen } from "../../rotation/gate/sightings";
import type { RotationRecord } from "../../rotation/record";
import type { Instant } from "../../rotation/time/time";
import { keysUnusedSince } from "../../rotation/attention/way-out";
import { concurrently } from "../../concurrently";
import { keysListedAt } from "./key-uses";

/** An account on which shared keys could perhaps be switched off. */
export interface SwitchableAccount {
  readonly account: string;
  readonly resourceId: string;
  /** Nothing is known to have used its keys since then. */
  readonly since: Instant;
}

export interface Coverage {
  readonly unprotected: readonly UnprotectedAccount[];
  readonly switchable: readonly SwitchableAccount[];
  /** When the graph answered last; null where it never did, or accounts are only listed. */
  readonly checkedAt: Instant | null;
}

const maxConcurrent = 16;

/**
 * The accounts in scope that no rotator handles, and those whose keys nothing seems to use. An account is named only
 * where it has been idle for so long that a rotation, which needs reports, would have shown a use.
 */
export const readCoverage = async (app: App): Promise<Coverage> => {
  const found = app.accounts.found();
  const switchable = await concurrently(await candidates(app), maxConcurrent, (one) => switchableOf(app, one));
  return {
    unprotected: found?.unprotected ?? [],
    switchable: switchable.flat(),
    checkedAt: found?.answeredAt ?? null,
  };
};

interface Candidate {
  readonly config: AccountConfig;
  readonly record: RotationRecord;
}

const switchableOf = async (app: App, { config, record }: Candidate): Promise<readonly SwitchableAccount[]> => {
  const { ports, limits } = app;
  const sightings = await ports.signals.list(config.name, callOptions(ports.clock, limits.callMs));
  const seen = { config, record, sightings, now: ports.clock.now() };
  const since = keysUnusedSince({ ...seen, keysListedAt: await keysListedAt(app, seen) });
  return since === null ? [] : [{ account: config.name, resourceId: config.batch.resourceId, since }];
};

/** Accounts whose record alone does not show that their keys are in use, by one scan of the records. */
const candidates = async ({ ports, accounts, limits }: App): Promise<readonly Candidate[]> => {
  const found: Candidate[] = [];
  const now = ports.clock.now();
  const visit = (account: string, record: RotationRecord | null): void => {
    const config = accounts.find(account);
    if (config === null || record === null) return;
    const seen = { config, record, sightings: nothingSeen, keysListedAt: null, now };
    if (keysUnusedSince(seen) !== null) found.push({ config, record });
  };
  const signal = ports.clock.abortAfter(limits.requestMs);
  await ports.rotations.scanRecords(({ account, record }) => visit(account, record), { signal });
  return found;
};
