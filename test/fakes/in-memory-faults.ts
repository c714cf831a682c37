import { TransientServiceError } from "../../lib/errors";

export type FakeOperation =
  | "batch.readAccount"
  | "batch.readKeys"
  | "batch.regenerate"
  | "batch.probe"
  | "secrets.newest"
  | "secrets.version"
  | "secrets.publish"
  | "secrets.disable"
  | "rotations.read"
  | "rotations.insert"
  | "rotations.replace"
  | "notices.list"
  | "notices.write"
  | "signals.list"
  | "signals.update"
  | "history.append"
  | "history.page"
  | "history.lastBefore"
  | "history.removeThrough";

export interface FakeFault {
  /** `before`: nothing happens. `after`: it happens, and only then the call fails. */
  readonly when: "before" | "after";
  readonly error: () => Error;
  /** How often (default once). */
  readonly times?: number;
}

interface ArmedFault extends FakeFault {
  left: number;
}

/** Makes calls of the in-memory fakes fail on cue, and tells of each that has had its effect. */
export class InMemoryFaults {
  readonly #armed = new Map<FakeOperation, ArmedFault[]>();
  readonly #listeners = new Set<(operation: FakeOperation) => void>();

  add(operation: FakeOperation, fault: FakeFault): void {
    const armed = this.#armed.get(operation) ?? [];
    this.#armed.set(operation, [...armed, { ...fault, left: fault.times ?? 1 }]);
  }

  clear(): void {
    this.#armed.clear();
  }

  /** The listener is called after each effect and before its caller learns of it. Returns the function that takes it off. */
  onEffect(listener: (operation: FakeOperation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For the fakes: runs `effect` unless a fault comes first. Asynchronous, as every call of a service is. */
  async run<T>(operation: FakeOperation, signal: AbortSignal, effect: () => T): Promise<T> {
    await Promise.resolve();
    if (signal.aborted) throw new TransientServiceError({ operation, code: "AbortError" });
    const fault = this.#armed.get(operation)?.find(({ left }) => left > 0);
    if (fault !== undefined) fault.left -= 1;
    if (fault?.when === "before") throw fault.error();
    const result = effect();
    for (const listener of this.#listeners) listener(operation);
    if (fault !== undefined) throw fault.error();
    return result;
  }
}
