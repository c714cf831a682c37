import type { BlockedReason } from "../../../lib/rotation/reasons";

/** Calls of ports, named by port and method in `Ports`. */
export const operations = [
  "batch.readAccount",
  "batch.readKeys",
  "batch.regenerate",
  "batch.probe",
  "batch.search",
  "secrets.newest",
  "secrets.version",
  "secrets.publish",
  "secrets.disable",
  "secrets.contest",
  "rotations.read",
  "rotations.list",
  "rotations.ofBatchAccount",
  "rotations.scan",
  "rotations.scanRecords",
  "rotations.insert",
  "rotations.replace",
  /**
   * The write of the intent to regenerate. It is counted separately from other replaces, because faults right after it
   * matter most.
   */
  "rotations.intent",
  "signals.list",
  "signals.update",
  "signals.countInstances",
  /** Once for each row. */
  "signals.removeOver",
  "history.append",
  "history.page",
  "history.newestOf",
  "history.lastBefore",
  /** Once for each row. */
  "history.removeThrough",
  "ticks.read",
  "ticks.write",
  "notices.list",
  "notices.write",
  "fleet.read",
  "fleet.update",
  "alerts.deliver",
  "health.ask",
] as const;

export type RotationOperation = (typeof operations)[number];

/** Further calls: of the page, for consumers on platforms, and of a process that finds accounts by a tag. */
export type Operation =
  | RotationOperation
  | "signals.updateSight"
  | "containerApps.look"
  | "dataFactories.look"
  | "rotations.listAttention"
  | "formSecret.read"
  | "appServices.references"
  | "appServices.instances"
  | "appServices.refresh"
  | "appServices.restart"
  | "graph.batchAccounts"
  | "discoveries.head"
  | "discoveries.writeHead"
  | "discoveries.shards"
  | "discoveries.writeShard"
  | "auditLog.readers";

/** The port's method that makes the call. */
export const methodOf = (operation: Operation): Operation =>
  operation === "rotations.intent" ? "rotations.replace" : operation;

/** Operations whose outcome is unknown where the answer is lost. All others are reads, or are read back. */
export const isCommand = (operation: Operation): boolean =>
  operation === "batch.regenerate" ||
  operation === "secrets.publish" ||
  operation === "secrets.disable" ||
  operation === "secrets.contest";

export const isTableWrite = (operation: Operation): boolean =>
  operation === "rotations.insert" ||
  operation === "rotations.replace" ||
  operation === "rotations.intent" ||
  operation === "signals.update" ||
  operation === "signals.updateSight" ||
  operation === "signals.removeOver" ||
  operation === "history.append" ||
  operation === "history.removeThrough" ||
  operation === "ticks.write" ||
  operation === "notices.write" ||
  operation === "discoveries.writeHead" ||
  operation === "discoveries.writeShard" ||
  operation === "fleet.update";

/** What can happen to one call. */
export type Fault =
  /** The service refuses; not done. */
  | { readonly kind: "refused"; readonly retryAfterMs: number | null }
  /** Only an operator can fix it; not done. */
  | { readonly kind: "blocked"; readonly reason: BlockedReason }
  /** Done, but the answer is lost. */
  | { readonly kind: "lost" }
  /** The answer is lost, and the call takes effect `ms` later. */
  | { readonly kind: "late"; readonly ms: number }
  /** No answer before the caller gives up. */
  | { readonly kind: "hang"; readonly done: boolean }
  /** The process crashes at this call: before it is sent, after it is done, or with the request in flight for `ms`. */
  | { readonly kind: "crash"; readonly at: "before" | "after" }
  | { readonly kind: "crash"; readonly at: "onItsWay"; readonly ms: number }
  /** Done, but the process freezes for `ms` before it gets the answer. */
  | { readonly kind: "freeze"; readonly ms: number }
  /** The call fails with this error, before or after it is done. */
  | { readonly kind: "throws"; readonly when: "before" | "after"; readonly error: () => Error };

/** A fault at the `nth` call (from 1) of one operation, by any process. */
export interface PlacedFault {
  readonly operation: Operation;
  readonly nth: number;
  readonly fault: Fault;
}

/** A fault of the next calls of an operation. */
export interface ArmedFault {
  /** `before`: the call fails without effect. `after`: it fails after its effect. */
  readonly when: "before" | "after";
  readonly error: () => Error;
  /** The number of calls (default 1). */
  readonly times?: number;
}

/** Every call of an operation fails in the same way while this lasts. */
export interface Outage {
  readonly operation: Operation;
  readonly reason: BlockedReason | "transient";
}

/** The pending faults. */
export class FaultPlan {
  readonly #placed = new Map<Operation, Map<number, Fault>>();
  readonly #armed = new Map<Operation, { readonly fault: Fault; left: number }[]>();
  readonly #calls = new Map<Operation, number>();
  readonly #listeners = new Set<(operation: Operation) => void>();
  readonly outages = new Set<Outage>();
  /** Off: no call fails any more. */
  on = true;

  constructor(placed: readonly PlacedFault[]) {
    for (const one of placed) this.place(one);
  }

  place({ operation, nth, fault }: PlacedFault): void {
    const known = this.#placed.get(operation) ?? new Map<number, Fault>();
    this.#placed.set(operation, known.set(nth, fault));
  }

  /** A fault at the next call of the operation, and at those after it. */
  add(operation: Operation, { when, error, times = 1 }: ArmedFault): void {
    const armed = this.#armed.get(operation) ?? [];
    this.#armed.set(operation, [...armed, { fault: { kind: "throws", when, error }, left: times }]);
  }

  clear(): void {
    this.#armed.clear();
  }

  /**
   * The listener is called after each effect, reads included, and before its caller learns of it. Returns the function
   * that takes it off.
   */
  onEffect(listener: (operation: Operation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For the wire. */
  effectOf(operation: Operation): void {
    for (const listener of this.#listeners) listener(methodOf(operation));
  }

  /** The number of calls of this operation so far. */
  calls(operation: Operation): number {
    return this.#calls.get(operation) ?? 0;
  }

  /** Counts a call and returns its fault. */
  next(operation: Operation): { readonly nth: number; readonly fault: Fault | null } {
    const nth = (this.#calls.get(operation) ?? 0) + 1;
    this.#calls.set(operation, nth);
    return { nth, fault: this.on ? this.#faultAt(operation, nth) : null };
  }

  #faultAt(operation: Operation, nth: number): Fault | null {
    const placed = this.#placed.get(operation)?.get(nth);
    if (placed !== undefined) return placed;
    const armed = this.#armed.get(operation)?.find(({ left }) => left > 0);
    if (armed !== undefined) {
      armed.left -= 1;
      return armed.fault;
    }
    for (const outage of this.outages) {
      if (outage.operation !== operation) continue;
      return outage.reason === "transient"
        ? { kind: "refused", retryAfterMs: null }
        : { kind: "blocked", reason: outage.reason };
    }
    return null;
  }
}
