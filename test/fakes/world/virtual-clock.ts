import type { Clock } from "../../../lib/ports/system";
import { type Happening, Timeline } from "./timeline";

/**
 * Signals of a clock. "asked": code only asks whether they have aborted, so they need no timer. "real": for code that
 * listens to them or hands them on to a client; a real signal costs more than the rest of a simulated call.
 */
export type Signals = "asked" | "real";

/** A signal that aborts when virtual time comes to `deadline`. */
class AskedSignal {
  readonly reason = "deadline";
  constructor(
    private readonly timeline: Timeline,
    readonly deadline: number,
  ) {}

  get aborted(): boolean {
    return this.timeline.now >= this.deadline;
  }
}

/** When a signal aborts, in milliseconds of virtual time; infinity where only its maker knows. */
export const deadlineOf = (signal: AbortSignal): number => {
  if (signal instanceof AskedSignal) return signal.deadline;
  return signal.aborted ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
};

/** A Tuesday. */
export const start = "2026-11-24T10:00:00.000Z";

export interface ClockOptions {
  /** What the clock shows at the beginning of its timeline. */
  readonly startsAt?: string;
  readonly signals?: Signals;
  readonly timeline?: Timeline;
}

/**
 * A machine's clock: the time of its timeline, shown with an offset. Without a timeline it creates a live one.
 */
export class VirtualClock implements Clock {
  /** Milliseconds ahead of true time. Only what the clock shows depends on it: timers run on. */
  offsetMs = 0;
  readonly timeline: Timeline;
  readonly #startMs: number;
  readonly #signals: Signals;

  constructor({ startsAt = start, signals = "real", timeline = new Timeline(null) }: ClockOptions = {}) {
    this.timeline = timeline;
    this.#startMs = Date.parse(startsAt);
    this.#signals = signals;
  }

  now(): Date {
    return new Date(this.#startMs + this.timeline.now + this.offsetMs);
  }

  /** The current instant as text. */
  get at(): string {
    return this.now().toISOString();
  }

  abortAfter(ms: number): AbortSignal {
    const deadline = this.timeline.now + ms;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the app only passes it on and reads aborted
    if (this.#signals === "asked") return new AskedSignal(this.timeline, deadline) as unknown as AbortSignal;
    const controller = new AbortController();
    this.timeline.add(deadline, () => controller.abort(), { wakes: false });
    return controller.signal;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    const until = Math.min(this.timeline.now + ms, deadlineOf(signal));
    return new Promise((resolve) => {
      const waking: Happening = this.timeline.add(until, resolve, { owner: this, awaited: true });
      if (!(signal instanceof AbortSignal)) return;
      const wake = (): void => {
        this.timeline.cancel(waking);
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** Moves a live timeline on. */
  advance(ms: number): void {
    this.timeline.to(this.timeline.now + ms);
  }

  /** The same, to an instant in milliseconds since 1970. */
  to(atMs: number): void {
    this.timeline.to(atMs - this.#startMs - this.offsetMs);
  }
}
