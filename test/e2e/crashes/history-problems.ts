import type { RotationEvent } from "../../../lib/rotation/events/events";
import type { Instant } from "../../../lib/rotation/time/time";

/** The problems of a history, oldest first: gaps, repeats, and rotations that overlap or do not complete. */
export const problemsOf = (events: readonly RotationEvent[]): readonly string[] => {
  const problems: string[] = [];
  let underWay: string | null = null;
  for (const [index, { sequence, event, rotationId }] of events.entries()) {
    if (sequence !== index + 1) problems.push(`event ${index + 1} is number ${sequence}`);
    if (event === "RotationStarted") {
      if (underWay !== null) problems.push(`${rotationId} started while ${underWay} was under way`);
      underWay = rotationId;
    }
    if (event === "RotationCompleted") {
      if (underWay !== rotationId) problems.push(`${rotationId} completed, but ${underWay} was under way`);
      underWay = null;
    }
    if (event === "RotationSuperseded" || event === "RotationRolledBack") problems.push(`${rotationId}: ${event}`);
  }
  if (underWay !== null) problems.push(`${underWay} has not ended`);
  if (new Set(events.map(({ id }) => id)).size !== events.length) problems.push("an event occurs twice");
  return problems;
};

export interface RecordedRotation {
  readonly id: string | null;
  readonly startedAt: Instant;
  /** Null while it is under way. */
  readonly endedAt: Instant | null;
}

export const rotationsIn = (events: readonly RotationEvent[]): readonly RecordedRotation[] =>
  events
    .filter(({ event }) => event === "RotationStarted")
    .map(({ rotationId, at }) => ({
      id: rotationId,
      startedAt: at,
      endedAt:
        events.find((other) => other.event === "RotationCompleted" && other.rotationId === rotationId)?.at ?? null,
    }));
