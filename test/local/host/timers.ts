import type { Schedule } from "./ncrontab";
import type { TypedData } from "./core-module";

/** The timer information that the trigger passes to the function. */
export const timerInput = (status: TimerStatus | null, isPastDue: boolean): TypedData => ({
  json: JSON.stringify({
    Schedule: { AdjustForDST: true },
    ScheduleStatus:
      status === null
        ? null
        : {
            Last: status.last?.toISOString() ?? "0001-01-01T00:00:00",
            Next: status.next.toISOString(),
            LastUpdated: status.last?.toISOString() ?? "0001-01-01T00:00:00",
          },
    IsPastDue: isPastDue,
  }),
});

export interface TimerStatus {
  readonly last: Date | null;
  readonly next: Date;
}

export interface TimerOptions {
  readonly schedule: Schedule;
  /** False: no status is kept, and the function receives none. */
  readonly useMonitor: boolean;
  /** One run, which handles its own errors. */
  readonly fire: (input: TypedData) => Promise<void>;
}

/** The longest timeout of Node; a longer wait needs several. */
const maxTimeoutMs = 2 ** 31 - 1;

/** The host keeps no status for schedules that fire more than once a minute. */
export const isMonitored = (schedule: Schedule, now: Date): boolean => {
  const first = schedule.next(now);
  return schedule.next(first).getTime() - first.getTime() >= 60_000;
};

/**
 * Fires on schedule, one run at a time. A run that lasts beyond its next occurrences is followed by one run at once,
 * however many were missed. Returns a function that stops it.
 */
export const startTimer = ({ schedule, useMonitor, fire }: TimerOptions): (() => void) => {
  let timeout: NodeJS.Timeout | undefined;
  let stopped = false;
  let last: Date | null = null;

  const run = async (due: Date): Promise<void> => {
    const started = new Date();
    await fire(timerInput(useMonitor ? { last, next: schedule.next(started) } : null, false));
    last = started;
    // Counted from `due`, since a timeout can end early: "next after now" could be the same occurrence again.
    const following = schedule.next(due);
    wait(following.getTime() <= Date.now() ? new Date() : following);
  };

  const wait = (due: Date): void => {
    if (stopped) return;
    const ms = due.getTime() - Date.now();
    const again = (): void => (ms > maxTimeoutMs ? wait(due) : void run(due));
    timeout = setTimeout(again, Math.min(Math.max(ms, 0), maxTimeoutMs));
  };

  wait(schedule.next(new Date()));
  return () => {
    stopped = true;
    clearTimeout(timeout);
  };
};
