import type { BatchAccountRef, SecretRef } from "../../../rotation/account-config";
import { armFailures } from "./arm-failures";
import type { DiscoveryConfig } from "../../../rotation/discovery/discovery-config";
import { diagnosed, type Diagnosis, rowOf } from "./failure-row";
import { graphFailures } from "./graph-failures";
import { platformFailures } from "./platform-failures";
import { logFailures } from "./log-failures";
import type { SdkFailure } from "./sdk-failure";
import { tableFailures } from "./table-failures";
import { vaultFailures } from "./vault-failures";

/** What an answered failure of a service means; null for a status that says nothing about its cause. */
export type Diagnose = (failure: SdkFailure) => Diagnosis | null;

export type BatchAction = "read" | "listKeys" | "regenerateKeys";

/** As they stand in a role definition. */
const armActions = {
  read: "Microsoft.Batch/batchAccounts/read",
  listKeys: "Microsoft.Batch/batchAccounts/listkeys/action",
  regenerateKeys: "Microsoft.Batch/batchAccounts/regeneratekeys/action",
} as const satisfies Record<BatchAction, string>;

/**
 * A failure with a code that stands for it in the table: not all codes of policies and failovers are published. Not
 * `ForbiddenByPolicy`: Key Vault's code for a right that the vault's own access policies do not give.
 */
const named = (failure: SdkFailure): SdkFailure => {
  const code = failure.innerCode ?? failure.code ?? "";
  if (failure.statusCode !== 403 || code === "ForbiddenByPolicy") return failure;
  if (/readonly/i.test(failure.innerCode ?? "")) return { ...failure, innerCode: "VaultReadOnly" };
  return /policy/i.test(code) ? { ...failure, innerCode: "RequestDisallowedByPolicy" } : failure;
};

/** Resource Manager's failures of one action on one Batch account. */
export const batchRefusal =
  (ref: BatchAccountRef, action: BatchAction): Diagnose =>
  (failure) =>
    diagnosed(rowOf(armFailures, named(failure)), { ref, action: armActions[action] });

/** Resource Graph's failures of a query over the scope of discovery. */
export const graphRefusal =
  (discovery: DiscoveryConfig): Diagnose =>
  (failure) =>
    diagnosed(rowOf(graphFailures, failure), discovery);

/** Resource Manager's failures of one action on a resource of another service. Its own word for the action counts. */
export const platformRefusal =
  (resourceId: string, action: string): Diagnose =>
  (failure) =>
    diagnosed(rowOf(platformFailures, failure), { resourceId, action: failure.deniedAction ?? action });

/** The failures of a query to Log Analytics. */
export const logRefusal =
  (workspaceId: string): Diagnose =>
  (failure) =>
    diagnosed(rowOf(logFailures, failure), workspaceId);

export type SecretCommand = "get" | "set" | "update";

const vaultActions = {
  get: "Microsoft.KeyVault/vaults/secrets/getSecret/action",
  set: "Microsoft.KeyVault/vaults/secrets/setSecret/action",
  update: "Microsoft.KeyVault/vaults/secrets/update/action",
} as const satisfies Record<SecretCommand, string>;

/** Key Vault's failures of one command on one secret. */
export const vaultRefusal =
  (ref: SecretRef, command: SecretCommand): Diagnose =>
  (failure) =>
    diagnosed(rowOf(vaultFailures, named(failure)), {
      ref,
      command,
      action: vaultActions[command],
      permission: command === "get" ? "get" : "set",
    });

/** Azure's own tables have the account's name in front; of any other place only the host is known. */
const storageAccountAt = (tablesUrl: string): string => new URL(tablesUrl).hostname.split(".table.")[0] ?? "";

/** The table service's failures. `tablesUrl`: where the storage account has its tables. */
export const tableRefusal =
  (table: string, tablesUrl: string): Diagnose =>
  (failure) =>
    diagnosed(rowOf(tableFailures, failure), { table, account: storageAccountAt(tablesUrl) });
