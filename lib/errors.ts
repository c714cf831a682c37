import type { BlockedReason } from "./rotation/reasons";
import { withoutKeys } from "./outgoing/redact";

/**
 * Where an error came from, in fields that hold no key: adapters copy these out of an SDK's error and drop the rest.
 */
export interface ServiceFacts {
  /** What was asked for, e.g. `Batch regenerateKeys`. */
  readonly operation: string;
  readonly statusCode?: number;
  /** The service's own error code, e.g. `AuthorizationFailed`, or a system code such as `ECONNRESET`. */
  readonly code?: string;
  /** The service's request id, for a support case. */
  readonly requestId?: string;
}

const describe = (facts: ServiceFacts): string =>
  [
    facts.operation,
    facts.statusCode === undefined ? null : `status ${facts.statusCode}`,
    facts.code === undefined ? null : `code ${facts.code}`,
    facts.requestId === undefined ? null : `request id ${facts.requestId}`,
  ]
    .filter((part) => part !== null)
    .join(", ");

/** What is wrong in one place of what was sent or set, and how to fix it. Never holds a value. */
export interface Problem {
  /**
   * JSON pointer into the body, or the name of a header, query parameter or setting; inside the configuration
   * `ROTATION_ACCOUNTS` and a JSON pointer.
   */
  readonly at: string;
  readonly problem: string;
}

/**
 * Settings or configuration that the app cannot run with; `problems` holds all of them, by name and remedy, never by
 * value.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ at, problem }) => `${at}: ${problem}`).join("; "));
  }
}

/** Another driver owns the record now: the caller ends quietly. */
export class ClaimLostError extends Error {
  override readonly name = "ClaimLostError";
  constructor(readonly account: string) {
    super(`account ${account}: another driver holds the claim`);
  }
}

/** Why a service did not do it, where that is known, and what to do where it lasts. */
interface Hint {
  readonly cause: string;
  readonly remedy: string;
}

const because = (hint: Hint | null): string => (hint === null ? "" : `: ${hint.cause}`);

/** The service did not do it and may do it later. */
export class TransientServiceError extends Error {
  override readonly name = "TransientServiceError";
  constructor(
    readonly facts: ServiceFacts,
    /** Milliseconds the service asked to wait, where it did. */
    readonly retryAfterMs: number | null = null,
    readonly hint: Hint | null = null,
  ) {
    const ifItLasts = hint === null ? "" : `; if it lasts: ${hint.remedy}`;
    super(`${describe(facts)}${because(hint)}: not done, tried again later${ifItLasts}`);
  }
}

/** The request may or may not have been applied. */
export class OutcomeUnknownError extends Error {
  override readonly name = "OutcomeUnknownError";
  constructor(
    readonly facts: ServiceFacts,
    readonly hint: Hint | null = null,
  ) {
    super(`${describe(facts)}${because(hint)}: the answer was lost, so it may or may not have been applied`);
  }
}

/** Only an operator can fix this; `remedy` says how. */
export class OperatorNeededError extends Error {
  override readonly name = "OperatorNeededError";
  /** What was refused, without the remedy. */
  readonly what: string;
  constructor(
    readonly reason: BlockedReason,
    readonly facts: ServiceFacts,
    readonly remedy: string,
    cause: string | null = null,
  ) {
    super(`${describe(facts)}: ${remedy}`);
    this.what = `${describe(facts)}${cause === null ? "" : `: ${cause}`}`;
  }
}

/** The account's record cannot be used; nothing is done with this account until that is fixed. */
export class CorruptRecordError extends Error {
  override readonly name: string = "CorruptRecordError";
  readonly reason: Extract<BlockedReason, "RecordCorrupt" | "RecordElsewhere"> = "RecordCorrupt";
  constructor(
    readonly account: string,
    readonly problem: string,
    /** The place of the history's row that it is about; null for the record itself, and for a row without a place. */
    readonly sequence: number | null = null,
  ) {
    super(`record of account ${account}: ${problem}`);
  }
}

/** The record of the account's Batch account has another name: two records would drive one pair of keys. */
export class RecordElsewhereError extends CorruptRecordError {
  override readonly name = "RecordElsewhereError";
  override readonly reason = "RecordElsewhere";
  constructor(
    account: string,
    /** The name in that record. */
    readonly holder: string,
  ) {
    super(account, `the record of this Batch account has the name ${holder}`);
  }
}

/** What is said of a defect: its message may quote anything, so only its name is shown. */
export const unexpected = (error: unknown): string =>
  `unexpected ${error instanceof Error ? error.name : typeof error}`;

/** The errors above whose message says all that an operator needs. */
const isExpected = (
  error: unknown,
): error is TransientServiceError | OutcomeUnknownError | OperatorNeededError | CorruptRecordError =>
  error instanceof TransientServiceError ||
  error instanceof OutcomeUnknownError ||
  error instanceof OperatorNeededError ||
  error instanceof CorruptRecordError;

/** What failed, without values: of a defect its name. */
export const safeMessage = (error: unknown): string => (isExpected(error) ? error.message : unexpected(error));

/** The same as members of a log line; of a defect also where it happened. */
export const failedWith = (error: unknown): { readonly detail: string; readonly stack?: string } => ({
  detail: safeMessage(error),
  ...(isExpected(error) ? {} : { stack: framesOf(error) }),
});

/**
 * Where an error was thrown: the frames of its stack, without the message, which may quote anything. Empty for other
 * values.
 */
export const framesOf = (error: unknown): string => {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return withoutKeys(
    stack
      .split("\n")
      .filter((line) => /^\s+at \S/.test(line))
      .join("\n"),
  );
};
