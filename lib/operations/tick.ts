import { notificationDelayed, safeMessage } from "../alarms/publish-notice";
import type { App } from "../app";
import { callOptions } from "../limits";
import { sha256 } from "../hash";
import { CorruptRecordError } from "../errors";
import type { StoredNotice } from "../ports";
import type { AccountConfig } from "../rotation/account-config";
import { isOpen } from "../rotation/events/notice";
import { isQuiet, stateLine } from "./account-states";
import { alarmOthers } from "./alarm-others";
import { alarmCorruptRecord } from "./corrupt-record-alarm";
import { type Driven, driveAccount } from "./drive-account";
import { fairly } from "./fairly";
import { reportUnresolved } from "./unresolved-settings";
import { corruptStatus, type StatusBody, statusOf } from "./status";
import { type AtRest, type Survey, Surveyor } from "./survey";

export interface TickSummary {
  readonly accounts: number;
  readonly moved: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly stalled: number;
  readonly failed: number;
  readonly ms: number;
}

/** Bad: the tables could not be read, so no account was processed. */
export type TickResult = TickSummary & { readonly outcome: "good" | "bad" };

/**
 * Far more than answer at once, as most of a drive is waiting; few enough that none waits for its subscription's
 * allowance longer than one call may take.
 */
const maxConcurrent = 64;

interface Outcome {
  /** Null where processing the account failed, or the tick's time was up. */
  readonly status: StatusBody | null;
  readonly moves: number;
  /** Why the record cannot be used, and how to fix that; null for any other. */
  readonly unusable: StatusBody["blocked"];
}

/** Of an account that the tick had no time for. */
const notBegun = "notBegun";

/** By account; null where they cannot be read. */
type Notices = ReadonlyMap<string | null, StoredNotice> | null;

/**
 * Processes every account that has anything to do. A failure in one account does not affect the others. No new step is
 * begun after the tick's time is up: the accounts that are left come first at the next tick.
 */
export class Ticker {
  readonly #surveyor: Surveyor;
  /** Accounts that the tick before had no time for, in the order of their turns. */
  #left: readonly string[] = [];

  constructor(private readonly app: App) {
    this.#surveyor = new Surveyor(app);
  }

