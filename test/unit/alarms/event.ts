import type { RotationEvent } from "../../../lib/rotation/events/events";
import { at } from "../../builders/time";

/** A stalled alarm of `render-weu`. */
export const anAlarm = (changes: Partial<RotationEvent> = {}): RotationEvent => ({
  id: "01JDF0000000000000000EVENT",
  sequence: 7,
  at: at("10:00"),
  event: "RotationStalled",
  account: "render-weu",
  rotationId: "01JDF0000000000000000ROTAT",
  reason: "OnPreviousKey",
  detail: "in phase published for longer than P1D: render-api/vm-1 reported an old version",
  by: "schedule",
  evidence: null,
  previousHash: "0".repeat(64),
  ...changes,
});

export const aClearing = (changes: Partial<RotationEvent> = {}): RotationEvent =>
  anAlarm({ event: "AlarmCleared", reason: "RotationStalled", detail: "RotationStalled has ended", ...changes });
