import { parseDuration } from "../../rotation/time/duration";
import type { WindowConfig } from "../../rotation/account-config";
import { days, minutes } from "../../rotation/time/units";
import { firstClosing, nextOpening } from "../../rotation/time/window";
import type { AccountSchema } from "../schema/configuration-schema";
import { asObject, type Unchecked } from "../merge";
import { listOf, type Path, type Report, valid } from "./parts";
import type { Schedule } from "../schedule";

/*
 * What the runs of the timer make impossible: a gate that can never open, a rotation that can never start.
 */

/** A year holds every date, and every window both before and after the clocks change. */
const horizonMs = days(366);

/** Any instant: schedules repeat. */
const fromMs = Date.UTC(2026, 0, 1);

/** A run within `freshnessMs` after `lastMs`, not the very next one where runs are dense; else the next at all. */
const nextRun = (schedule: Schedule, lastMs: number, freshnessMs: number): number | null => {
  const later = schedule.next(lastMs + freshnessMs / 2);
  return later !== null && later - lastMs < freshnessMs ? later : schedule.next(lastMs);
};

/**
 * Whether runs follow one another within `freshnessMs` for at least `soakMs`: a health URL is asked at each run, and
 * its answer counts as a break where the one before is no longer fresh. At exactly the freshness, a run that is a
 * second late is a break.
 */
const soaks = (schedule: Schedule, freshnessMs: number, soakMs: number): boolean => {
  const longEnough = Math.min(soakMs, schedule.periodMs);
  let begun = schedule.next(fromMs) ?? Number.POSITIVE_INFINITY;
  let last = begun;
  while (last <= fromMs + 2 * schedule.periodMs) {
    if (last - begun >= longEnough) return true;
    const next = nextRun(schedule, last, freshnessMs) ?? Number.POSITIVE_INFINITY;
    if (next - last >= freshnessMs) begun = next;
    last = next;
  }
  return false;
};

/** Whether a run falls into the window. */
const runsInside = (schedule: Schedule, window: WindowConfig): boolean => {
  for (let at = fromMs; at < fromMs + horizonMs; ) {
    const opensAt = Date.parse(nextOpening(window, new Date(at)));
    const closesAt = Date.parse(firstClosing(window, new Date(opensAt)));
    const run = schedule.next(opensAt - 1);
    if (run === null) return false;
    if (run < closesAt) return true;
    // Openings before that run are passed over; the one that it falls into has begun before it.
    at = Math.max(closesAt, run - minutes(1));
  }
  return false;
};

/** Accounts mostly share their gate and their window: each is compared with the schedule once. */
const remembered = <T>(ask: (of: T) => boolean): ((of: T) => boolean) => {
  const known = new Map<string, boolean>();
  return (of) => {
    const key = JSON.stringify(of);
    const found = known.get(key) ?? ask(of);
    known.set(key, found);
    return found;
  };
};

/** What the runs of the timer make impossible for one account after the other: `merged` is one of them. */
export const scheduleChecker = (schema: AccountSchema, schedule: Schedule, report: Report) => {
  const { soak, signalFreshness, consumers } = schema.shape.gate.shape;
  const isSoaked = remembered(([freshnessMs, soakMs]: readonly [number, number]) =>
    soaks(schedule, freshnessMs, soakMs),
  );
  const isReached = remembered((window: WindowConfig) => runsInside(schedule, window));
  return (merged: Unchecked, path: Path): void => {
    const gate = asObject(merged["gate"]);
    const soakMs = parseDuration(valid(soak, gate["soak"]) ?? "");
    const freshnessMs = parseDuration(valid(signalFreshness, gate["signalFreshness"]) ?? "");
    const asked = listOf(gate["consumers"]).some((one) => typeof valid(consumers.element, one)?.healthUrl === "string");
    if (asked && soakMs !== null && freshnessMs !== null && soakMs > 0 && !isSoaked([freshnessMs, soakMs]))
      report([...path, "gate", "signalFreshness"], staleBetweenRuns);
    const window = valid(schema.shape.window, merged["window"]);
    if (window !== null && window.from !== window.to && !isReached(window)) report([...path, "window"], neverOpenAtRun);
  };
};

const staleBetweenRuns =
  "is too short for ROTATION_SCHEDULE: a health URL is asked at each run of the timer, and its answers are stale " +
  "before the soak has passed, so the gate would never open: make it longer than the time between two runs, " +
  "run the timer more often, or set soak to PT0S";

const neverOpenAtRun =
  "is never open at a run of the timer, so no scheduled rotation would start: " +
  "change ROTATION_SCHEDULE so that it runs within the window, or the window";
