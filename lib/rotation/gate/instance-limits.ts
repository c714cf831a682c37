import type { GateConfig } from "../account-config";
import { plusMs, toInstant } from "../time/time";
import { minutes } from "../time/units";
import { healthUrlInstance, heardAt, type InstanceReport } from "./signals";

/** Instances of one consumer that are not forgotten, at most. */
export const maxInstances = 10_000;

export const tooManyRemedy =
  "give each instance a name that stays the same when it restarts, shorten forgetInstanceAfter, or divide the app " +
  "into several consumers";

/** A signed report is not new for as long as one of the same instant may still arrive. */
const replayableMs = minutes(10);

/**
 * Whether the report of an instance that is forgotten has no effect on the gate any more, which is so once the soak
 * that began with the forgetting has passed. The state of a health URL is never forgotten.
 */
export const isOver =
  ({ forgetInstanceAfterMs, soakMs }: GateConfig, now: Date) =>
  (report: InstanceReport): boolean =>
    report.instance !== healthUrlInstance &&
    heardAt(report) < plusMs(toInstant(now), -Math.max(forgetInstanceAfterMs + soakMs, replayableMs));
