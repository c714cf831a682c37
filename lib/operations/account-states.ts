import type { Log } from "../ports";
import type { AccountConfig } from "../rotation/account-config";
import type { AlarmKind } from "../rotation/events/events";
import type { RotationRecord } from "../rotation/record";
import { isStalled, timeInPhaseMs } from "../rotation/stall";
import { msBetween, toInstant } from "../rotation/time/time";
import { hours } from "../rotation/time/units";
import type { StatusBody } from "./status";

const idleLineEveryMs = hours(1);

/**
 * The state of each account as one line of the log, so that a log query need not search far back: for idle accounts
 * once an hour.
 */
export class AccountStates {
  /** When an idle account's state was last logged, by account; lost with the process, which then logs it once more. */
  readonly #idleLoggedAt = new Map<string, number>();

  constructor(private readonly log: Log) {}

  /** `record`: null where it cannot be read. */
  report(config: AccountConfig, status: StatusBody, record: RotationRecord | null, now: Date): void {
    if (!this.#lineIsDue(status, now)) return;
    this.log.write(record === null ? "error" : "info", {
      event: "AccountState",
      account: status.account,
      phase: status.phase,
      reason: status.waitingFor?.reason ?? status.blocked?.reason ?? null,
      detail: status.waitingFor?.detail ?? status.blocked?.remedy ?? null,
      blocked: status.blocked?.reason ?? null,
      stalled: record !== null && isStalled(record, config, now),
      paused: status.paused,
      rotationId: status.rotation?.id ?? null,
      phaseSeconds: record && Math.floor(timeInPhaseMs(record, now) / 1000),
      keyAgeSeconds: record && keyAgeSeconds(record, now),
      nextDueAt: status.nextDueAt,
      overdue: isRaised("RotationOverdue", record),
      unchecked: isRaised("AccountUnchecked", record),
      historyBehind: isRaised("HistoryBehind", record),
    });
  }

  #lineIsDue({ account, phase, waitingFor, blocked }: StatusBody, now: Date): boolean {
    if (phase !== "idle" || waitingFor !== null || blocked !== null) return true;
    const last = this.#idleLoggedAt.get(account);
    if (last !== undefined && now.getTime() - last < idleLineEveryMs) return false;
    this.#idleLoggedAt.set(account, now.getTime());
    return true;
  }
}

const isRaised = (alarm: AlarmKind, record: RotationRecord | null): boolean =>
  record?.publishing.alarms.some(({ kind }) => kind === alarm) ?? false;

const keyAgeSeconds = ({ state }: RotationRecord, now: Date): number | null =>
  state.active === null ? null : Math.floor(msBetween(state.active.keyMadeAt, toInstant(now)) / 1000);
