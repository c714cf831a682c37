import type { EventDraft } from "../events/events";
import { type Rotation, type RotationRequest, rotationOf, type State } from "../phases";
import type { LastRotation, RotationRecord } from "../record";
import { toInstant } from "../time/time";
import { ended } from "./transitions";

/*
 * The end of a rotation by what others have changed. A rotation for a leaked key (`retireAfter`) never ends in this way
 * without an alarm, and starts again with its request wherever its Batch account is still the record's.
 */

/** A rotation for a leaked key. */
const isUrgent = ({ retireAfterMs }: Pick<Rotation, "retireAfterMs">): boolean => retireAfterMs !== null;

/** The request for a leaked key that is not fulfilled yet. */
export const pendingRequest = ({ state, restart }: RotationRecord): RotationRequest | null => {
  const rotation = rotationOf(state);
  if (rotation === null) return restart;
  return mustDie(state) ? requestOf(rotation) : null;
};

/** A rotation for a leaked key is under way, and nothing has proven yet that the key is dead. */
export const mustDie = (state: State): boolean => {
  const rotation = rotationOf(state);
  return rotation !== null && isUrgent(rotation) && !("proof" in state && state.proof !== null);
};

export const whenConfirmed =
  "it starts again with the same request once every consumer has confirmed the published version";

export const lostSightOf = (resourceId: string): string =>
  `the keys of ${resourceId} are no longer rotated: regenerate the leaked key manually, or configure it again`;

/** The end of a rotation. Where it was to retire a leaked key that may still be alive, that is an alarm. */
export const superseded = (state: State, why: string, next: string): readonly EventDraft[] => {
  const rotation = rotationOf(state);
  if (rotation === null) return [];
  const ending: EventDraft = { event: "RotationSuperseded", detail: why };
  if (!mustDie(state)) return [ending];
  return [ending, { event: "UrgentRotationSuperseded", detail: `${urgent(rotation)} ended: ${why}; ${next}` }];
};

export const lostRequest = ({ restart, resourceId }: RotationRecord): readonly EventDraft[] =>
  restart === null || !isUrgent(restart)
    ? []
    : [
        {
          event: "UrgentRotationSuperseded",
          detail: `${urgent(restart)} is not started again: the configuration changed; ${lostSightOf(resourceId)}`,
        },
      ];

const urgent = ({ by, reason }: RotationRequest): string =>
  `the rotation with retireAfter that ${by} requested (${reason})`;

export const endedBy = (rotation: Rotation | null, now: Date): { lastRotation?: LastRotation } =>
  rotation === null ? {} : { lastRotation: ended(rotation, "superseded", now) };

const requestOf = ({ trigger, reason, by, retireAfterMs, idempotencyKey }: RotationRequest): RotationRequest => ({
  trigger,
  reason,
  by,
  retireAfterMs,
  idempotencyKey,
});

/** Due again at once; a rotation on demand with its own request. */
export const startedAgain = (rotation: Rotation, now: Date): Pick<RotationRecord, "dueAgainAt" | "restart"> => ({
  dueAgainAt: toInstant(now),
  restart: rotation.trigger === "demand" ? requestOf(rotation) : null,
});
