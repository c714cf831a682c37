import type { EventDraft } from "../events/events";
import type { State } from "../phases";
import type { RotationRecord } from "../record";

/** What a step has made true: the next state, its events, and the members beside the state that changed with it. */
export interface Move {
  readonly state: State;
  readonly events: readonly EventDraft[];
  readonly also?: Partial<
    Pick<
      RotationRecord,
      | "accountEndpoint"
      | "reconciledAt"
      | "dueAgainAt"
      | "restart"
      | "lastRotation"
      | "resourceId"
      | "secret"
      | "pause"
      | "rollback"
      | "readAtOnce"
    >
  >;
}
