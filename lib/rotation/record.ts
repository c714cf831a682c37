import type { SecretRef } from "./account-config";
import type { Searched } from "./gate/key-copies";
import type { AlarmKind, Announcement, RotationEvent } from "./events/events";
import type { RotationRequest, Slot, State } from "./phases";
import type { BlockedReason, WaitingReason } from "./reasons";
import type { KeyEvents } from "./key-events";
import type { Noted } from "./noted";
import type { Instant } from "./time/time";

/** The exclusive right to act on a record. It outlasts every effect of its holder. */
export interface Claim {
  readonly id: string;
  readonly by: string;
  readonly takenAt: Instant;
  readonly until: Instant;
  /** Set while a regenerate of the holder may be on its way. */
  readonly intent: Intent | null;
}

/** "This slot is about to be regenerated", written immediately before the request is sent. */
interface Intent {
  readonly slot: Slot;
  readonly at: Instant;
}

/** A regenerate (or a whole driver) whose outcome is unknown: no key is regenerated before `until`. */
export interface Quarantine {
  /**
   * The slot that may have been regenerated; null when only a late publish can be in flight. Nothing of it is published
   * either.
   */
  readonly slot: Slot | null;
  readonly since: Instant;
  readonly until: Instant;
}

/**
 * Why the last step did not get done. `blocked` needs an operator; it is retried all the same, so it ends by itself.
 */
export interface Failure {
  readonly blocked: { readonly reason: BlockedReason; readonly remedy: string } | null;
  /** What failed, in words without values. */
  readonly detail: string;
  readonly since: Instant;
  readonly attempts: number;
  readonly nextAttemptAt: Instant;
}

/** The last answer of Batch, where the account waits for another one. */
export interface Hold {
  readonly reason: Extract<
    WaitingReason,
    "NewKeyNotAcceptedYet" | "OldKeyStillAccepted" | "TargetKeyRefused" | "KeyListStale"
  >;
  readonly detail: string;
  readonly since: Instant;
}

/** A request of an operator, when and why. */
export interface Pause {
  readonly since: Instant;
  readonly by: string;
  readonly reason: string;
}

export interface LastRotation {
  readonly id: string;
  readonly outcome: "completed" | "rolledBack" | "superseded";
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  /** So that a repeated on-demand request finds its rotation after the end too. */
  readonly reason: string;
  readonly retireAfterMs: number | null;
  readonly idempotencyKey: string | null;
}

/** An alarm that lasts. */
export interface RaisedAlarm {
  readonly kind: AlarmKind;
  readonly since: Instant;
  /** When it was last announced. */
  readonly lastNotifiedAt: Instant;
  /** Whom it has named, of a condition that several can cause: another one is announced at once. */
  readonly about?: readonly string[];
}

/** One event on its way to the webhook. */
export interface Delivery<E extends Announcement = RotationEvent> {
  readonly event: E;
  readonly attempts: number;
  readonly nextAttemptAt: Instant;
  /** When it is given up. */
  readonly giveUpAt: Instant;
}

/** How long the present phase has lasted; time spent paused does not count as stalling. */
interface PhaseClock {
  readonly since: Instant;
  /** Since when a driver has seen the account paused, by an operator or in the configuration; null while it is not. */
  readonly pausedSince: Instant | null;
  /** Milliseconds paused within the phase, up to `pausedSince`. */
  readonly pausedMs: number;
}

/** Where the account's history stands. */
interface Chain {
  /** The number of the newest event ever made for this account; 0 for none. */
  readonly sequence: number;
  /** The hash of that event; null before the first. */
  readonly hash: string | null;
  /** The number of the newest event that has been removed from the history because of its age; 0 for none. */
  readonly prunedThrough: number;
}

/** What is still to be published about the account, and what has been. */
export interface Publishing {
  /** Events written with the record that the history does not have yet. */
  readonly outbox: readonly RotationEvent[];
  /** The number of the newest event that log and webhook queue have: they do not wait for the history. */
  readonly announcedThrough: number;
  /** Conditions that have been raised and not cleared. */
  readonly alarms: readonly RaisedAlarm[];
  /** Events that the log has, and that the webhook is still to get, in order. */
  readonly deliveries: readonly Delivery[];
}

/** The newest version of the secret says that another rotator is to publish there too. */
interface Contest {
  /** The resource id of its Batch account. */
  readonly by: string;
  readonly since: Instant;
}

/** When processes with an older configuration have looked at the account. */
export interface OlderSeen {
  readonly since: Instant;
  /** The last time, to within ten minutes. */
  readonly lastAt: Instant;
}

/** The newest configuration that has driven the account. */
export interface DrivingConfiguration {
  readonly hash: string;
  /** When the first process that drove with it had read it. */
  readonly loadedAt: Instant;
  /** When the tags that it was made of were first seen; null for an account that the configuration lists. */
  readonly taggedAt: Instant | null;
  /** Hashes of those that it has replaced, newest first: a process that has one of them runs an older one. */
  readonly replaced: readonly string[];
  /** Since when processes with an older one have driven and none with this one has; null while none waits. */
  readonly olderSince: Instant | null;
  /** Null where there was none for an hour. */
  readonly olderSeen: OlderSeen | null;
}

/** Everything that is stored about one account. Holds no key and nothing derived from one. */
export interface RotationRecord {
  readonly account: string;
  /** What the record was made for; where the configuration says another, the account is adopted again. */
  readonly resourceId: string;
  readonly secret: SecretRef;
  /** Host (and port) of the account's data plane, once read. */
  readonly accountEndpoint: string | null;
  /** Null before the first drive. */
  readonly configuration: DrivingConfiguration | null;
  readonly state: State;
  readonly phaseClock: PhaseClock;
  /** An operator's pause; the configuration may pause as well. */
  readonly pause: Pause | null;
  /** A roll-back that was requested and is not complete yet: it is finished whatever crashes. */
  readonly rollback: Pause | null;
  readonly claim: Claim | null;
  readonly quarantine: Quarantine | null;
  readonly failure: Failure | null;
  readonly hold: Hold | null;
  /** Null where nothing was searched in the present phase. */
  readonly searched: Searched | null;
  /** Null while the newest version of the secret bears no other account's mark. */
  readonly contest: Contest | null;
  /** When vault and live keys were last compared in full. */
  readonly reconciledAt: Instant | null;
  readonly keyEvents: KeyEvents;
  /**
   * The version that apps must read at once, as it took the place of a dead key, or of one that was taken back: neither
   * window nor pause keeps the rotator from having a platform read it. Null for none.
   */
  readonly readAtOnce: string | null;
  readonly noted: Noted;
  /** A rotation that was rolled back is due again at this instant, whatever the age of the key. */
  readonly dueAgainAt: Instant | null;
  /**
   * The request of a rotation on demand that was superseded before its key was published: the next one starts with it.
   */
  readonly restart: RotationRequest | null;
  readonly lastRotation: LastRotation | null;
  readonly chain: Chain;
  readonly publishing: Publishing;
}
