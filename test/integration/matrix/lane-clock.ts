import type { Clock } from "../../../lib/ports";

interface Alarm {
  readonly at: number;
  readonly controller: AbortController;
}

/** The virtual clock of one lane, for adapters, domain and emulators. It stands still until it is advanced. */
export class LaneClock implements Clock {
  #now = Date.now();
  #alarms: Alarm[] = [];

  now(): Date {
    return new Date(this.#now);
  }

  abortAfter(ms: number): AbortSignal {
    const controller = new AbortController();
    this.#alarms.push({ at: this.#now + ms, controller });
    return controller.signal;
  }

  /** A sleeper is the only driver of the account, so time may pass at once. */
  async sleep(ms: number): Promise<void> {
    this.advance(ms);
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#alarms.filter(({ at }) => at <= this.#now);
    this.#alarms = this.#alarms.filter(({ at }) => at > this.#now);
    for (const { controller } of due) controller.abort();
  }

  /** Drops timers that no call waits for. */
  forgetAlarms(): void {
    this.#alarms = [];
  }
}
