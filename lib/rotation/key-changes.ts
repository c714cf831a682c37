import type { RotationRecord } from "./record";
import { type Instant, latest } from "./time/time";

/** When this rotator last changed a key, or last ended a rotation that may have; null where neither is known. */
export const lastKeyChange = ({ state, lastRotation }: RotationRecord): Instant | null => {
  const known = [
    state.active?.keyMadeAt,
    state.phase === "regenerated" ? state.regeneratedAt : undefined,
    state.phase === "retired" ? state.retiredAt : undefined,
    lastRotation?.endedAt,
  ].filter((at) => at !== undefined);
  const [first, ...others] = known;
  return first === undefined ? null : latest(first, ...others);
};
