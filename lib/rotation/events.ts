import type { Instant } from "./time";

/** Conditions that somebody must hear of. */
export const alarmKinds = [
  "RotationStalled",
  "RotationBlocked",
  "RotationOverdue",
  "ConsumerUnhealthy",
  "DriftRepaired",
  "RotationRolledBack",
  "ConfigurationInvalid",
] as const;

export type AlarmKind = (typeof alarmKinds)[number];

/** What happened, for the history and for whoever listens to everything. */
export const informationKinds = [
  "Adopted",
  "RotationStarted",
  "KeyRegenerated",
  "KeyPublished",
  "KeyRetired",
  "RotationCompleted",
  "Approved",
  "Paused",
  "Resumed",
  "ProofRefused",
  "StepFailed",
  "ConfigurationChanged",
  "SlotAdopted",
  "RotationSuperseded",
  "SettlingStarted",
  "AlarmCleared",
] as const;

export type InformationKind = (typeof informationKinds)[number];
export type EventKind = AlarmKind | InformationKind;

export const isAlarm = (kind: EventKind): kind is AlarmKind => (alarmKinds as readonly string[]).includes(kind);

/** One event as it goes to history, log and listeners. Holds no key and nothing derived from one. */
export interface RotationEvent {
  /** Stable across every try of its delivery. */
  readonly id: string;
  /** Counts the events of one account from 1 without a gap: the order of the history. */
  readonly sequence: number;
  readonly at: Instant;
  readonly event: EventKind;
  readonly account: string;
  readonly rotationId: string | null;
  readonly reason: string | null;
  readonly detail: string;
  /** `schedule`, `demand`, `signal:<consumer>` or `operator:<name>`. */
  readonly by: string;
}

/** What a step reports; the driver adds id, order, time and who. */
export interface EventDraft {
  readonly event: EventKind;
  readonly detail: string;
  readonly reason?: string;
}
