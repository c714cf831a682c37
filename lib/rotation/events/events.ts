import type { Instant } from "../time/time";

/** Conditions that an operator must know. */
export const alarmKinds = [
  "RotationStalled",
  "RotationBlocked",
  "RotationOverdue",
  "AccountUnchecked",
  "ConsumerUnhealthy",
  "DriftRepaired",
  "RotationRolledBack",
  "ConfigurationInvalid",
  "RecordOrphaned",
  "UrgentRotationSuperseded",
  "HistoryBehind",
  "SecretContested",
  "ConfigurationConflict",
  "DiscoveryProblem",
  "WorkLost",
  "FleetStopped",
  "KeyInAccount",
  "UnknownReader",
] as const;

export type AlarmKind = (typeof alarmKinds)[number];

/** What happened, for the history and for receivers of all events. */
export const informationKinds = [
  "Adopted",
  "RotationStarted",
  "KeyRegenerated",
  "KeyPublished",
  "KeyRetired",
  "RotationCompleted",
  "Approved",
  "RollbackImpossible",
  "Paused",
  "Resumed",
  "ProofRefused",
  "StepFailed",
  "ConfigurationChanged",
  "SlotAdopted",
  "RotationSuperseded",
  "SettlingStarted",
  "RecordSetBack",
  "HistoryShortened",
  "ConsumerRefreshed",
  "FleetResumed",
  "KeysListed",
  "ReadersFound",
  "AlarmCleared",
] as const;

type InformationKind = (typeof informationKinds)[number];
export type EventKind = AlarmKind | InformationKind;

export const isAlarm = (kind: EventKind): kind is AlarmKind => (alarmKinds as readonly string[]).includes(kind);

/** Which alarm an `AlarmCleared` is about; nothing of any other event. */
export const clearedKind = ({
  event,
  reason,
}: Pick<Announcement, "event" | "reason">): { readonly kind?: string | null } =>
  event === "AlarmCleared" ? { kind: reason } : {};

/** An event as log and webhook show it. Holds no key and nothing derived from one. */
export interface Announcement {
  /** Stable across every try of its delivery. */
  readonly id: string;
  readonly at: Instant;
  readonly event: EventKind;
  /** Null where it is about the rotator as a whole. */
  readonly account: string | null;
  readonly rotationId: string | null;
  readonly reason: string | null;
  readonly detail: string;
  /** `schedule`, `demand`, `signal:<consumer>` or `operator:<name>`. */
  readonly by: string;
}

/** One event of an account, as it goes to the history too. */
export interface RotationEvent extends Announcement {
  readonly account: string;
  /** Counts the events of one account from 1 without a gap: the order of the history. */
  readonly sequence: number;
  /** What shows that it is so, for an audit: versions, request ids, who confirmed. */
  readonly evidence: Evidence | null;
  /** SHA-256 of the event before it, so that a removed or altered one is seen; null for an account's first. */
  readonly previousHash: string | null;
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Evidence = Record<string, Json>;

/** The text whose hash the next event carries: every member, in a fixed order. */
export const hashedText = (event: RotationEvent): string =>
  JSON.stringify([
    event.id,
    event.sequence,
    event.at,
    event.event,
    event.account,
    event.rotationId,
    event.reason,
    event.detail,
    event.by,
    event.evidence,
    event.previousHash,
  ]);

/** Far below what a text column of a table holds: an event must never be undeliverable because it says much. */
const maxDetail = 4_000;

/** A detail in its stored form: half a surrogate pair cannot be stored in UTF-8 and would change the hash. */
export const keptDetail = (detail: string): string => detail.slice(0, maxDetail).replace(/\p{Surrogate}/gu, "\ufffd");

/** What a step reports; the driver adds id, order, time and who. */
export interface EventDraft {
  readonly event: EventKind;
  readonly detail: string;
  readonly reason?: string;
  readonly evidence?: Evidence;
}
