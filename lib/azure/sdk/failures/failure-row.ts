import type { BlockedReason } from "../../../rotation/reasons";
import type { SdkFailure } from "./sdk-failure";

/** Why a call failed, whether that lasts, and what an operator is to do. */
export interface Diagnosis {
  /** Set where only an operator can end it; null where it passes by itself. */
  readonly lasts: BlockedReason | null;
  /** In words that go on after a colon. */
  readonly cause: string;
  readonly remedy: string;
}

/** One row of the table of failures. `S`: what a remedy names. */
export interface FailureRow<S> {
  /** Null where no answer came. */
  readonly status: number | null;
  /** The codes of the service, the more specific ones of a pair; empty: any other code with this status. */
  readonly codes: readonly string[];
  readonly lasts: BlockedReason | null;
  readonly cause: string;
  readonly remedy: (subject: S) => string;
}

/** The row of a failure: of its code, without case, as services vary it; else of any other code with its status. */
export const rowOf = <S>(rows: readonly FailureRow<S>[], failure: SdkFailure): FailureRow<S> | null => {
  const code = (failure.innerCode ?? failure.code ?? "").toLowerCase();
  const ofStatus = rows.filter(({ status }) => status === failure.statusCode);
  const named = ofStatus.find(({ codes }) => codes.some((known) => known.toLowerCase() === code));
  return named ?? ofStatus.find(({ codes }) => codes.length === 0) ?? null;
};

export const diagnosed = <S>(row: FailureRow<S> | null, subject: S): Diagnosis | null =>
  row === null ? null : { lasts: row.lasts, cause: row.cause, remedy: row.remedy(subject) };
