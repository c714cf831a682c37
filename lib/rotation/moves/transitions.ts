import { secretUrl } from "../ownership";
import {
  oldKeyEvidence,
  oldKeyInWords,
  type Opening,
  openingEvidence,
  overrideSuffix,
  unsearchedSuffix,
  published,
  type PublishedAs,
} from "./evidence";
import { otherSlot, type Rotation, type RotationRequest, type StateOf } from "../phases";
import type { LastRotation, Pause, RotationRecord } from "../record";
import { toInstant } from "../time/time";
import type { Move } from "./move";

export const rotationStarted = (
  state: StateOf<"idle">,
  request: RotationRequest & Pick<Rotation, "id">,
  { resourceId, secret }: Pick<RotationRecord, "resourceId" | "secret">,
  now: Date,
): Move => {
  const previous = state.active.slot;
  const byDemand = request.trigger === "demand";
  const rotation: Rotation = { ...request, target: otherSlot(previous), previous, startedAt: toInstant(now) };
  return {
    state: { phase: "started", active: state.active, rotation },
    events: [
      {
        event: "RotationStarted",
        detail:
          `on ${request.trigger}${byDemand ? ` of ${request.by}` : ""}, ` +
          `from the ${previous} to the ${rotation.target} key: ${request.reason}`,
        // The configuration may name another account by the time of an audit.
        evidence: { askedBy: request.by, resourceId, secret: secretUrl(secret) },
      },
    ],
    also: { dueAgainAt: null, restart: null },
  };
};

export const targetRegenerated = (
  { active, rotation }: StateOf<"started">,
  requestId: string | null,
  now: Date,
): Move => ({
  state: { phase: "regenerated", active, rotation, regeneratedAt: toInstant(now) },
  events: [
    {
      event: "KeyRegenerated",
      detail: `${rotation.target} key regenerated; no app uses it yet`,
      evidence: { slot: rotation.target, requestId },
    },
  ],
});

export const targetPublished = (state: StateOf<"regenerated">, as: PublishedAs, now: Date): Move => ({
  state: {
    phase: "published",
    active: {
      slot: state.rotation.target,
      version: as.version,
      publishedAt: toInstant(now),
      createdAt: as.createdAt,
      keyMadeAt: state.regeneratedAt,
    },
    rotation: state.rotation,
    previousVersion: state.active.version,
    previousKeyMadeAt: state.active.keyMadeAt,
    approval: null,
  },
  events: [published(state.rotation.target, as, "the rotation's new key")],
});

/** How the previous key came to be retired. */
interface Retirement extends Opening {
  /** The previous key had been replaced already, by a request whose answer was lost, or manually. */
  readonly byOthers: boolean;
  readonly requestId: string | null;
}

export const previousRetired = (
  { active, rotation, previousVersion }: StateOf<"published">,
  { byOthers, requestId, ...opening }: Retirement,
  now: Date,
): Move => ({
  state: { phase: "retired", active, rotation, previousVersion, retiredAt: toInstant(now), proof: null },
  events: [
    {
      event: "KeyRetired",
      detail:
        `${rotation.previous} key ${byOthers ? "had been regenerated already" : "regenerated"}; ` +
        "its old value is still to be proven dead" +
        `${overrideSuffix(opening.override)}${unsearchedSuffix(opening.searched)}`,
      evidence: { slot: rotation.previous, version: previousVersion, requestId, ...openingEvidence(opening) },
    },
  ],
});

/** `settleOn: "primary"`: the fresh primary is published and waits behind the same gate. */
export const settlingStarted = (
  { active, rotation, retiredAt, previousVersion, proof }: StateOf<"retired">,
  as: PublishedAs,
  now: Date,
): Move => ({
  state: {
    phase: "settling",
    active: {
      slot: otherSlot(active.slot),
      version: as.version,
      publishedAt: toInstant(now),
      createdAt: as.createdAt,
      keyMadeAt: retiredAt,
    },
    rotation,
    proof,
    approval: null,
  },
  events: [
    {
      event: "SettlingStarted",
      detail: `${oldKeyInWords(proof)}; moving back to the primary key`,
      evidence: { ...oldKeyEvidence(proof), disabledVersion: proof === null ? null : previousVersion },
    },
    published(otherSlot(active.slot), as, "settleOn is primary"),
  ],
});

/**
 * Idle, unless the active key was published again after the gate had opened: then who reads it is to be found out anew.
 * `opening`: of the gate of `settling`; null from `retired`, whose gate the event `KeyRetired` describes.
 */
export const rotationCompleted = (state: StateOf<"retired" | "settling">, opening: Opening | null, now: Date): Move => {
  const { active, rotation, proof } = state;
  const unconfirmed = state.phase === "retired" && active.publishedAt > state.retiredAt;
  const confirmed = unconfirmed ? "; every consumer has yet to confirm it" : "";
  return {
    state: unconfirmed ? { phase: "adopting", active, approval: null } : { phase: "idle", active },
    events: [
      {
        event: "RotationCompleted",
        detail:
          `the ${active.slot} key, version ${active.version}, is active${confirmed}; ` +
          `${oldKeyInWords(proof)}${overrideSuffix(opening?.override ?? null)}` +
          unsearchedSuffix(opening?.searched ?? null),
        evidence: {
          slot: active.slot,
          version: active.version,
          ...oldKeyEvidence(proof),
          ...(state.phase === "retired" ? { disabledVersion: proof === null ? null : state.previousVersion } : {}),
          ...(opening === null ? {} : openingEvidence(opening)),
        },
      },
    ],
    also: { lastRotation: ended(rotation, "completed", now) },
  };
};

/**
 * The previous key is what apps read again, and the rotation is over. Paused, and adopting: instances that hold the
 * target key must move before a next rotation may regenerate it. `republished`: false where the previous key was never
 * replaced as the newest.
 */
export const rolledBack = (
  state: StateOf<"started" | "regenerated" | "published">,
  as: PublishedAs,
  republished: boolean,
  request: Pause,
  now: Date,
): Move => {
  const slot = state.rotation.previous;
  const keyMadeAt = state.phase === "published" ? state.previousKeyMadeAt : state.active.keyMadeAt;
  const publishedAt = republished ? toInstant(now) : state.active.publishedAt;
  return {
    state: {
      phase: "adopting",
      active: { slot, version: as.version, publishedAt, createdAt: as.createdAt, keyMadeAt },
      approval: null,
    },
    events: [
      { event: "RotationRolledBack", detail: `back to the ${slot} key, version ${as.version}: ${request.reason}` },
      ...(republished ? [published(slot, as, "rolled back")] : []),
      { event: "Paused", detail: `paused by the roll-back, until an operator resumes: ${request.reason}` },
    ],
    also: {
      lastRotation: ended(state.rotation, "rolledBack", now),
      dueAgainAt: toInstant(now),
      pause: request,
      rollback: null,
      ...(republished ? { readAtOnce: as.version } : {}),
    },
  };
};

export const ended = (rotation: Rotation, outcome: LastRotation["outcome"], now: Date): LastRotation => ({
  id: rotation.id,
  outcome,
  startedAt: rotation.startedAt,
  endedAt: toInstant(now),
  reason: rotation.reason,
  retireAfterMs: rotation.retireAfterMs,
  idempotencyKey: rotation.idempotencyKey,
});
