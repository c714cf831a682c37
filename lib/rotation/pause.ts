import type { AccountConfig } from "./account-config";
import type { RotationEvent } from "./events/events";
import { rotationOf } from "./phases";
import type { Pause, RotationRecord } from "./record";
import { msBetween, toInstant } from "./time/time";

/** The pause in force, by an operator, in the configuration or for what discovery found; null when there is none. */
export const pauseInForce = (record: RotationRecord, config: AccountConfig): Pause | null => {
  if (record.pause !== null) return record.pause;
  return config.paused
    ? { since: record.phaseClock.pausedSince ?? record.phaseClock.since, by: "configuration", reason: '"paused": true' }
    : pausedByDiscovery(record, config);
};

/**
 * A rotation under way is finished although the tag was removed: to stop half-way would leave two keys alive. A tag
 * that is invalid may name consumers that are not known, so then nothing is retired.
 */
const pausedByDiscovery = ({ state, restart }: RotationRecord, { discovered }: AccountConfig): Pause | null => {
  const held = discovered?.held ?? null;
  if (held === null) return null;
  const isUnderWay = rotationOf(state) !== null || restart !== null;
  if (isUnderWay && held.reason !== "TagInvalid") return null;
  return { since: held.since, by: "discovery", reason: held.detail };
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
