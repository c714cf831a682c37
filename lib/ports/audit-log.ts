import type { SecretRef } from "../rotation/account-config";
import type { ReaderSeen } from "../rotation/gate/readers-seen";
import type { Instant } from "../rotation/time/time";
import type { CallOptions } from "./call";

/** What is asked of the vault's audit log. */
export interface ReadersQuestion {
  readonly from: Instant;
  readonly to: Instant;
  /** Object ids whose reads must not be left out. */
  readonly consumers: readonly string[];
  /** The rotator's own object id, whose reads are left out; null where it is not known. */
  readonly rotator: string | null;
}

export interface ReadersAnswer {
  readonly readers: readonly ReaderSeen[];
  /** The log knows more of them than it has answered with. */
  readonly more: boolean;
  /** Why something may be missing; null where nothing is. */
  readonly incomplete: string | null;
}

/**
 * Who has read a secret, by the vault's audit log, which is minutes behind. Throws only `TransientServiceError` or
 * `OperatorNeededError`.
 */
export interface AuditLog {
  readers(secret: SecretRef, question: ReadersQuestion, options: CallOptions): Promise<ReadersAnswer>;
}
