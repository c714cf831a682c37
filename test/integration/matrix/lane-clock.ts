import type { Clock } from "../../../lib/ports";

interface Alarm {
  readonly at: number;
  readonly controller: AbortController;
}

/** Time as one lane sees it: adapters, domain and emulators alike. It stands still until it is moved. */
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

  /** Whoever sleeps is the only one at work on the account, so time may as well pass at once. */
  async sleep(ms: number): Promise<void> {
    this.advance(ms);
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#alarms.filter(({ at }) => at <= this.#now);
    this.#alarms = this.#alarms.filter(({ at }) => at > this.#now);
    for (const { controller } of due) controller.abort();
  }

  /** Forgets what no call waits for any more. */
  forgetAlarms(): void {
    this.#alarms = [];
  }
}
