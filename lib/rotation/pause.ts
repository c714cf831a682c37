import type { AccountConfig } from "./account-config";
import type { RotationEvent } from "./events/events";
import type { Pause, RotationRecord } from "./record";
import { msBetween, toInstant } from "./time/time";

/** The pause in force, by an operator or in the configuration; null when there is none. */
export const pauseInForce = (record: RotationRecord, config: AccountConfig): Pause | null => {
  if (record.pause !== null) return record.pause;
  return config.paused
    ? { since: record.phaseClock.pausedSince ?? record.phaseClock.since, by: "configuration", reason: '"paused": true' }
    : null;
};

/** The pause that an operator's decision in the history leaves in force. */
export const pauseOf = ({
  event,
  at,
  by,
  detail,
}: Pick<RotationEvent, "event" | "at" | "by" | "detail">): Pause | null =>
  event === "Paused" ? { since: at, by, reason: detail } : null;

/** Counts the time spent paused, which does not count as stalling. */
export const withPauseSeen = (record: RotationRecord, config: AccountConfig, now: Date): RotationRecord => {
  const paused = pauseInForce(record, config) !== null;
  if (paused === (record.phaseClock.pausedSince !== null)) return record;
  const at = toInstant(now);
  return record.phaseClock.pausedSince === null
    ? { ...record, phaseClock: { ...record.phaseClock, pausedSince: at } }
    : {
        ...record,
        phaseClock: {
          ...record.phaseClock,
          pausedSince: null,
          pausedMs: record.phaseClock.pausedMs + Math.max(0, msBetween(record.phaseClock.pausedSince, at)),
        },
      };
};
