import type { SlotKeys } from "../../ports/batch-keys";
import type { CallOptions, Receipt } from "../../ports/call";
import type { Ports } from "../../ports/ports";
import type { EnabledVersion, SecretVersion } from "../../ports/secret-publisher";
import type { AccountConfig } from "../../rotation/account-config";
import type { Searched } from "../../rotation/gate/key-copies";
import type { Sightings } from "../../rotation/gate/sightings";
import type { Slot, State, StateOf } from "../../rotation/phases";
import type { Hold, Pause, RotationRecord } from "../../rotation/record";
import type { Instant } from "../../rotation/time/time";
import type { Move } from "../../rotation/moves/move";

/** What a step works with. Everything here is for one account, under one claim, in one decision. */
export interface StepContext {
  readonly ports: Ports;
  readonly config: AccountConfig;
  readonly record: RotationRecord;
  readonly by: string;
  /** The instant of the decision. After an effect the clock is read again. */
  readonly now: Date;
  /** A fresh limit for one external call, of `ms` milliseconds at most; it ends before the claim does. */
  readonly call: (ms?: number) => CallOptions;
  /** What is known about who uses which key, as the table has it now. */
  readonly sightings: (state: State) => Promise<Sightings>;
  /** One version of the secret; null where the vault does not know it. An enabled one is read once in a drive. */
  readonly version: (version: string) => Promise<SecretVersion | null>;
  /**
   * The only way to regenerate: writes the intent, checks the claim, looks whether `newest` still is the newest version
   * and sends once. Null where it is not: nothing has been sent.
   */
  readonly regenerate: (slot: Slot, newest: string) => Promise<Receipt | null>;
  /** Both keys, as the last regenerate of this drive has answered them; null before the first. */
  readonly answered: SlotKeys | null;
  /** A key list, or an answer of a moment before, is not older than this, in milliseconds. */
  readonly listLagMs: number;
  /**
   * The number of the newest event that is written with the record; null once this drive has brought record and history
   * together.
   */
  readonly recordedThrough: () => number | null;
  /** Brings record and history together: a record that is behind its history goes on above it. */
  readonly catchUp: () => Promise<void>;
  /** Writes what the record holds and the table does not yet: before anything is published. */
  readonly writeAhead: () => Promise<void>;
  /**
   * Asks the fleet whether a scheduled rotation with this id may start, and counts it as under way before it starts.
   * False where it has to wait.
   */
  readonly admit: (rotationId: string, dueAt: Instant) => Promise<boolean>;
  /** Since when a consumer has been unhealthy on the new key: the fleet has to know. */
  readonly sawUnhealthy: (since: Instant | null) => void;
  /** Records that the rotation is to be rolled back, before anything is published. */
  readonly markRollback: (request: Pause) => Promise<void>;
  /** Records what the newest version says about another rotator. */
  readonly sawNewest: (newest: Newest | null) => void;
  /** Shows the owner of this version that this account is to publish there too. Never fails. */
  readonly contest: (newest: Newest) => Promise<void>;
  /** Records what a search of the account has found. */
  readonly searched: (result: Searched) => void;
  /** Records that the old key is dead, before its version is disabled and can no longer be read. */
  readonly markProven: (proven: StateOf<"retired">) => Promise<void>;
}

/** Nothing to do yet, and why where Batch's answer is the reason. */
export interface Waits {
  readonly hold: Omit<Hold, "since"> | null;
}

/** What the decision rests on has changed: compare and decide again. */
export const lookAgain = { lookAgain: true } as const;

export type Done = Move | Waits | typeof lookAgain;

/** What apps read now. */
export type Newest = EnabledVersion;

/** Both live keys, and what apps read, at one instant. Only ever in memory. */
export interface KeySnapshot {
  readonly keys: SlotKeys;
  readonly newest: Newest | null;
}

/** A snapshot that was found in order: the newest version holds a live key. */
export interface GoodSnapshot extends KeySnapshot {
  readonly newest: Newest;
}

/**
 * What a phase asks for: to wait, or to act. `actOnKeys` acts after a full comparison of vault and live keys has found
 * them in order, and is given the snapshot that was compared.
 */
export type Decision =
  | { readonly kind: "wait" }
  | { readonly kind: "act"; readonly words: string; readonly run: () => Promise<Done> }
  | { readonly kind: "actOnKeys"; readonly words: string; readonly run: (snapshot: GoodSnapshot) => Promise<Done> };

export const wait: Decision = { kind: "wait" };
