import type { RequestRejection } from "../driver/requests";
import { type Phase, rotationOf } from "../rotation/phases";
import type { RotationRecord } from "../rotation/record";

/** What an operator saw when deciding. A member that is absent is not compared; null means that there was none. */
export interface Preconditions {
  readonly phase?: Phase | undefined;
  readonly rotationId?: string | null | undefined;
  /** The version that apps read: `secret.version` of the status. */
  readonly secretVersion?: string | null | undefined;
}

/** The same of a record: what the status shows. */
const standing = ({ state }: RotationRecord): Required<Preconditions> => ({
  phase: state.phase,
  rotationId: rotationOf(state)?.id ?? null,
  secretVersion: state.active?.version ?? null,
});

/** A decision about something that is no longer there is not carried out: it could retire another key. */
export const failedPrecondition = (record: RotationRecord, expected: Preconditions): RequestRejection | null => {
  const now = standing(record);
  const differences = (["phase", "rotationId", "secretVersion"] as const).flatMap((member) => {
    const wanted = expected[member];
    return wanted === undefined || wanted === now[member]
      ? []
      : [`${member} is ${now[member] ?? "null"}, not ${wanted ?? "null"}`];
  });
  if (differences.length === 0) return null;
  return {
    refused: "PreconditionFailed",
    detail: `${differences.join("; ")}: GET the account, decide again, and send what it shows now`,
  };
};
