import { notificationDelayed } from "../../alarms/publish-notice";
import type { App } from "../../app";
import { CorruptRecordError, failedWith } from "../../errors";
import { callOptions } from "../../limits";
import type { StoredNotice } from "../../ports/notices";
import type { AccountConfig } from "../../rotation/account-config";
import type { WaitingReason } from "../../rotation/reasons";
import { isOpen } from "../../rotation/events/notice";
import { isQuiet, stateLine } from "./account-states";
import { alarmCorruptRecord } from "../alarms/corrupt-record-alarm";
import { type Driven, driveAccount } from "./drive-account";
import { fairly } from "./fairly";
import { reviewFleet } from "./review-fleet";
import { corruptStatus, type StatusBody, statusOf } from "../status/status";

/**
 * Far more than answer at once, as most of a drive is waiting; few enough that none waits for its subscription's
 * allowance longer than one call may take.
 */
export const maxConcurrent = 64;

export interface Outcome {
  /** Null where processing the account failed. */
  readonly status: StatusBody | null;
  readonly moves: number;
  /** Why the record cannot be used, and how to fix that; null for any other. */
  readonly unusable: StatusBody["blocked"];
}

/** By account; null where they cannot be read. */
export type Notices = ReadonlyMap<string | null, StoredNotice> | null;

interface Processed {
  readonly outcomes: readonly Outcome[];
  /** Names of the accounts for which there was no time, in the order of their turns. */
  readonly left: readonly string[];
}

/** The notices of all accounts in one query. */
export const readNotices = async ({ ports, limits }: App): Promise<Notices> => {
  try {
    const all = await ports.notices.list(callOptions(ports.clock, limits.callMs));
    return new Map(all.map((stored) => [stored.notice.account, stored]));
  } catch (error) {
    ports.log.write("warn", notificationDelayed(null, error));
    return null;
  }
};

/** Names of the accounts that have a notice in which something is open. */
export const withOpenNotice = (notices: Notices): ReadonlySet<string> =>
  new Set([...(notices?.values() ?? [])].flatMap(({ notice }) => (isOpen(notice) ? (notice.account ?? []) : [])));

/**
 * Gives each account its turn, fairly between subscriptions. A failure in one account does not affect the others. No
 * turn begins after `stop`.
 */
export const processAccounts = async (
  app: App,
  accounts: readonly AccountConfig[],
  stop: AbortSignal,
  notices: Notices,
): Promise<Processed> => {
  const outcomes: Outcome[] = [];
  const left: string[] = [];
  await fairly(accounts, subscriptionOf, maxConcurrent, async (config) => {
    if (stop.aborted) left.push(config.name);
    else outcomes.push(await processAccount(app, config, stop, notices));
  });
  await reviewFleet(app, reasonsOf(outcomes));
  return { outcomes, left };
};

const reasonsOf = (outcomes: readonly Outcome[]): ReadonlySet<WaitingReason> =>
  new Set(outcomes.map(({ status }) => status?.waitingFor?.reason).filter((reason) => reason !== undefined));

/** Resource Manager's allowances are those of a subscription. */
export const subscriptionOf = ({ batch }: AccountConfig): string => batch.subscriptionId.toLowerCase();

const processAccount = async (
  app: App,
  config: AccountConfig,
  stop: AbortSignal,
  notices: Notices,
): Promise<Outcome> => {
  const outcome = await driveAndReport(app, config, stop);
  const known = notices?.get(config.name) ?? null;
  if (notices !== null && outcome.status !== null) await alarmCorruptRecord(app, config, known, outcome.unusable);
  return outcome;
};

const driveAndReport = async (app: App, config: AccountConfig, stop: AbortSignal): Promise<Outcome> => {
  try {
    const driven = await driveAccount(app, config, stop);
    return { status: report(app, config, driven), moves: driven.moves ?? 0, unusable: null };
  } catch (error) {
    if (error instanceof CorruptRecordError) return reportCorrupt(app, config, error);
    app.ports.log.write("error", { event: "AccountFailed", account: config.name, ...failedWith(error) });
    return { status: null, moves: 0, unusable: null };
  }
};

const report = (
  { ports, limits }: App,
  config: AccountConfig,
  { record, sightings, moves, fleet }: Driven,
): StatusBody => {
  const now = ports.clock.now();
  const status = statusOf({ config, record, sightings, dryRun: limits.dryRun, fleet, now });
  if (record !== null && (moves !== null || !isQuiet(status)))
    ports.log.write("info", stateLine(config, status, record, now));
  return status;
};

const reportCorrupt = ({ ports }: App, config: AccountConfig, error: CorruptRecordError): Outcome => {
  const now = ports.clock.now();
  const status = corruptStatus(config, error, now);
  ports.log.write("error", stateLine(config, status, null, now));
  return { status, moves: 0, unusable: status.blocked };
};

export interface Counts {
  readonly moved: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly stalled: number;
  readonly failed: number;
}

export const countsOf = (outcomes: readonly Outcome[]): Counts => {
  const statuses = outcomes.map(({ status }) => status).filter((status) => status !== null);
  return {
    moved: outcomes.filter(({ moves }) => moves > 0).length,
    waiting: statuses.filter(({ waitingFor }) => waitingFor !== null).length,
    blocked: statuses.filter(({ blocked }) => blocked !== null).length,
    stalled: statuses.filter(({ stalled }) => stalled).length,
    failed: outcomes.length - statuses.length,
  };
};
