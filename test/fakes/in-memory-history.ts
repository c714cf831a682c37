import { CorruptRecordError } from "../../lib/errors";
import type { CallOptions, History } from "../../lib/ports";
import type { RotationEvent } from "../../lib/rotation/events";
import { InMemoryFaults } from "./in-memory-faults";

/** The history in memory. */
export class InMemoryHistory implements History {
  readonly #events = new Map<string, Map<number, RotationEvent>>();
  readonly #faults: InMemoryFaults;

  constructor(faults: InMemoryFaults = new InMemoryFaults()) {
    this.#faults = faults;
  }

  append(event: RotationEvent, { signal }: CallOptions): Promise<void> {
    return this.#faults.run("history.append", signal, () => {
      const events = this.#events.get(event.account) ?? new Map<number, RotationEvent>();
      const there = events.get(event.sequence);
      if (there !== undefined && there.id !== event.id) {
        throw new CorruptRecordError(
          event.account,
          `event ${event.sequence} is in the history already under another id`,
        );
      }
      this.#events.set(event.account, events.set(event.sequence, there ?? event));
    });
  }

  /** A test's own view: newest first, no faults. */
  events(account: string): readonly RotationEvent[] {
    return [...(this.#events.get(account)?.values() ?? [])].toSorted((one, other) => other.sequence - one.sequence);
  }
}
