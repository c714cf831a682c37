import { otherSlot, type Slot } from "./phases";
import type { RotationRecord } from "./record";
import { type Instant, latest } from "./time/time";

/** When this rotator last changed this key, or last ended a rotation that may have; null where neither is known. */
export const lastChangeOf = ({ state, lastRotation }: RotationRecord, slot: Slot): Instant | null => {
  const isActive = state.active?.slot === slot;
  const known = [
    isActive ? state.active.keyMadeAt : undefined,
    !isActive && state.phase === "regenerated" ? state.regeneratedAt : undefined,
    !isActive && state.phase === "retired" ? state.retiredAt : undefined,
    // A rotation that is completed has changed the active key when that was made.
    isActive && lastRotation?.outcome === "completed" ? undefined : lastRotation?.endedAt,
  ].filter((at) => at !== undefined);
  const [first, ...others] = known;
  return first === undefined ? null : latest(first, ...others);
};

/** The same, of either key. */
export const lastKeyChange = (record: RotationRecord): Instant | null => {
  const slot = record.state.active?.slot ?? "primary";
  const [one, other] = [lastChangeOf(record, slot), lastChangeOf(record, otherSlot(slot))];
  return one === null || other === null ? (one ?? other) : latest(one, other);
};
