import type { Stored } from "../../../lib/ports";
import type { RotationEvent } from "../../../lib/rotation/events/events";
import type { RotationRecord } from "../../../lib/rotation/record";
import type { InstanceReport } from "../../../lib/rotation/gate/signals";

/** The three tables. Rows are kept as they are handed in: the app never changes one. */
export class FakeTables {
  readonly rotations = new Map<string, Stored>();
  readonly signals = new Map<string, Map<string, InstanceReport>>();
  readonly history = new Map<string, RotationEvent[]>();
  #etags = 0;

  /** Writes where the row is still the one with `etag` (null: none). Null where it is not. */
  write(record: RotationRecord, etag: string | null): Stored | null {
    if ((this.rotations.get(record.account)?.etag ?? null) !== etag) return null;
    const stored = { record, etag: `etag-${(this.#etags += 1)}` };
    this.rotations.set(record.account, stored);
    return stored;
  }

  reports(account: string): readonly InstanceReport[] {
    return [...(this.signals.get(account)?.values() ?? [])];
  }

  report(account: string, instance: string): InstanceReport | null {
    return this.signals.get(account)?.get(instance) ?? null;
  }

  keep(account: string, instance: string, report: InstanceReport): void {
    const known = this.signals.get(account);
    if (known === undefined) this.signals.set(account, new Map([[instance, report]]));
    else known.set(instance, report);
  }

  events(account: string): readonly RotationEvent[] {
    return this.history.get(account) ?? [];
  }

  /** What is in this place now: the event itself unless another was there. */
  append(event: RotationEvent): RotationEvent {
    const events = this.history.get(event.account) ?? [];
    this.history.set(event.account, events);
    const there = events.find(({ sequence }) => sequence === event.sequence);
    if (there === undefined) events.push(event);
    return there ?? event;
  }
}
