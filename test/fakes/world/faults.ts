import type { BlockedReason } from "../../../lib/rotation/reasons";

export const operations = [
  "batch.readAccount",
  "batch.readKeys",
  "batch.regenerate",
  "batch.probe",
  "vault.newest",
  "vault.version",
  "vault.publish",
  "vault.disable",
  "rotations.read",
  "rotations.insert",
  "rotations.replace",
  /** The write that announces a regenerate: a replace like any other, but told apart, since most depends on what comes right after it. */
  "rotations.intent",
  "signals.list",
  "signals.update",
  "history.append",
  "alerts.deliver",
  "health.ask",
] as const;

export type Operation = (typeof operations)[number];

/** Whose answer, when it is lost, leaves the caller not knowing. All others are reads, or are read back. */
export const isCommand = (operation: Operation): boolean =>
  operation === "batch.regenerate" || operation === "vault.publish" || operation === "vault.disable";

export const isTableWrite = (operation: Operation): boolean =>
  operation === "rotations.insert" ||
  operation === "rotations.replace" ||
  operation === "rotations.intent" ||
  operation === "signals.update" ||
  operation === "history.append";

/** What can happen to one call. */
export type Fault =
  /** The service says no, and has not done it. */
  | { readonly kind: "refused"; readonly retryAfterMs: number | null }
  /** Only a person can mend it. Not done. */
  | { readonly kind: "blocked"; readonly reason: BlockedReason }
  /** Done, but the answer is lost. */
  | { readonly kind: "lost" }
  /** The answer is lost now, and it is done only `ms` later. */
  | { readonly kind: "late"; readonly ms: number }
  /** No answer before the caller gives up. */
  | { readonly kind: "hang"; readonly done: boolean }
  /** The whole process dies at this call: before it is sent, after it is done, or with the request on its way for `ms`. */
  | { readonly kind: "crash"; readonly at: "before" | "after" }
  | { readonly kind: "crash"; readonly at: "onItsWay"; readonly ms: number }
  /** Done, but the process stands still for `ms` before it sees the answer. */
  | { readonly kind: "freeze"; readonly ms: number };

/** A fault at the `nth` call (from 1) of one operation, whoever makes it. */
export interface PlacedFault {
  readonly operation: Operation;
  readonly nth: number;
  readonly fault: Fault;
}

/** Every call of an operation fails in the same way while this lasts. */
export interface Outage {
  readonly operation: Operation;
  readonly reason: BlockedReason | "transient";
}

/** Which faults are still to come. */
export class FaultPlan {
  readonly #placed = new Map<Operation, Map<number, Fault>>();
  readonly #calls = new Map<Operation, number>();
  readonly outages = new Set<Outage>();
  /** Off: nothing fails any more. */
  on = true;

  constructor(placed: readonly PlacedFault[]) {
    for (const one of placed) this.place(one);
  }

  place({ operation, nth, fault }: PlacedFault): void {
    const known = this.#placed.get(operation) ?? new Map<number, Fault>();
    this.#placed.set(operation, known.set(nth, fault));
  }

  /** How many calls of this operation there have been. */
  calls(operation: Operation): number {
    return this.#calls.get(operation) ?? 0;
  }

  /** Counts a call, and says what happens to it. */
  next(operation: Operation): { readonly nth: number; readonly fault: Fault | null } {
    const nth = (this.#calls.get(operation) ?? 0) + 1;
    this.#calls.set(operation, nth);
    if (!this.on) return { nth, fault: null };
    const fault = this.#placed.get(operation)?.get(nth);
    if (fault !== undefined) return { nth, fault };
    for (const outage of this.outages) {
      if (outage.operation !== operation) continue;
      const fails: Fault =
        outage.reason === "transient"
          ? { kind: "refused", retryAfterMs: null }
          : { kind: "blocked", reason: outage.reason };
      return { nth, fault: fails };
    }
    return { nth, fault: null };
  }
}
