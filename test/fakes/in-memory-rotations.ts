import { recordSchema } from "../../lib/azure/tables/record-schema";
import { CorruptRecordError } from "../../lib/errors";
import type { CallOptions, Rotations, Stored } from "../../lib/ports";
import type { RotationRecord } from "../../lib/rotation/record";
import { InMemoryFaults } from "./in-memory-faults";

/** Rotation records in memory. They go through JSON and the schema, so a record that could not be stored is not stored here either. */
export class InMemoryRotations implements Rotations {
  readonly #rows = new Map<string, { readonly json: string; readonly etag: string }>();
  readonly #faults: InMemoryFaults;
  #writes = 0;

  constructor(faults: InMemoryFaults = new InMemoryFaults()) {
    this.#faults = faults;
  }

  read(account: string, { signal }: CallOptions): Promise<Stored | null> {
    return this.#faults.run("rotations.read", signal, () => this.peek(account));
  }

  insert(record: RotationRecord, { signal }: CallOptions): Promise<Stored | null> {
    return this.#faults.run("rotations.insert", signal, () =>
      this.#rows.has(record.account) ? null : this.#write(record),
    );
  }

  replace(record: RotationRecord, etag: string, { signal }: CallOptions): Promise<Stored | null> {
    return this.#faults.run("rotations.replace", signal, () =>
      this.#rows.get(record.account)?.etag === etag ? this.#write(record) : null,
    );
  }

  /** A test's own view: no faults. */
  peek(account: string): Stored | null {
    const row = this.#rows.get(account);
    if (row === undefined) return null;
    try {
      return { record: recordSchema.parse(JSON.parse(row.json)), etag: row.etag };
    } catch {
      throw new CorruptRecordError(account, "the row is not whole");
    }
  }

  /** As a hand in the storage browser would. */
  damage(account: string): void {
    this.#rows.set(account, { json: "{", etag: `etag-${(this.#writes += 1)}` });
  }

  /** As somebody does who restores the row. */
  restore(record: RotationRecord): void {
    this.#write(record);
  }

  /** As a hand in the storage browser would. */
  delete(account: string): void {
    this.#rows.delete(account);
  }

  #write(record: RotationRecord): Stored {
    recordSchema.parse(record);
    const etag = `etag-${(this.#writes += 1)}`;
    this.#rows.set(record.account, { json: JSON.stringify(record), etag });
    return { record, etag };
  }
}
