import { type EventDraft } from "./events/events";
import { otherSlot, type Published, type Rotation, rotationOf, type State } from "./phases";
import type { LastRotation, RotationRecord } from "./record";
import { latest, plusMs, toInstant } from "./time/time";
import { published, type PublishedAs } from "./evidence";
import { ended, type Move } from "./transitions";

type Place = Pick<RotationRecord, "resourceId" | "secret">;

const placeOf = ({ resourceId, secret }: Place): string =>
  `${resourceId} and ${secret.vaultUrl}/secrets/${secret.name}`;

export type StateWithActive = State & { readonly active: Published };

/**
 * The newest version is not the recorded one, but holds the same key: a late duplicate of our own write, or a manual
 * one. What was the newest in between is unknown, so an app that read the vault then may be on the standby key: that
 * key is not regenerated before every consumer has confirmed this version.
 */
export const versionAdopted = (state: StateWithActive, version: string, now: Date): Move => {
  const active: Published = { ...state.active, version, publishedAt: toInstant(now) };
  return publishedAnew(state, active, now, [
    published(active.slot, { version }, "found as the newest version, with the active key"),
  ]);
};

/** The standby key was published manually: it is the active one now, and a rotation under way ends. */
export const slotAdopted = (state: StateWithActive, version: string, now: Date): Move => {
  const rotation = rotationOf(state);
  const slot = otherSlot(state.active.slot);
  const keyMadeAt = state.phase === "published" ? state.previousKeyMadeAt : state.active.keyMadeAt;
  return {
    state: {
      phase: "adopting",
      active: { slot, version, publishedAt: toInstant(now), keyMadeAt },
      approval: null,
    },
    events: [
      { event: "SlotAdopted", detail: `version ${version}, published outside the rotator, holds the ${slot} key` },
      ...superseded(rotation, `the ${slot} key was published outside the rotator`),
    ],
    also: {
      reconciledAt: toInstant(now),
      rollback: null,
      // Where the rotation's own key is out already, publishing the other one takes it back.
      ...(state.phase === "started" ? startedAgain(state.rotation, now) : {}),
      ...endedBy(rotation, now),
    },
  };
};

/** The newest version held no live key, so the active slot's live key was published again. */
export const driftRepaired = (state: StateWithActive, as: PublishedAs, why: string, now: Date): Move => {
  const active: Published = { ...state.active, version: as.version, publishedAt: toInstant(now) };
  return publishedAnew(state, active, now, [
    { event: "DriftRepaired", detail: why },
    published(active.slot, as, "drift repaired"),
  ]);
};

/**
 * The active key has another version than the recorded one: the gate must show again who reads which before the standby
 * key may be regenerated. A rotation that has regenerated nothing yet ends, and is due again at once; one that waits at
 * its gate asks it afresh; one past it is adopted anew at its end.
 */
const publishedAnew = (state: StateWithActive, active: Published, now: Date, events: readonly EventDraft[]): Move => {
  const reconciledAt = toInstant(now);
  switch (state.phase) {
    case "idle":
    case "adopting":
      return { state: { phase: "adopting", active, approval: null }, events, also: { reconciledAt } };
    case "started":
      return {
        state: { phase: "adopting", active, approval: null },
        events: [
          ...events,
          ...superseded(
            state.rotation,
            "the published version has changed; another starts once every consumer has confirmed it",
          ),
        ],
        also: { reconciledAt, rollback: null, ...startedAgain(state.rotation, now), ...endedBy(state.rotation, now) },
      };
    case "published":
    case "settling":
      return { state: { ...state, active, approval: null }, events, also: { reconciledAt } };
    case "regenerated":
      return { state: { ...state, active }, events, also: { reconciledAt } };
    case "retired": {
      // Later than the retirement by any clock: so the end of the rotation knows that its gate has not seen this
      // version.
      const publishedAt = latest(active.publishedAt, plusMs(state.retiredAt, 1));
      return { state: { ...state, active: { ...active, publishedAt } }, events, also: { reconciledAt } };
    }
  }
};

/** The configuration names another Batch account or secret than the record was made for. */
export const configurationChanged = (record: RotationRecord, to: Place, now: Date): Move => {
  const rotation = rotationOf(record.state);
  return {
    state: { phase: "adopting", active: null, approval: null },
    events: [
      {
        event: "ConfigurationChanged",
        detail: `adopted anew: from ${placeOf(record)} to ${placeOf(to)}`,
      },
      ...superseded(rotation, "the configuration changed"),
    ],
    also: {
      resourceId: to.resourceId,
      secret: to.secret,
      accountEndpoint: null,
      reconciledAt: null,
      dueAgainAt: null,
      restart: null,
      rollback: null,
      ...endedBy(rotation, now),
    },
  };
};

const superseded = (rotation: Rotation | null, why: string): readonly EventDraft[] =>
  rotation === null ? [] : [{ event: "RotationSuperseded", detail: why }];

const endedBy = (rotation: Rotation | null, now: Date): { lastRotation?: LastRotation } =>
  rotation === null ? {} : { lastRotation: ended(rotation, "superseded", now) };

/** Due again at once; a rotation on demand with its own request. */
const startedAgain = (
  { trigger, reason, by, retireAfterMs, idempotencyKey }: Rotation,
  now: Date,
): Pick<RotationRecord, "dueAgainAt" | "restart"> => ({
  dueAgainAt: toInstant(now),
  restart: trigger === "demand" ? { trigger, reason, by, retireAfterMs, idempotencyKey } : null,
});
