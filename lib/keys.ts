import type { BatchKey } from "./batch-key";
import type { SlotKeys } from "./ports";
import type { Slot } from "./rotation/phases";

/** Which live key this is; null for neither. Compared in constant time, in memory only. */
export const slotOf = (keys: SlotKeys, key: BatchKey): Slot | null => {
  if (keys.primary.equals(key)) return "primary";
  return keys.secondary.equals(key) ? "secondary" : null;
};
