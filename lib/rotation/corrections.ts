import { type EventDraft } from "./events/events";
import { otherSlot, type Published, type Rotation, rotationOf, type State } from "./phases";
import type { LastRotation, RotationRecord } from "./record";
import { latest, plusMs, toInstant } from "./time/time";
import { ended, type Move, type PublishedAs, published } from "./transitions";

export type StateWithActive = State & { readonly active: Published };

/**
 * The newest version is another one than recorded, with the same key: a late duplicate of our own write, or somebody's. Nobody knows what was the
 * newest in between, so whoever read the vault then may be on the standby key: that is not regenerated before every consumer has confirmed this version.
 */
export const versionAdopted = (state: StateWithActive, version: string, now: Date): Move => {
  const active: Published = { ...state.active, version, publishedAt: toInstant(now) };
  return publishedAnew(state, active, now, [
    published(active.slot, { version }, "found as the newest version, with the active key"),
  ]);
};

/** Somebody has published the standby key by hand: it is the active one now, and a rotation under way is over. */
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
      { event: "SlotAdopted", detail: `version ${version}, published by somebody else, holds the ${slot} key` },
      ...superseded(rotation, `the ${slot} key was published by somebody else`),
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
 * The active key has another version than this account went by: who reads which is to be found out anew before the standby key may be regenerated.
 * A rotation that has regenerated nothing yet ends, and is due again at once; one that waits at its gate asks it afresh; one past it is adopted anew
 * at its end.
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
      // Later than the retirement by whatever clock: from this the rotation's end tells that its gate knew nothing of this version.
      const publishedAt = latest(active.publishedAt, plusMs(state.retiredAt, 1));
      return { state: { ...state, active: { ...active, publishedAt } }, events, also: { reconciledAt } };
    }
  }
};

/** The configuration names another Batch account or secret than the record was made for. */
export const configurationChanged = (
  record: RotationRecord,
  to: Pick<RotationRecord, "resourceId" | "secret">,
  now: Date,
): Move => {
  const rotation = rotationOf(record.state);
  return {
    state: { phase: "adopting", active: null, approval: null },
    events: [
      {
        event: "ConfigurationChanged",
        detail: `adopted anew: from ${record.resourceId} and ${record.secret.vaultUrl}/secrets/${record.secret.name} to ${to.resourceId} and ${to.secret.vaultUrl}/secrets/${to.secret.name}`,
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

/** Due again at once; one on demand as what it was asked for. */
const startedAgain = (
  { trigger, reason, by, retireAfterMs, idempotencyKey }: Rotation,
  now: Date,
): Pick<RotationRecord, "dueAgainAt" | "restart"> => ({
  dueAgainAt: toInstant(now),
  restart: trigger === "demand" ? { trigger, reason, by, retireAfterMs, idempotencyKey } : null,
});
