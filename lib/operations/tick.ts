import { advance } from "../driver/advance";
import { needsDriver } from "../rotation/needs-driver";
import type { App } from "../app";
import { concurrently } from "../concurrently";
import { CorruptRecordError } from "../errors";
import type { StoredNotice } from "../ports";
import { pullSignals } from "../signals/pull-signals";
import { readRecord } from "../driver/read-record";
import type { AccountConfig } from "../rotation/account-config";
import type { RotationRecord } from "../rotation/record";
import { isStalled, timeInPhaseMs } from "../rotation/stall";
import { msBetween, toInstant } from "../rotation/time/time";
import { gatedState } from "../rotation/waiting";
import { corruptStatus, type StatusBody, statusOf } from "./status";
import { notificationDelayed, safeMessage } from "../alarms/publish-notice";
import { alarmCorruptRecord, publishOrDelay } from "./corrupt-record-alarm";

export interface TickSummary {
  readonly accounts: number;
  readonly moved: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly stalled: number;
  readonly failed: number;
  readonly ms: number;
}

const maxConcurrent = 8;
const idleLineEveryMs = 3_600_000;

interface Outcome {
  /** Null where the account could not be looked at. */
  readonly status: StatusBody | null;
  readonly moves: number;
  /** How to mend a record that cannot be read; null for any other. */
  readonly remedy: string | null;
}

/**
 * One look at every account. What goes wrong with one never touches another, and no new step is begun after the tick's time is up:
 * what is left comes first at the next tick's turn.
 */
export class Ticker {
  /** When an idle account's state was last logged, by account; lost with the process, which only logs it once more. */
  readonly #idleLoggedAt = new Map<string, number>();
  #turn = 0;

  constructor(private readonly app: App) {}

  async tick(): Promise<TickSummary> {
    const { ports, limits, accounts } = this.app;
    const startedAt = ports.clock.now().getTime();
    const stop = ports.clock.abortAfter(limits.tickMs);
    const notices = this.#notices();
    const outcomes = await concurrently(this.#inTurn(accounts), maxConcurrent, (config) =>
      this.#one(config, stop, notices),
    );
    await this.#endWithoutAccount(await notices);
    const statuses = outcomes.map(({ status }) => status).filter((status) => status !== null);
    const summary: TickSummary = {
      accounts: accounts.length,
      moved: outcomes.filter(({ moves }) => moves > 0).length,
      waiting: statuses.filter(({ waitingFor }) => waitingFor !== null).length,
      blocked: statuses.filter(({ blocked }) => blocked !== null).length,
      stalled: statuses.filter(({ stalled }) => stalled).length,
      failed: outcomes.length - statuses.length,
      ms: ports.clock.now().getTime() - startedAt,
    };
    ports.log.write("info", { event: "Tick", ...summary });
    return summary;
  }

