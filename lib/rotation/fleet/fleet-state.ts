import type { Instant } from "../time/time";

/** A scheduled rotation that may be under way. Written before the rotation starts, so a start is never uncounted. */
export interface Admission {
  readonly account: string;
  readonly rotationId: string;
  /** The claim under which it was to start: once the record has another, that driver can start it no more. */
  readonly claimId: string;
  readonly at: Instant;
}

/** What went wrong with a scheduled rotation. */
export interface FleetFailure {
  readonly account: string;
  readonly rotationId: string;
  readonly cause: "rolledBack" | "blocked" | "unhealthy";
  /** When that began, so that what lasts is counted once. */
  readonly at: Instant;
}

/** A canary that has completed; it counts until it is due again. */
export interface CanaryPass {
  readonly account: string;
  readonly completedAt: Instant;
  readonly until: Instant;
}

/** The last time that an operator has resumed the fleet. */
export interface Resumption {
  /** The id of its event. */
  readonly id: string;
  readonly at: Instant;
  readonly by: string;
  readonly reason: string;
  /** Whether log and webhook queue have the event. */
  readonly announced: boolean;
}

/** What all accounts share, in one row. Holds no key and nothing derived from one. */
export interface FleetState {
  readonly rotating: readonly Admission[];
  /** Newest last; those that no longer count are removed with the next write. */
  readonly failures: readonly FleetFailure[];
  readonly canaries: readonly CanaryPass[];
  /** The last instant at which the fleet is known to have held something back; null where it never has. */
  readonly heldUntil: Instant | null;
  /** Null where no operator ever has. */
  readonly resumed: Resumption | null;
  /** The row is there and cannot be read: nothing starts until an operator resumes the fleet. */
  readonly unreadable: boolean;
}

export const emptyFleet: FleetState = {
  rotating: [],
  failures: [],
  canaries: [],
  heldUntil: null,
  resumed: null,
  unreadable: false,
};

export const unreadableFleet: FleetState = { ...emptyFleet, unreadable: true };
