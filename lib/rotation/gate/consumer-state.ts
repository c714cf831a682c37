import type { ConsumerReason } from "../reasons";
import type { Instant } from "../time/time";
import type { Grade } from "./grades";

/** A consumer that is good: since when without a break, and the weakest evidence that this rests on. */
export interface GoodState {
  readonly state: "Good";
  readonly goodSince: Instant;
  readonly evidence: Grade;
}

export interface ShutState<R extends ConsumerReason = ConsumerReason> {
  readonly state: R;
  readonly detail: string;
  readonly since: Instant;
}

/** The state of one consumer, seen from the published version. */
export type ConsumerState = GoodState | ShutState;
