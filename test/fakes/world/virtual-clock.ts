import type { Clock } from "../../../lib/ports";
import type { Timeline } from "./timeline";

/** A signal that aborts when virtual time comes to `deadline`. It needs no timer: it is asked, never listened to. */
class VirtualSignal {
  readonly reason = "deadline";
  constructor(
    private readonly timeline: Timeline,
    readonly deadline: number,
  ) {}

  get aborted(): boolean {
    return this.timeline.now >= this.deadline;
  }
}

/** When a signal aborts, in milliseconds of virtual time. */
export const deadlineOf = (signal: AbortSignal): number => {
  if (signal instanceof VirtualSignal) return signal.deadline;
  return signal.aborted ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
};

/** Virtual time 0. */
export const epochMs = Date.UTC(2026, 10, 23, 10);

/** A machine's clock: the world's time, and how far off it shows it. */
export class VirtualClock implements Clock {
  /** Milliseconds ahead of true time. Only what the clock shows depends on it: timers run on. */
  offsetMs = 0;

  constructor(private readonly timeline: Timeline) {}

  now(): Date {
    return new Date(epochMs + this.timeline.now + this.offsetMs);
  }

  abortAfter(ms: number): AbortSignal {
    // The app hands its signals on and asks whether they have aborted. A real one costs more than the rest of a simulated call.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return new VirtualSignal(this.timeline, this.timeline.now + ms) as unknown as AbortSignal;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    const until = Math.min(this.timeline.now + ms, deadlineOf(signal));
    return new Promise((resolve) => this.timeline.add(until, resolve, { owner: this }));
  }
}
