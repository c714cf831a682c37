import type { EventDraft, Evidence } from "./events/events";
import {
  otherSlot,
  type Published,
  type Rotation,
  type RotationRequest,
  type Slot,
  type State,
  type StateOf,
} from "./phases";
import type { LastRotation, Pause, RotationRecord } from "./record";
import type { InstanceReport } from "./gate/signals";
import { toInstant } from "./time/time";

/** What a step has made true: the next state, its events, and the members beside the state that changed with it. */
export interface Move {
  readonly state: State;
  readonly events: readonly EventDraft[];
  readonly also?: Partial<
    Pick<
      RotationRecord,
      | "accountEndpoint"
      | "reconciledAt"
      | "dueAgainAt"
      | "restart"
      | "lastRotation"
      | "resourceId"
      | "secret"
      | "pause"
      | "rollback"
    >
  >;
}

/** A version of the secret, and the id of the request that made it where this rotator did. */
export interface PublishedAs {
  readonly version: string;
  readonly requestId?: string | null;
}

export const published = (slot: Slot, { version, requestId }: PublishedAs, why: string): EventDraft => ({
  event: "KeyPublished",
  detail: `${slot} key published as version ${version}: ${why}`,
  evidence: { slot, version, requestId: requestId ?? null },
});

/** First sight of an account whose newest version holds one of the live keys already: nothing is written. */
export const foundPublished = (active: Published, accountEndpoint: string, now: Date): Move => ({
  state: { phase: "adopting", active, approval: null },
  events: [],
  also: { accountEndpoint, reconciledAt: toInstant(now) },
});

/** First sight of an account whose secret held no live key: the primary was published unchanged. */
export const publishedAtFirstSight = (
  active: Published,
  accountEndpoint: string,
  why: string,
  requestId: string | null,
  now: Date,
): Move => ({
  ...foundPublished(active, accountEndpoint, now),
  events: [published(active.slot, { version: active.version, requestId }, why)],
});

/** Every consumer is known to run on the published version, so no app uses the other key. */
export const adopted = (active: Published, override: string | null): Move => ({
  state: { phase: "idle", active },
  events: [
    {
      event: "Adopted",
      detail: `every consumer runs on the ${active.slot} key, version ${active.version}${overrideSuffix(override)}`,
    },
  ],
});

export const rotationStarted = (
  state: StateOf<"idle">,
  request: RotationRequest & Pick<Rotation, "id">,
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
        ...(byDemand ? { evidence: { askedBy: request.by } } : {}),
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
      keyMadeAt: state.regeneratedAt,
    },
    rotation: state.rotation,
    previousVersion: state.active.version,
    previousKeyMadeAt: state.active.keyMadeAt,
    approval: null,
  },
  events: [published(state.rotation.target, as, "the rotation's new key")],
});

/** A column of a history row holds 32,768 characters, and a hundred confirmations take up to 28,000 of them. */
const maxOverride = 2_000;
const maxConfirmations = 100;

/** How the previous key came to be retired. */
export interface Retirement {
  /** Why the gate was open, where that is not the plain case. */
  readonly override: string | null;
  /** The previous key had been replaced already, by a request whose answer was lost, or manually. */
  readonly byOthers: boolean;
  readonly requestId: string | null;
  /** The reports that opened the gate. */
  readonly confirmations: readonly InstanceReport[];
}

export const previousRetired = (
  { active, rotation, previousVersion }: StateOf<"published">,
  { override, byOthers, requestId, confirmations }: Retirement,
  now: Date,
): Move => ({
  state: { phase: "retired", active, rotation, previousVersion, retiredAt: toInstant(now) },
  events: [
    {
      event: "KeyRetired",
      detail: byOthers
        ? `${rotation.previous} key had been regenerated already`
        : `${rotation.previous} key regenerated, so that its old value is dead${overrideSuffix(override)}`,
      evidence: {
        slot: rotation.previous,
        version: previousVersion,
        requestId,
        override: override?.slice(0, maxOverride) ?? null,
        confirmedInstances: confirmations.length,
        confirmations: confirmations
          .slice(0, maxConfirmations)
          .map(({ consumer, instance, at, secretVersion, healthy, proven }) => ({
            consumer,
            instance,
            at,
            secretVersion,
            healthy,
            proven,
          })),
      },
    },
  ],
});

/** `settleOn: "primary"`: the fresh primary is published and waits behind the same gate. */
export const settlingStarted = (
  { active, rotation, retiredAt }: StateOf<"retired">,
  as: PublishedAs,
  provenDead: ProvenDead,
  now: Date,
): Move => ({
  state: {
    phase: "settling",
    active: { slot: otherSlot(active.slot), version: as.version, publishedAt: toInstant(now), keyMadeAt: retiredAt },
    rotation,
    approval: null,
  },
  events: [
    {
      event: "SettlingStarted",
      detail: "the old key is dead; moving back to the primary key",
      ...(provenDead === null ? {} : { evidence: provenDead }),
    },
    published(otherSlot(active.slot), as, "settleOn is primary"),
  ],
});

/** How the old key was proven dead, for the history. */
export type ProvenDead = Evidence | null;

/**
 * Idle, unless the active key was published again after the gate had opened: then who reads it is to be found out anew.
 */
export const rotationCompleted = (state: StateOf<"retired" | "settling">, provenDead: ProvenDead, now: Date): Move => {
  const { active, rotation } = state;
  const unconfirmed = state.phase === "retired" && active.publishedAt > state.retiredAt;
  return {
    state: unconfirmed ? { phase: "adopting", active, approval: null } : { phase: "idle", active },
    events: [
      {
        event: "RotationCompleted",
        detail: unconfirmed
          ? `the ${active.slot} key is active; every consumer has yet to confirm its version ${active.version}`
          : `every consumer runs on the ${active.slot} key, version ${active.version}`,
        evidence: { slot: active.slot, version: active.version, ...provenDead },
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
    state: { phase: "adopting", active: { slot, version: as.version, publishedAt, keyMadeAt }, approval: null },
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
    },
  };
};

const overrideSuffix = (override: string | null): string => (override === null ? "" : `; ${override}`);

export const ended = (rotation: Rotation, outcome: LastRotation["outcome"], now: Date): LastRotation => ({
  id: rotation.id,
  outcome,
  startedAt: rotation.startedAt,
  endedAt: toInstant(now),
  reason: rotation.reason,
  retireAfterMs: rotation.retireAfterMs,
  idempotencyKey: rotation.idempotencyKey,
});
