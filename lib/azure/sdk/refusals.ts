import { batchRemedies, tableRemedies, vaultRemedies } from "../../remedies";
import type { BatchAccountRef, SecretRef } from "../../rotation/account-config";
import type { SdkFailure } from "./sdk-failure";
import type { PermanentFailure } from "./service-errors";

export type BatchAction = "read" | "listKeys" | "regenerateKeys";

/** As they stand in a role definition. */
const armActions = {
  read: "Microsoft.Batch/batchAccounts/read",
  listKeys: "Microsoft.Batch/batchAccounts/listkeys/action",
  regenerateKeys: "Microsoft.Batch/batchAccounts/regeneratekeys/action",
} as const satisfies Record<BatchAction, string>;

/** Not `ForbiddenByPolicy`: Key Vault's code for a right that the vault's own access policies do not give. */
const isPolicyRefusal = ({ code, innerCode }: SdkFailure): boolean =>
  innerCode !== "ForbiddenByPolicy" && /policy/i.test(innerCode ?? code ?? "");

/** Resource Manager's refusals of one action on one Batch account. */
export const batchRefusal =
  (ref: BatchAccountRef, action: BatchAction) =>
  (failure: SdkFailure): PermanentFailure | null => {
    const { statusCode, code } = failure;
    if (statusCode === 401 && code === "InvalidAuthenticationTokenTenant")
      return { reason: "Forbidden", remedy: batchRemedies.otherTenant(ref) };
    if (statusCode === 403 && isPolicyRefusal(failure))
      return { reason: "PolicyRefused", remedy: batchRemedies.policy(ref, armActions[action]) };
    if (statusCode === 403) return { reason: "Forbidden", remedy: batchRemedies.forbidden(ref, armActions[action]) };
    if (statusCode === 404) return { reason: "NotFound", remedy: batchRemedies.notFound(ref) };
    if (statusCode === 409 && code === "ScopeLocked")
      return { reason: "ResourceLocked", remedy: batchRemedies.locked(ref) };
    return null;
  };

export type SecretCommand = "get" | "set" | "update";

const vaultActions = {
  get: "Microsoft.KeyVault/vaults/secrets/getSecret/action",
  set: "Microsoft.KeyVault/vaults/secrets/setSecret/action",
  update: "Microsoft.KeyVault/vaults/secrets/update/action",
} as const satisfies Record<SecretCommand, string>;

/**
 * Key Vault's refusals of one command on one secret. The inner code decides: the outer one is `Forbidden` for all of
 * these.
 */
export const vaultRefusal =
  (ref: SecretRef, command: SecretCommand) =>
  (failure: SdkFailure): PermanentFailure | null => {
    const { statusCode, code, innerCode } = failure;
    if (statusCode === 401 && innerCode === "AKV10032")
      return { reason: "Forbidden", remedy: vaultRemedies.otherTenant(ref) };
    // During a failover the vault answers reads only: that ends by itself.
    if (statusCode === 403 && /readonly/i.test(innerCode ?? "")) return null;
    if (statusCode === 403) return forbiddenByVault(ref, command, failure);
    if (statusCode === 404) return { reason: "NotFound", remedy: vaultRemedies.notFound(ref) };
    if (statusCode === 409 && (innerCode ?? code) === "ObjectIsDeletedButRecoverable")
      return { reason: "SecretDeleted", remedy: vaultRemedies.deleted(ref) };
    return null;
  };

const forbiddenByVault = (ref: SecretRef, command: SecretCommand, failure: SdkFailure): PermanentFailure => {
  if (failure.innerCode === "SecretDisabled") return { reason: "SecretDisabled", remedy: vaultRemedies.disabled(ref) };
  if (failure.innerCode === "ForbiddenByFirewall") return { reason: "Forbidden", remedy: vaultRemedies.firewall(ref) };
  if (isPolicyRefusal(failure)) return { reason: "PolicyRefused", remedy: vaultRemedies.policy(ref, command) };
  const permission = command === "get" ? "get" : "set";
  return { reason: "Forbidden", remedy: vaultRemedies.forbidden(ref, vaultActions[command], permission) };
};

/** Azure's own tables have the account's name in front; of any other place only the host is known. */
const storageAccountAt = (tablesUrl: string): string => new URL(tablesUrl).hostname.split(".table.")[0] ?? "";

/** The table service's refusals. `tablesUrl`: where the storage account has its tables. */
export const tableRefusal =
  (table: string, tablesUrl: string) =>
  ({ statusCode, code }: SdkFailure): PermanentFailure | null => {
    if (statusCode !== 403) return null;
    const account = storageAccountAt(tablesUrl);
    const remedy =
      code === "KeyBasedAuthenticationNotPermitted"
        ? tableRemedies.keysRefused(table, account)
        : tableRemedies.forbidden(table, account);
    return { reason: "Forbidden", remedy };
  };