  async tick(): Promise<TickResult> {
    const { ports, limits } = this.app;
    const discovering = await this.#learnAccounts();
    const now = ports.clock.now();
    const stop = ports.clock.abortAfter(limits.tickMs);
    const notices = await this.#notices();
    const survey = await this.#surveyor.survey({
      now,
      stop,
      open: withOpenNotice(notices),
      atRest: this.#logRest(now),
    });
    const outcomes = await this.#processAll(survey, stop, notices);
    await discovering?.done;
    if (notices !== null) await alarmOthers(this.app, notices, survey);
    await reportUnresolved(this.app, notices?.get(null) ?? null);
    const counts = { accounts: survey.accounts.length, ...summarize(survey, outcomes) };
    const summary = { ...counts, ms: ports.clock.now().getTime() - now.getTime() };
    ports.log.write("info", { event: "Tick", ...summary });
    const nothingProcessed = summary.failed === outcomes.length && outcomes.length > 0;
    return { ...summary, outcome: notices === null || discovering === null || nothingProcessed ? "bad" : "good" };
  }

  async #processAll(survey: Survey, stop: AbortSignal, notices: Notices): Promise<readonly Outcome[]> {
    const left: string[] = [];
    const found = await fairly(this.#inTurn(survey.toLookAt), subscriptionOf, maxConcurrent, async (config) => {
      if (!stop.aborted) return this.#processAccount(config, stop, notices);
      left.push(config.name);
      return notBegun;
    });
    this.#left = left;
    if (left.length === 0) await survey.allSeen?.();
    return found.filter((outcome) => outcome !== notBegun);
  }

  /**
   * What other processes have found, and what this one is to find: where nothing is known yet, before anything else;
   * else beside the accounts. Null where the tables cannot be read.
   */
  async #learnAccounts(): Promise<{ readonly done: Promise<void> } | null> {
    const { ports, limits, accounts } = this.app;
    try {
      await accounts.refresh(0, callOptions(ports.clock, limits.callMs));
    } catch (error) {
      ports.log.write("warn", { event: "DiscoveryUnread", account: null, detail: safeMessage(error) });
      return null;
    }
    if (!accounts.isComplete()) await accounts.discover();
    return { done: accounts.discover() };
  }

  /**
   * First the accounts that the tick before had no time for. A process may live for one tick only, and know nothing of
   * those before it. So the others begin anywhere: a tick that is too short for all accounts starves none.
   */
  #inTurn(accounts: readonly AccountConfig[]): readonly AccountConfig[] {
    const byName = new Map(accounts.map((config) => [config.name, config]));
    const first = this.#left.flatMap((name) => byName.get(name) ?? []);
    for (const { name } of first) byName.delete(name);
    const others = [...byName.values()];
    const place = Number.parseInt(sha256(this.app.ports.ids.next()).slice(0, 8), 16) % Math.max(1, others.length);
    return [...first, ...others.slice(place), ...others.slice(0, place)];
  }

  /** The notices of all accounts in one query. */
  async #notices(): Promise<Notices> {
    const { ports, limits } = this.app;
    try {
      const all = await ports.notices.list(callOptions(ports.clock, limits.callMs));
      return new Map(all.map((stored) => [stored.notice.account, stored]));
    } catch (error) {
      ports.log.write("warn", notificationDelayed(null, error));
      return null;
    }
  }

  async #processAccount(config: AccountConfig, stop: AbortSignal, notices: Notices): Promise<Outcome> {
    const outcome = await this.#driveAndReport(config, stop);
    const known = notices?.get(config.name) ?? null;
    if (notices !== null && outcome.status !== null)
      await alarmCorruptRecord(this.app, config, known, outcome.unusable);
    return outcome;
  }

  async #driveAndReport(config: AccountConfig, stop: AbortSignal): Promise<Outcome> {
    try {
      const driven = await driveAccount(this.app, config, stop);
      return { status: this.#report(config, driven), moves: driven.moves ?? 0, unusable: null };
    } catch (error) {
      if (error instanceof CorruptRecordError) return this.#reportCorrupt(config, error);
      const line = { event: "AccountFailed", account: config.name, detail: safeMessage(error) };
      this.app.ports.log.write("error", line);
      return { status: null, moves: 0, unusable: null };
    }
  }

  #report(config: AccountConfig, { record, reports, moves }: Driven): StatusBody {
    const { ports, limits } = this.app;
    const now = ports.clock.now();
    const status = statusOf({ config, record, reports, dryRun: limits.dryRun, now });
    if (record !== null && (moves !== null || !isQuiet(status)))
      ports.log.write("info", stateLine(config, status, record, now));
    return status;
  }

  /** The line of an account that a tick leaves alone: once an hour, so that a log query need not search far back. */
  #logRest(now: Date): AtRest {
    const { ports, limits } = this.app;
    return (config, record) => {
      const status = statusOf({ config, record, reports: [], dryRun: limits.dryRun, now });
      ports.log.write("info", stateLine(config, status, record, now));
    };
  }

  #reportCorrupt(config: AccountConfig, error: CorruptRecordError): Outcome {
    const { ports } = this.app;
    const now = ports.clock.now();
    const status = corruptStatus(config, error, now);
    ports.log.write("error", stateLine(config, status, null, now));
    return { status, moves: 0, unusable: status.blocked };
  }
}

/** Resource Manager's allowances are those of a subscription. */
const subscriptionOf = ({ batch }: AccountConfig): string => batch.subscriptionId.toLowerCase();

const withOpenNotice = (notices: Notices): ReadonlySet<string> =>
  new Set([...(notices?.values() ?? [])].flatMap(({ notice }) => (isOpen(notice) ? (notice.account ?? []) : [])));

const summarize = (survey: Survey, outcomes: readonly Outcome[]): Omit<TickSummary, "accounts" | "ms"> => {
  const statuses = outcomes.map(({ status }) => status).filter((status) => status !== null);
  return {
    moved: outcomes.filter(({ moves }) => moves > 0).length,
    waiting: survey.waiting + statuses.filter(({ waitingFor }) => waitingFor !== null).length,
    blocked: statuses.filter(({ blocked }) => blocked !== null).length,
    stalled: statuses.filter(({ stalled }) => stalled).length,
    failed: outcomes.length - statuses.length,
  };
};
