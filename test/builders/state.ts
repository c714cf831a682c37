import type { Approval, DeathProof, Published, Rotation, StateOf } from "../../lib/rotation/phases";
import { at } from "./time";

/** Versions of the secret: the key before the rotation of these tests, its new key, and the primary key again. */
export const v1 = "11111111111111111111111111111111";
export const v2 = "22222222222222222222222222222222";
export const v3 = "33333333333333333333333333333333";

/** The primary key, published as `v1` on the 20th. */
export const thePrimary = (changes: Partial<Published> = {}): Published => ({
  slot: "primary",
  version: v1,
  publishedAt: at("10:00", 20),
  createdAt: at("10:00", 20),
  keyMadeAt: at("09:58", 20),
  ...changes,
});

/** The secondary key, made at 09:58 and published as `v2` at 10:00 on the 24th. */
export const theSecondary = (changes: Partial<Published> = {}): Published => ({
  slot: "secondary",
  version: v2,
  publishedAt: at("10:00"),
  createdAt: at("10:00"),
  keyMadeAt: at("09:58"),
  ...changes,
});

export const anApproval = (changes: Partial<Approval> = {}): Approval => ({
  at: at("10:05"),
  by: "operator:ada",
  reason: "checked manually",
  ...changes,
});

export const aDeathProof = (changes: Partial<DeathProof> = {}): DeathProof => ({
  by: "signedCall",
  at: at("10:20:30.000"),
  ...changes,
});

export const adopting = (changes: Partial<StateOf<"adopting">> = {}): StateOf<"adopting"> => ({
  phase: "adopting",
  active: null,
  approval: null,
  ...changes,
});

export const idle = (changes: Partial<Published> = {}): StateOf<"idle"> => ({
  phase: "idle",
  active: thePrimary(changes),
});

/** A rotation from the primary (`v1`) to the secondary key (`v2`), started at 09:55, in each of its phases. */
export const aRotation = (changes: Partial<Rotation> = {}) => {
  const rotation: Rotation = {
    id: "01JDF0000000000000000ROTAT",
    trigger: "schedule",
    reason: "due since 2026-11-24T09:50:00.000Z",
    by: "schedule",
    target: "secondary",
    previous: "primary",
    startedAt: at("09:55"),
    retireAfterMs: null,
    idempotencyKey: null,
    ...changes,
  };
  return {
    started: (): StateOf<"started"> => ({ phase: "started", active: thePrimary(), rotation }),
    regenerated: (): StateOf<"regenerated"> => ({
      phase: "regenerated",
      active: thePrimary(),
      rotation,
      regeneratedAt: at("09:58"),
    }),
    published: (more: Partial<StateOf<"published">> = {}): StateOf<"published"> => ({
      phase: "published",
      active: theSecondary(),
      rotation,
      previousVersion: v1,
      previousKeyMadeAt: at("09:58", 20),
      approval: null,
      ...more,
    }),
    retired: (more: Partial<StateOf<"retired">> = {}): StateOf<"retired"> => ({
      phase: "retired",
      active: theSecondary(),
      rotation,
      previousVersion: v1,
      retiredAt: at("10:20"),
      proof: null,
      ...more,
    }),
    settling: (more: Partial<StateOf<"settling">> = {}): StateOf<"settling"> => ({
      phase: "settling",
      active: {
        slot: "primary",
        version: v3,
        publishedAt: at("10:21"),
        createdAt: at("10:21"),
        keyMadeAt: at("10:20"),
      },
      rotation,
      proof: aDeathProof(),
      approval: null,
      ...more,
    }),
  };
};

/** The request of a rotation for a leaked key. */
export const aLeakedKeyRequest = {
  trigger: "demand",
  reason: "leaked",
  by: "operator:ada",
  retireAfterMs: 1,
  idempotencyKey: null,
} as const;