  /** Each tick begins with another account, so that a tick that is too short for all starves none. */
  #inTurn(accounts: readonly AccountConfig[]): readonly AccountConfig[] {
    const first = this.#turn % Math.max(1, accounts.length);
    this.#turn += maxConcurrent;
    return [...accounts.slice(first), ...accounts.slice(0, first)];
  }

  /** What is told where no record can remember it, in one query for all accounts; null where it cannot be read. */
  async #notices(): Promise<readonly StoredNotice[] | null> {
    const { ports, limits } = this.app;
    try {
      return await ports.notices.list({ signal: ports.clock.abortAfter(limits.callMs) });
    } catch (error) {
      ports.log.write("warn", notificationDelayed(null, error));
      return null;
    }
  }

  /** The settings are right, and of accounts that are no longer configured nothing more is known: what was raised of either has ended. */
  async #endWithoutAccount(notices: readonly StoredNotice[] | null): Promise<void> {
    const configured = new Set<string | null>(this.app.accounts.map(({ name }) => name));
    const others = notices?.filter(({ notice }) => !configured.has(notice.account)) ?? [];
    await concurrently(others, maxConcurrent, (known) =>
      publishOrDelay(this.app, { account: known.notice.account, known, found: [], remindEveryMs: 0 }),
    );
  }

  async #one(
    config: AccountConfig,
    stop: AbortSignal,
    notices: Promise<readonly StoredNotice[] | null>,
  ): Promise<Outcome> {
    const outcome = await this.#look(config, stop);
    const all = await notices;
    const known = all?.find(({ notice }) => notice.account === config.name) ?? null;
    if (all !== null && outcome.status !== null) await alarmCorruptRecord(this.app, config, known, outcome.remedy);
    return outcome;
  }

  async #look(config: AccountConfig, stop: AbortSignal): Promise<Outcome> {
    const { ports } = this.app;
    try {
      const moves = stop.aborted ? 0 : await this.#drive(config, stop);
      return { status: await this.#report(config), moves, remedy: null };
    } catch (error) {
      if (error instanceof CorruptRecordError) {
        const status = corruptStatus(config, error.problem, ports.clock.now());
        ports.log.write("error", {
          event: "AccountState",
          account: config.name,
          phase: null,
          reason: "RecordCorrupt",
          detail: status.blocked?.remedy,
          blocked: "RecordCorrupt",
          stalled: false,
          paused: status.paused,
          rotationId: null,
          phaseSeconds: null,
          keyAgeSeconds: null,
          nextDueAt: null,
          overdue: false,
        });
        return { status, moves: 0, remedy: status.blocked?.remedy ?? null };
      }
      ports.log.write("error", { event: "AccountFailed", account: config.name, detail: safeMessage(error) });
      return { status: null, moves: 0, remedy: null };
    }
  }

  async #drive(config: AccountConfig, stop: AbortSignal): Promise<number> {
    const { ports, limits } = this.app;
    const stored = await readRecord(ports, limits, config.name, { signal: ports.clock.abortAfter(limits.callMs) });
    if (stored !== null) {
      await this.#pull(config, stored.record);
      const gated = gatedState(stored.record.state) !== null;
      const reports = gated
        ? await ports.signals.list(config.name, { signal: ports.clock.abortAfter(limits.callMs) })
        : [];
      if (!needsDriver(stored.record, config, reports, ports.clock.now())) return 0;
    }
    const driven = await advance(ports, limits, config, { by: "schedule", stop, claimWaitMs: 0 });
    return driven.kind === "driven" ? driven.moves : 0;
  }

  /** What cannot be asked or kept now is asked again at the next tick; the gate goes by what it has. */
  async #pull(config: AccountConfig, record: RotationRecord): Promise<void> {
    try {
      await pullSignals(this.app, config, record);
    } catch (error) {
      this.app.ports.log.write("warn", { event: "PullFailed", account: config.name, detail: safeMessage(error) });
    }
  }

  /** The account's state as one line, so that a log query need not look back: for idle accounts once an hour. */
  async #report(config: AccountConfig): Promise<StatusBody> {
    const { ports, limits } = this.app;
    const call = { signal: ports.clock.abortAfter(limits.callMs) };
    const stored = await readRecord(ports, limits, config.name, call);
    const record = stored?.record ?? null;
    const gated = record !== null && record.state.phase !== "idle";
    const reports = gated ? await ports.signals.list(config.name, call) : [];
    const now = ports.clock.now();
    const status = statusOf({ config, record, reports, dryRun: limits.dryRun, now });
    if (record !== null && this.#lineIsDue(config.name, status, now)) {
      const { active } = record.state;
      ports.log.write("info", {
        event: "AccountState",
        account: config.name,
        phase: status.phase,
        reason: status.waitingFor?.reason ?? status.blocked?.reason ?? null,
        detail: status.waitingFor?.detail ?? status.blocked?.remedy ?? null,
        blocked: status.blocked?.reason ?? null,
        stalled: isStalled(record, config, now),
        paused: status.paused,
        rotationId: status.rotation?.id ?? null,
        phaseSeconds: Math.floor(timeInPhaseMs(record, now) / 1000),
        keyAgeSeconds: active === null ? null : Math.floor(msBetween(active.keyMadeAt, toInstant(now)) / 1000),
        nextDueAt: status.nextDueAt,
        overdue: record.publishing.alarms.some(({ kind }) => kind === "RotationOverdue"),
      });
    }
    return status;
  }

  #lineIsDue(account: string, status: StatusBody, now: Date): boolean {
    if (status.phase !== "idle" || status.waitingFor !== null || status.blocked !== null) return true;
    const last = this.#idleLoggedAt.get(account);
    if (last !== undefined && now.getTime() - last < idleLineEveryMs) return false;
    this.#idleLoggedAt.set(account, now.getTime());
    return true;
  }
}
