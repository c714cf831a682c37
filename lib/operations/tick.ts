import { notificationDelayed, safeMessage } from "../alarms/publish-notice";
import type { App } from "../app";
import { callOptions } from "../limits";
import { concurrently } from "./concurrently";
import { readRecord } from "../driver/read-record";
import { CorruptRecordError } from "../errors";
import type { StoredNotice } from "../ports";
import type { AccountConfig } from "../rotation/account-config";
import { AccountStates } from "./account-states";
import { alarmOthers } from "./alarm-others";
import { alarmCorruptRecord } from "./corrupt-record-alarm";
import { driveAccount } from "./drive-account";
import { reportUnresolved } from "./unresolved-settings";
import { corruptStatus, type StatusBody, statusOf } from "./status";

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

const maxConcurrent = 8;

interface Outcome {
  /** Null where processing the account failed. */
  readonly status: StatusBody | null;
  readonly moves: number;
  /** Why the record cannot be used, and how to fix that; null for any other. */
  readonly unusable: StatusBody["blocked"];
}

/** Null where they cannot be read. */
type StoredNotices = readonly StoredNotice[] | null;

/**
 * Processes every account once. A failure in one account does not affect the others. No new step is begun after the
 * tick's time is up: the accounts that are left come first at the next tick.
 */
export class Ticker {
  readonly #states: AccountStates;
  #turn = 0;

  constructor(private readonly app: App) {
    this.#states = new AccountStates(app.ports.log);
  }

  async tick(): Promise<TickResult> {
    const { ports, limits, accounts } = this.app;
    const startedAt = ports.clock.now().getTime();
    const stop = ports.clock.abortAfter(limits.tickMs);
    const notices = this.#notices();
    const outcomes = await concurrently(this.#inTurn(accounts), maxConcurrent, (config) =>
      this.#processAccount(config, stop, notices),
    );
    const read = await notices;
    if (read !== null) await alarmOthers(this.app, read);
    await reportUnresolved(this.app, read?.find(({ notice }) => notice.account === null) ?? null);
    const summary = { ...summarize(outcomes), ms: ports.clock.now().getTime() - startedAt };
    ports.log.write("info", { event: "Tick", ...summary });
    const nothingProcessed = summary.failed === summary.accounts && summary.accounts > 0;
    return { ...summary, outcome: read === null || nothingProcessed ? "bad" : "good" };
  }

  /** Each tick begins with another account, so that a tick that is too short for all starves none. */
  #inTurn(accounts: readonly AccountConfig[]): readonly AccountConfig[] {
    const first = this.#turn % Math.max(1, accounts.length);
    this.#turn += maxConcurrent;
    return [...accounts.slice(first), ...accounts.slice(0, first)];
  }

  /** The notices of all accounts in one query. */
  async #notices(): Promise<StoredNotices> {
    const { ports, limits } = this.app;
    try {
      return await ports.notices.list(callOptions(ports.clock, limits.callMs));
    } catch (error) {
      ports.log.write("warn", notificationDelayed(null, error));
      return null;
    }
  }

  async #processAccount(config: AccountConfig, stop: AbortSignal, notices: Promise<StoredNotices>): Promise<Outcome> {
    const outcome = await this.#driveAndReport(config, stop);
    const all = await notices;
    const known = all?.find(({ notice }) => notice.account === config.name) ?? null;
    if (all !== null && outcome.status !== null) await alarmCorruptRecord(this.app, config, known, outcome.unusable);
    return outcome;
  }

  async #driveAndReport(config: AccountConfig, stop: AbortSignal): Promise<Outcome> {
    const { ports } = this.app;
    try {
      const moves = stop.aborted ? 0 : await driveAccount(this.app, config, stop);
      return { status: await this.#report(config), moves, unusable: null };
    } catch (error) {
      if (error instanceof CorruptRecordError) return this.#reportCorrupt(config, error);
      ports.log.write("error", { event: "AccountFailed", account: config.name, detail: safeMessage(error) });
      return { status: null, moves: 0, unusable: null };
    }
  }

  async #report(config: AccountConfig): Promise<StatusBody> {
    const { ports, limits } = this.app;
    const call = callOptions(ports.clock, limits.callMs);
    const stored = await readRecord(ports, limits, config, call);
    const record = stored?.record ?? null;
    const gated = record !== null && record.state.phase !== "idle";
    const reports = gated ? await ports.signals.list(config.name, call) : [];
    const now = ports.clock.now();
    const status = statusOf({ config, record, reports, dryRun: limits.dryRun, now });
    if (record !== null) this.#states.report(config, status, record, now);
    return status;
  }

  #reportCorrupt(config: AccountConfig, error: CorruptRecordError): Outcome {
    const now = this.app.ports.clock.now();
    const status = corruptStatus(config, error, now);
    this.#states.report(config, status, null, now);
    return { status, moves: 0, unusable: status.blocked };
  }
}

const summarize = (outcomes: readonly Outcome[]): Omit<TickSummary, "ms"> => {
  const statuses = outcomes.map(({ status }) => status).filter((status) => status !== null);
  return {
    accounts: outcomes.length,
    moved: outcomes.filter(({ moves }) => moves > 0).length,
    waiting: statuses.filter(({ waitingFor }) => waitingFor !== null).length,
    blocked: statuses.filter(({ blocked }) => blocked !== null).length,
    stalled: statuses.filter(({ stalled }) => stalled).length,
    failed: outcomes.length - statuses.length,
  };
};
