import type { CallOptions, Ports, Receipt, SecretVersion, SlotKeys } from "../ports";
import type { AccountConfig } from "../rotation/account-config";
import type { Slot, StateOf } from "../rotation/phases";
import type { Hold, Pause, RotationRecord } from "../rotation/record";
import type { Move } from "../rotation/transitions";

/** What a step works with. Everything here is for one account, under one claim, in one decision. */
export interface StepContext {
  readonly ports: Ports;
  readonly config: AccountConfig;
  readonly record: RotationRecord;
  readonly by: string;
  /** The instant of the decision. After an effect the clock is read again. */
  readonly now: Date;
  /** A fresh limit for one external call; it ends before the claim does. */
  readonly call: () => CallOptions;
  /** The only way to regenerate: writes the intent, checks the claim, then sends once. */
  readonly regenerate: (slot: Slot) => Promise<Receipt>;
  /** Records that the rotation is to be rolled back, before anything is published. */
  readonly markRollback: (request: Pause) => Promise<void>;
  /** Records that the old key is dead, before its version is disabled and can no longer be read. */
  readonly markProven: (proven: StateOf<"retired">) => Promise<void>;
}

/** Nothing to do yet, and why where Batch's answer is the reason. */
export interface Waits {
  readonly hold: Omit<Hold, "since"> | null;
}

export type Done = Move | Waits;

/** Both live keys, and what apps read, at one instant. Only ever in memory. */
export interface KeySnapshot {
  readonly keys: SlotKeys;
  readonly newest: Extract<SecretVersion, { enabled: true }> | null;
}

/**
 * What a phase asks for: to wait, or to act. `actOnKeys` acts after a full comparison of vault and live keys has found
 * them in order, and is given the snapshot that was compared.
 */
export type Decision =
  | { readonly kind: "wait" }
  | { readonly kind: "act"; readonly words: string; readonly run: () => Promise<Done> }
  | { readonly kind: "actOnKeys"; readonly words: string; readonly run: (snapshot: KeySnapshot) => Promise<Done> };

export const wait: Decision = { kind: "wait" };
