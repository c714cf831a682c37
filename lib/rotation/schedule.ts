import type { AccountConfig } from "./account-config";
import { blackoutAt } from "./fleet/blackouts";
import type { Blackout } from "./fleet/fleet-config";
import { dueEarlierMs } from "./fleet/spread";
import type { RotationRecord } from "./record";
import { earliest, type Instant, msBetween, plusMs, toInstant } from "./time/time";
import { nextOpening, windowIsOpen } from "./time/window";

/** When an idle account's next rotation is due; null in any other phase. */
export const nextDueAt = (record: RotationRecord, config: AccountConfig): Instant | null => {
  if (record.state.phase !== "idle") return null;
  const byAge = plusMs(record.state.active.keyMadeAt, config.rotateEveryMs - dueEarlierMs(config));
  return record.dueAgainAt === null ? byAge : earliest(byAge, record.dueAgainAt);
};

/** Whether a rotation starts now by itself, and if it is due but may not, since when and until when it waits. */
type Due =
  | { readonly due: false }
  | { readonly due: true; readonly at: Instant; readonly startsNow: true }
  | {
      readonly due: true;
      readonly at: Instant;
      readonly startsNow: false;
      readonly opensAt: Instant;
      /** Null where only the window is shut. */
      readonly blackout: Blackout | null;
    };

export const scheduledDue = (record: RotationRecord, config: AccountConfig, now: Date): Due => {
  const at = nextDueAt(record, config);
  if (at === null || at > toInstant(now)) return { due: false };
  if (record.restart !== null) return { due: true, at, startsNow: true };
  const blackout = blackoutAt(config.fleet, now);
  const from = blackout === null ? now : new Date(blackout.to);
  if (blackout === null && (config.window === null || windowIsOpen(config.window, now)))
    return { due: true, at, startsNow: true };
  const opensAt = config.window === null ? toInstant(from) : nextOpening(config.window, from);
  return { due: true, at, startsNow: false, opensAt, blackout };
};

/** When vault and live keys count as unchecked: a comparison fails once in a while, but not twice in a row. */
export const uncheckedAt = (record: RotationRecord, config: AccountConfig): Instant | null =>
  record.state.active === null
    ? null
    : plusMs(record.reconciledAt ?? record.phaseClock.since, 2 * config.reconcileEveryMs);

/** Whether vault and live keys are to be compared in full again, by the time or because an event asks for it. */
export const comparisonDue = (record: RotationRecord, config: AccountConfig, now: Date): boolean =>
  record.keyEvents.lookSince !== null || fullReconcileDue(record, config, now);

/** Whether they are by the time. */
export const fullReconcileDue = (record: RotationRecord, config: AccountConfig, now: Date): boolean =>
  record.reconciledAt === null || msBetween(record.reconciledAt, toInstant(now)) >= config.reconcileEveryMs;
