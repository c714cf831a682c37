import type { Announcement, RotationEvent } from "../../../lib/rotation/events/events";
import type { Notice } from "../../../lib/rotation/events/notice";
import type { SecretRef } from "../../../lib/rotation/account-config";
import type { Slot } from "../../../lib/rotation/phases";
import type { RotationRecord } from "../../../lib/rotation/record";
import type { KeyFact } from "./fake-batch";
import type { Operation } from "./faults";
import type { VersionFact } from "./fake-vault";
import type { Probed, Process } from "./process";

/** A regenerate when it was sent; its effect may come later. */
export interface SentRegenerate {
  readonly process: Process;
  readonly resourceId: string;
  readonly slot: Slot;
  /** The record of that account as it was stored at that moment. */
  readonly record: RotationRecord | null;
  /** The effect after which its driver last read the newest version. */
  readonly newestReadAt: number;
  readonly sentAtWallMs: number;
}

/** A publication when it was sent; its effect may come later. */
export interface SentPublication {
  readonly process: Process;
  readonly secret: SecretRef;
  readonly slot: Slot;
  readonly resourceId: string;
  readonly value: string;
  /** The record of that account as it was stored at that moment. */
  readonly record: RotationRecord | null;
  /** The effect after which its driver last read the newest version. */
  readonly newestReadAt: number;
  readonly sentAtEffect: number;
  /** In virtual time. */
  readonly sentAt: number;
  /** The account that the newest version was marked for at that moment; null for none. */
  readonly owner: string | null;
  /** What the driver knows of the key: the answer to its last signed call, or that there was none. */
  readonly probed: Probed | null;
}

/** What a search of an account has answered. */
export interface FoundCopies {
  readonly resourceId: string;
  /** When it was done, in virtual time. */
  readonly at: number;
  /** The keys that it was for, and those of them of which there was a copy. */
  readonly wanted: ReadonlySet<string>;
  readonly copied: ReadonlySet<string>;
}

/** What the vault's audit log has answered about one secret. */
export interface ReadersShown {
  readonly secret: SecretRef;
  /** When it was asked, in virtual time. */
  readonly at: number;
  readonly identities: readonly string[];
}

/** A manual change of a stored record: it is made unreadable, restored, deleted, or replaced by an older copy. */
export type ManualChange = "damaged" | "restored" | "deleted" | "setBack";

/** Judges a world: notified of every effect, right after it. */
export interface Observer {
  /** Before a call takes effect: faults and acts may come first. */
  beforeCall(operation: Operation, nth: number): void;
  sent(sent: SentRegenerate): void;
  /** Whether no rotator could prevent this regenerate. Called just before its effect. */
  excuses(sent: SentRegenerate, dying: KeyFact): boolean;
  regenerated(sent: SentRegenerate, killed: KeyFact): void;
  /** The driver gets the answer of a search. */
  searched(found: FoundCopies): void;
  /** The driver gets the answer of the audit log. */
  readersShown(shown: ReadersShown): void;
  /** Right after its effect. `before`: the version that was the newest until then. */
  published(sent: SentPublication, before: VersionFact | null, added: VersionFact): void;
  /** The driver learns that its call failed, or gets no answer to it. */
  callFailed(process: Process, operation: Operation): void;
  /** A delivery of events was not accepted. */
  deliveryFailed(process: Process, error: unknown): void;
  recordWritten(process: Process, before: RotationRecord | null, after: RotationRecord): void;
  noticeWritten(before: Notice | null, after: Notice): void;
  historyWritten(event: RotationEvent, there: RotationEvent): void;
  /** Because of its age. */
  historyRemoved(event: RotationEvent): void;
  /** Just before a person changes the stored record; `copy`: the older one that replaces it. */
  changedManually(account: string, what: ManualChange, copy: RotationRecord | null): void;
  /** The webhook's receiver got this event. */
  alerted(event: Announcement): void;
  /** Anything that leaves the app: a log line, a row, an answer, an error. */
  left(what: string, content: unknown): void;
  /** After every effect. */
  afterEffect(): void;
}

const nothing = (): void => undefined;

export const noObserver: Observer = {
  beforeCall: nothing,
  sent: nothing,
  excuses: () => false,
  regenerated: nothing,
  searched: nothing,
  readersShown: nothing,
  published: nothing,
  callFailed: nothing,
  deliveryFailed: nothing,
  recordWritten: nothing,
  noticeWritten: nothing,
  historyWritten: nothing,
  historyRemoved: nothing,
  changedManually: nothing,
  alerted: nothing,
  left: nothing,
  afterEffect: nothing,
};
