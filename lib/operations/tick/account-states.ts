import type { AccountConfig } from "../../rotation/account-config";
import type { AlarmKind } from "../../rotation/events/events";
import type { RotationRecord } from "../../rotation/record";
import { isStalled, timeInPhaseMs } from "../../rotation/stall";
import { msBetween, toInstant } from "../../rotation/time/time";
import type { StatusBody } from "../status/status";

/** Of a quiet account the state is logged once an hour, and after each drive; of any other at every tick. */
export const isQuiet = ({ phase, waitingFor, blocked }: StatusBody): boolean =>
  phase === "idle" && waitingFor === null && blocked === null;

/** The state of an account as one line of the log. `record`: null where it cannot be read. */
export const stateLine = (config: AccountConfig, status: StatusBody, record: RotationRecord | null, now: Date) => ({
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

const isRaised = (alarm: AlarmKind, record: RotationRecord | null): boolean =>
  record?.publishing.alarms.some(({ kind }) => kind === alarm) ?? false;

const keyAgeSeconds = ({ state }: RotationRecord, now: Date): number | null =>
  state.active === null ? null : Math.floor(msBetween(state.active.keyMadeAt, toInstant(now)) / 1000);
