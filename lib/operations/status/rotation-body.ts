import { retireAt } from "../../rotation/gate/gate";
import { rotationOf, type Slot } from "../../rotation/phases";
import type { RotationRecord } from "../../rotation/record";
import { formatDuration } from "../../rotation/time/duration";
import type { Instant } from "../../rotation/time/time";
import { gatedState } from "../../rotation/waiting";

/** The rotation under way, in the status. */
export interface RotationBody {
  readonly id: string;
  readonly trigger: string;
  readonly reason: string;
  readonly target: Slot;
  readonly previous: Slot;
  readonly startedAt: Instant;
  readonly publishedAt: Instant | null;
  readonly secretVersion: string | null;
  readonly retireAfter: string | null;
  readonly retireAt: Instant | null;
}

export const rotationBody = ({ state }: RotationRecord): RotationBody | null => {
  const rotation = rotationOf(state);
  if (rotation === null) return null;
  const published = state.phase === "started" || state.phase === "regenerated" ? null : state.active;
  const gated = gatedState(state);
  return {
    id: rotation.id,
    trigger: rotation.trigger,
    reason: rotation.reason,
    target: rotation.target,
    previous: rotation.previous,
    startedAt: rotation.startedAt,
    publishedAt: published?.publishedAt ?? null,
    secretVersion: published?.version ?? null,
    retireAfter: rotation.retireAfterMs === null ? null : formatDuration(rotation.retireAfterMs),
    retireAt: gated === null ? null : retireAt(gated),
  };
};
