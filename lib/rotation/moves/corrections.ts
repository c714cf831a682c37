import { type EventDraft } from "../events/events";
import { isSameResource } from "../first-record";
import { type Reported, sentenceOf } from "../key-events";
import { otherSlot, type Published, rotationOf, type Slot, type State } from "../phases";
import type { RotationRecord } from "../record";
import {
  endedBy,
  lostRequest,
  lostSightOf,
  mustDie,
  pendingRequest,
  startedAgain,
  superseded,
  whenConfirmed,
} from "./superseded";
import { secretUrl } from "../ownership";
import { latest, plusMs, toInstant } from "../time/time";
import { type FoundVersion, published, type PublishedAs } from "./evidence";
import type { Move } from "./move";

type Place = Pick<RotationRecord, "resourceId" | "secret">;

const placeOf = ({ resourceId, secret }: Place): string => `${resourceId} and ${secretUrl(secret)}`;

export type StateWithActive = State & { readonly active: Published };

/**
 * The newest version is not the recorded one, but holds the same key: a late duplicate of our own write, or a manual
 * one. What was the newest in between is unknown, so an app that read the vault then may be on the standby key: that
 * key is not regenerated before every consumer has confirmed this version.
 */
export const versionAdopted = (state: StateWithActive, { version, createdAt }: FoundVersion, now: Date): Move => {
  const active: Published = { ...state.active, version, createdAt, publishedAt: toInstant(now) };
  return publishedAnew(state, active, now, [
    published(active.slot, { version, createdAt }, "found as the newest version, with the active key"),
  ]);
};

/**
 * The standby key was published manually: it is the active one now, and a rotation under way ends. Where the rotation's
 * own key is out already, publishing the other one takes it back; but a leaked key that is published again must still
 * die.
 */
export const slotAdopted = (state: StateWithActive, found: FoundVersion, now: Date): Move => {
  const slot = otherSlot(state.active.slot);
  const detail = `version ${found.version}, published outside the rotator, holds the ${slot} key`;
  const why = `the ${slot} key was published outside the rotator`;
  return standbyTaken(state, found, why, now, [{ event: "SlotAdopted", detail }]);
};

/** The standby key is what apps read now. */
const standbyTaken = (
  state: StateWithActive,
  { version, createdAt }: FoundVersion,
  why: string,
  now: Date,
  events: readonly EventDraft[],
): Move => {
  const rotation = rotationOf(state);
  const slot = otherSlot(state.active.slot);
  const keyMadeAt = state.phase === "published" ? state.previousKeyMadeAt : state.active.keyMadeAt;
  const again = rotation !== null && (state.phase === "started" || mustDie(state));
  return {
    state: {
      phase: "adopting",
      active: { slot, version, publishedAt: toInstant(now), createdAt, keyMadeAt },
      approval: null,
    },
    events: [...events, ...superseded(state, why, whenConfirmed)],
    also: {
      reconciledAt: toInstant(now),
      rollback: null,
      ...(again ? startedAgain(rotation, now) : {}),
      ...endedBy(rotation, now),
    },
  };
};

/** A newest version that held no live key. */
interface Drift {
  /** What was found. */
  readonly what: string;
  /** Who regenerated a key, by what events report; null where none does. */
  readonly reported: Reported | null;
}

const driftEvent = ({ what, reported }: Drift, repair: string): EventDraft => ({
  event: "DriftRepaired",
  detail: `${what}; ${repair}${reported === null ? "" : `; ${sentenceOf(reported)}`}`,
  ...(reported === null ? {} : { evidence: { reportedByEvent: { ...reported.last } } }),
});

/**
 * The newest version held no live key, so a live one was published: the active slot's, or the standby key where Batch
 * accepted only that one.
 */
export const driftRepaired = (state: StateWithActive, slot: Slot, as: PublishedAs, drift: Drift, now: Date): Move => {
  const { version, createdAt } = as;
  const anew = (why: string) => [driftEvent(drift, why), published(slot, as, "drift repaired")];
  if (slot === state.active.slot) {
    const active: Published = { ...state.active, version, createdAt, publishedAt: toInstant(now) };
    return toReadAtOnce(version, publishedAnew(state, active, now, anew(`the live ${slot} key is published`)));
  }
  const why = `Batch accepts only the ${slot} key, which is published`;
  return toReadAtOnce(version, standbyTaken(state, as, why, now, anew(why)));
};

/** Apps hold a key that they cannot use until they have read this version. */
const toReadAtOnce = (version: string, move: Move): Move => ({ ...move, also: { ...move.also, readAtOnce: version } });

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
            state,
            "the published version has changed; another starts once every consumer has confirmed it",
            whenConfirmed,
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
  // The leaked key belongs to the Batch account: it is the same one in another secret, and another one elsewhere.
  const stays = isSameResource(record.resourceId, to.resourceId);
  const restart = stays ? pendingRequest(record) : null;
  return {
    state: { phase: "adopting", active: null, approval: null },
    events: [
      {
        event: "ConfigurationChanged",
        detail: `adopted anew: from ${placeOf(record)} to ${placeOf(to)}`,
      },
      ...superseded(record.state, "the configuration changed", stays ? whenConfirmed : lostSightOf(record.resourceId)),
      ...(rotation === null && !stays ? lostRequest(record) : []),
    ],
    also: {
      resourceId: to.resourceId,
      secret: to.secret,
      accountEndpoint: null,
      reconciledAt: null,
      dueAgainAt: restart === null ? null : toInstant(now),
      restart,
      rollback: null,
      ...endedBy(rotation, now),
    },
  };
};
