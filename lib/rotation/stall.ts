import type { AccountConfig } from "./account-config";
import type { RotationRecord } from "./record";
import { msBetween, toInstant } from "./time/time";

/** Milliseconds in the present phase, time spent paused left out. */
export const timeInPhaseMs = (record: RotationRecord, now: Date): number => {
  const at = toInstant(now);
  const pausedNow =
    record.phaseClock.pausedSince === null ? 0 : Math.max(0, msBetween(record.phaseClock.pausedSince, at));
  return Math.max(0, msBetween(record.phaseClock.since, at) - record.phaseClock.pausedMs - pausedNow);
};

/** Too long in a phase that should end. An idle account never stalls. */
export const isStalled = (record: RotationRecord, config: AccountConfig, now: Date): boolean => {
  const { phase } = record.state;
  return phase !== "idle" && timeInPhaseMs(record, now) >= config.stalledAfterMs[phase];
};
