import { CorruptRecordError } from "../../lib/errors";
import type { CallOptions, History, HistoryPage } from "../../lib/ports";
import type { RotationEvent } from "../../lib/rotation/events/events";
import type { Instant } from "../../lib/rotation/time/time";
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

  page(
    account: string,
    { limit, before }: { readonly limit: number; readonly before: number | null },
    { signal }: CallOptions,
  ): Promise<HistoryPage> {
    return this.#faults.run("history.page", signal, () => {
      const all = this.events(account).filter(({ sequence }) => before === null || sequence < before);
      const events = all.slice(0, limit);
      return { events, unreadable: [], next: all.length > limit ? (events.at(-1)?.sequence ?? null) : null };
    });
  }

  lastBefore(account: string, at: Instant, { signal }: CallOptions): Promise<number> {
    return this.#faults.run("history.lastBefore", signal, () =>
      Math.max(
        0,
        ...this.events(account)
          .filter((event) => event.at < at)
          .map(({ sequence }) => sequence),
      ),
    );
  }

  removeThrough(account: string, sequence: number, { signal }: CallOptions): Promise<void> {
    return this.#faults.run("history.removeThrough", signal, () => {
      for (const event of this.events(account)) {
        if (event.sequence <= sequence) this.#events.get(account)?.delete(event.sequence);
      }
    });
  }

  /** A test's own view: newest first, no faults. */
  events(account: string): readonly RotationEvent[] {
    return [...(this.#events.get(account)?.values() ?? [])].toSorted((one, other) => other.sequence - one.sequence);
  }
}
