import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../../lib/ports";

interface Waiting {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that a test moves. Whatever waits for an instant is woken when the clock comes to it. */
export class VirtualClock implements Clock {
  #ms: number;
  #waiting: Waiting[] = [];

  constructor(start: string) {
    this.#ms = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#ms);
  }

  get at(): string {
    return this.now().toISOString();
  }

  abortAfter(ms: number): AbortSignal {
    const controller = new AbortController();
    this.#wakeAt(this.#ms + ms, () => controller.abort());
    return controller.signal;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#wakeAt(this.#ms + ms, resolve));
  }

  advance(ms: number): void {
    this.to(this.#ms + ms);
  }

  /** Never back. */
  to(ms: number): void {
    this.#ms = Math.max(this.#ms, ms);
    const due = this.#waiting.filter(({ atMs }) => atMs <= ms);
    this.#waiting = this.#waiting.filter(({ atMs }) => atMs > ms);
    for (const { wake } of due) wake();
  }

  /**
   * Lets time pass while this work waits for something to come, as little as it needs. `asleep` says that it does: calls of the fakes are answered
   * within a turn, so what has not ended after a few of them waits for the clock.
   */
  async run<T>(work: Promise<T>, asleep: () => boolean): Promise<T> {
    const ended = work.then(
      () => true,
      () => true,
    );
    while (!(await Promise.race([ended, turn(false)]))) {
      if (asleep()) this.to(Math.min(...this.#waiting.map(({ atMs }) => atMs)));
    }
    return work;
  }

  #wakeAt(atMs: number, wake: () => void): void {
    this.#waiting.push({ atMs, wake });
  }
}
