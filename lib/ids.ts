import { monotonicFactory } from "ulid";
import type { Clock, Ids } from "./ports";

/** ULIDs that rise within one process even when made in the same millisecond. */
export class UlidIds implements Ids {
  readonly #make = monotonicFactory();

  constructor(readonly clock: Clock) {}

  next(): string {
    return this.#make(this.clock.now().getTime());
  }
}
