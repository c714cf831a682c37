import type { Instant } from "./time/time";

export type Slot = "primary" | "secondary";

export const otherSlot = (slot: Slot): Slot => (slot === "primary" ? "secondary" : "primary");

/** What is true of each phase. `gated` phases wait for the apps; `rotating` ones belong to a rotation under way. */
export const phaseFacts = {
  adopting: { gated: true, rotating: false, next: "confirm that every consumer runs on the published key" },
  idle: { gated: false, rotating: false, next: "start a rotation" },
  started: { gated: false, rotating: true, next: "regenerate the target key" },
  regenerated: { gated: false, rotating: true, next: "prove the target key and publish it" },
  published: { gated: true, rotating: true, next: "regenerate the previous key" },
  retired: { gated: false, rotating: true, next: "prove that the old key is refused and disable its secret version" },
  settling: { gated: true, rotating: true, next: "confirm that every consumer is back on the primary key" },
} as const satisfies Record<string, { gated: boolean; rotating: boolean; next: string }>;

export type Phase = keyof typeof phaseFacts;
export const isPhase = (name: string): name is Phase => Object.hasOwn(phaseFacts, name);
export type GatedPhase = { [P in Phase]: (typeof phaseFacts)[P]["gated"] extends true ? P : never }[Phase];

/** The newest version of the account's secret, and the slot whose key it holds. */
export interface Published {
  readonly slot: Slot;
  readonly version: string;
  /** When the rotator published or found it, by its own clock. */
  readonly publishedAt: Instant;
  /** When the vault made the version, by the vault's clock: an older newest version is a stale read. */
  readonly createdAt: Instant;
  /** When this slot's key came to be, as far as is known: `rotateEvery` counts from here. */
  readonly keyMadeAt: Instant;
}

/** One run of the procedure. */
export interface Rotation {
  readonly id: string;
  readonly trigger: "schedule" | "demand";
  /** In the words of the caller; for a scheduled one, why it was due. */
  readonly reason: string;
  readonly by: string;
  readonly target: Slot;
  readonly previous: Slot;
  readonly startedAt: Instant;
  /** A leaked key: this long after publication the gate opens whatever the consumers say. Milliseconds. */
  readonly retireAfterMs: number | null;
  /** The caller's key for a repeated request. */
  readonly idempotencyKey: string | null;
}

/** The request that a rotation answers. */
export type RotationRequest = Pick<Rotation, "trigger" | "reason" | "by" | "retireAfterMs" | "idempotencyKey">;

/** What has shown that the retired key is dead. Recorded before its version is disabled: later none is found. */
export interface DeathProof {
  readonly by: "signedCall" | "comparison";
  readonly at: Instant;
}

/** An operator's approval of the present phase. */
export interface Approval {
  readonly at: Instant;
  readonly by: string;
  readonly reason: string;
}

/**
 * What is already true of an account. Each member holds exactly what is true then.
 * `active` is what apps read now: the previous key up to `regenerated`, the target key from `published` on.
 */
export type State =
  | { readonly phase: "adopting"; readonly active: Published | null; readonly approval: Approval | null }
  | { readonly phase: "idle"; readonly active: Published }
  | { readonly phase: "started"; readonly active: Published; readonly rotation: Rotation }
  | {
      readonly phase: "regenerated";
      readonly active: Published;
      readonly rotation: Rotation;
      readonly regeneratedAt: Instant;
    }
  | {
      readonly phase: "published";
      readonly active: Published;
      readonly rotation: Rotation;
      /** The secret version that holds the previous key. */
      readonly previousVersion: string;
      readonly previousKeyMadeAt: Instant;
      readonly approval: Approval | null;
    }
  | {
      readonly phase: "retired";
      readonly active: Published;
      readonly rotation: Rotation;
      readonly previousVersion: string;
      readonly retiredAt: Instant;
      /** Null until there is one. */
      readonly proof: DeathProof | null;
    }
  | {
      readonly phase: "settling";
      readonly active: Published;
      readonly rotation: Rotation;
      /** Null where the old key could not be tried any more. */
      readonly proof: DeathProof | null;
      readonly approval: Approval | null;
    };

export type StateOf<P extends Phase> = Extract<State, { phase: P }>;

/** The rotation under way, or null. */
export const rotationOf = (state: State): Rotation | null => ("rotation" in state ? state.rotation : null);
