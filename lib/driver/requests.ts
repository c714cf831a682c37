import type { Stored } from "../ports/rotations";
import type { Announcement, EventDraft } from "../rotation/events/events";
import type { Sightings } from "../rotation/gate/sightings";
import type { RotationRecord } from "../rotation/record";
import type { Move } from "../rotation/moves/move";
import type { Busy } from "./lease";

/** Why a request is rejected; nothing has changed. */
export interface RequestRejection {
  readonly refused: string;
  readonly detail: string;
}

/** What an operator or a forged signal brings: events, and what they change beside the phase. */
export interface Note {
  readonly note: readonly EventDraft[];
  readonly change?: Partial<Pick<RotationRecord, "state" | "pause" | "rollback" | "failure" | "hold" | "keyEvents">>;
}

/** One drive of one account: who drives, how long at most, and what comes before the steps. */
export interface AdvanceOptions {
  readonly by: string;
  /** No new step begins after this aborts; a step that has begun is finished. */
  readonly stop: AbortSignal;
  /** How long to wait for another driver's claim, in milliseconds; 0 means not at all. */
  readonly claimWaitMs: number;
  /** The record as it has just been read: it is not read again before it is claimed. */
  readonly known?: Stored | null;
  /** Decided under the claim: a move, a note for the history, a rejection, or null. */
  readonly beforeSteps?: (record: RotationRecord, now: Date) => Move | Note | RequestRejection | null;
  /** Events announced while the record could not be read, in order: the history still has to get them. */
  readonly backlog?: readonly Announcement[];
}

export type Advanced =
  | Busy
  | { readonly kind: "refused"; readonly refusal: RequestRejection }
  | {
      readonly kind: "driven";
      readonly record: RotationRecord;
      readonly moves: number;
      /** As the drive has read them in the record's state; null where it has not. */
      readonly sightings: Sightings | null;
      /** The record or the history has the backlog. */
      readonly recorded: boolean;
    };
