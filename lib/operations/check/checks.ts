import {
  CorruptRecordError,
  OperatorNeededError,
  OutcomeUnknownError,
  TransientServiceError,
  unexpected,
} from "../../errors";
import { assignBatchRole, assignSecretRole, identityRemedies, isGrant, withIdentity } from "../../remedies";
import type { AccountConfig } from "../../rotation/account-config";

export interface Check {
  readonly check: string;
  /**
   * Null: could not be tried without changing something, or needs a check before it that failed; with a remedy: works,
   * and could be safer.
   */
  readonly ok: boolean | null;
  readonly detail: string;
  readonly remedy: string | null;
}

export const good = (check: string, detail: string): Check => ({ check, ok: true, detail, remedy: null });
export const bad = (check: string, detail: string, remedy: string): Check => ({ check, ok: false, detail, remedy });
export const warning = (check: string, detail: string, remedy: string): Check => ({ check, ok: null, detail, remedy });
export const untried = (check: string, detail: string): Check => ({ check, ok: null, detail, remedy: null });

const outOfReachRemedy =
  "check again shortly; if it lasts, check the service's health and the network between it and this app";

/** The check of a call that has failed. `principal`: the identity's object id, null where it is not known. */
export const failedCheck = (check: string, error: unknown, config: AccountConfig, principal: string | null): Check => {
  if (error instanceof OperatorNeededError) {
    const command = isGrant(error.remedy) ? grantCommand(check, config) : null;
    const remedy = command === null ? error.remedy : `${error.remedy}: ${command}`;
    return bad(check, `${error.facts.operation}: ${error.reason}`, withIdentity(remedy, principal));
  }
  if (error instanceof CorruptRecordError) return bad(check, "the stored record cannot be used", error.message);
  if (error instanceof TransientServiceError || error instanceof OutcomeUnknownError) {
    return bad(
      check,
      error.message,
      error.hint?.remedy ?? (check === "identity" ? identityRemedies.noToken : outOfReachRemedy),
    );
  }
  return bad(check, unexpected(error), "please report this defect");
};

/** The command that grants what a check was refused; null where the remedy needs no command. */
const grantCommand = (check: string, { batch, secret }: AccountConfig): string | null => {
  switch (check) {
    case "batchAccount":
    case "listKeys":
      return assignBatchRole(batch);
    case "vaultRead":
    case "vaultUpdate":
      return assignSecretRole(secret);
    default:
      return null;
  }
};
