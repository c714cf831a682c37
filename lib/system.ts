import { setTimeout as wait } from "node:timers/promises";
import { monotonicFactory } from "ulid";
import type { Clock, Ids } from "./ports/system";

/** ULIDs that rise within one process even when made in the same millisecond. */
export class UlidIds implements Ids {
  readonly #make = monotonicFactory();

  constructor(readonly clock: Clock) {}

  next(): string {
    return this.#make(this.clock.now().getTime());
  }
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  abortAfter: (ms) => AbortSignal.timeout(ms),
  sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
};
