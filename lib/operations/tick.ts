import { notificationDelayed, safeMessage } from "../alarms/publish-notice";
import type { App } from "../app";
import { callOptions } from "../limits";
import { concurrently } from "./concurrently";
import { sha256 } from "../hash";
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
  /** The place of the account that the next tick begins with; null at the first tick of this process. */
  #next: number | null = null;

  constructor(private readonly app: App) {
    this.#states = new AccountStates(app.ports.log);
  }

  async tick(): Promise<TickResult> {
    const { ports, limits } = this.app;
    const accounts = this.app.accounts.list();
    const startedAt = ports.clock.now().getTime();
    const stop = ports.clock.abortAfter(limits.tickMs);
    const notices = this.#notices();
    const first = (this.#next ?? this.#anyPlace()) % Math.max(1, accounts.length);
    const inTurn = [...accounts.slice(first), ...accounts.slice(0, first)];
    const outcomes = await concurrently(inTurn, maxConcurrent, (config) => this.#processAccount(config, stop, notices));
    const begun = outcomes.filter(({ inTime }) => inTime).length;
    this.#next = (first + begun) % Math.max(1, accounts.length);
    const read = await notices;
    if (read !== null) await alarmOthers(this.app, read);
    await reportUnresolved(this.app, read?.find(({ notice }) => notice.account === null) ?? null);
    const summary = { ...summarize(outcomes), ms: ports.clock.now().getTime() - startedAt };
    ports.log.write("info", { event: "Tick", ...summary });
    const nothingProcessed = summary.failed === summary.accounts && summary.accounts > 0;
    return { ...summary, outcome: read === null || nothingProcessed ? "bad" : "good" };
  }

  /**
   * A process may live for one tick only, and know nothing of those before it. So its first tick begins anywhere: a
   * tick that is too short for all accounts starves none.
   */
  #anyPlace(): number {
    return Number.parseInt(sha256(this.app.ports.ids.next()).slice(0, 8), 16);
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

  async #processAccount(
    config: AccountConfig,
    stop: AbortSignal,
    notices: Promise<StoredNotices>,
  ): Promise<Outcome & { readonly inTime: boolean }> {
    const inTime = !stop.aborted;
    const outcome = { ...(await this.#driveAndReport(config, stop)), inTime };
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
