import { unnamedIdentity } from "../../errors";
import type { BatchAccountRef, SecretRef } from "../../rotation/account-config";
import type { PermanentFailure } from "./service-errors";
import type { SdkFailure } from "./sdk-failure";

export type BatchAction = "read" | "listKeys" | "regenerateKeys";

/** As they stand in a role definition. */
const armActions = {
  read: "Microsoft.Batch/batchAccounts/read",
  listKeys: "Microsoft.Batch/batchAccounts/listkeys/action",
  regenerateKeys: "Microsoft.Batch/batchAccounts/regeneratekeys/action",
} as const satisfies Record<BatchAction, string>;

/** `ForbiddenByPolicy` is none: so Key Vault calls a right that the vault's own access policies do not give. */
const isPolicyRefusal = ({ code, innerCode }: SdkFailure): boolean =>
  innerCode !== "ForbiddenByPolicy" && /policy/i.test(innerCode ?? code ?? "");

/** Resource Manager's refusals of one action on one Batch account. */
export const batchRefusal =
  ({ resourceId }: BatchAccountRef, action: BatchAction) =>
  (failure: SdkFailure): PermanentFailure | null => {
    const { statusCode, code } = failure;
    if (statusCode === 401 && code === "InvalidAuthenticationTokenTenant") {
      return {
        reason: "Forbidden",
        remedy: `the subscription of ${resourceId} belongs to another tenant than the rotator's identity: run a rotator in that tenant`,
      };
    }
    if (statusCode === 403 && isPolicyRefusal(failure)) {
      return {
        reason: "PolicyRefused",
        remedy: `an Azure policy refuses ${armActions[action]} on ${resourceId}: exempt the account (az policy exemption create) or change the assignment`,
      };
    }
    if (statusCode === 403) {
      return {
        reason: "Forbidden",
        remedy: `grant the rotator's identity the action ${armActions[action]} on ${resourceId} by a custom role (az role assignment create); a new assignment can take minutes to work`,
      };
    }
    if (statusCode === 404) {
      return {
        reason: "NotFound",
        remedy: `there is no Batch account ${resourceId}: correct its resourceId in ROTATION_ACCOUNTS, or take the account out`,
      };
    }
    if (statusCode === 409 && code === "ScopeLocked") {
      return {
        reason: "ResourceLocked",
        remedy: `remove the lock on ${resourceId} or above it (az lock list, az lock delete); a ReadOnly lock forbids reading and regenerating keys`,
      };
    }
    return null;
  };

export type SecretCommand = "get" | "set" | "update";

const vaultActions = {
  get: "Microsoft.KeyVault/vaults/secrets/getSecret/action",
  set: "Microsoft.KeyVault/vaults/secrets/setSecret/action",
  update: "Microsoft.KeyVault/vaults/secrets/update/action",
} as const satisfies Record<SecretCommand, string>;

/** Key Vault's refusals of one command on one secret. The inner code decides: the outer one is `Forbidden` for all of these. */
export const vaultRefusal =
  ({ vaultUrl, name }: SecretRef, command: SecretCommand) =>
  (failure: SdkFailure): PermanentFailure | null => {
    const secret = `${vaultUrl}/secrets/${name}`;
    const { statusCode, code, innerCode } = failure;
    if (statusCode === 401 && innerCode === "AKV10032") {
      return {
        reason: "Forbidden",
        remedy: `the vault ${vaultUrl} trusts another tenant than that of the rotator's identity`,
      };
    }
    // During a failover the vault answers reads only: that ends by itself.
    if (statusCode === 403 && /readonly/i.test(innerCode ?? "")) return null;
    if (statusCode === 403) return forbiddenByVault(secret, command, failure);
    if (statusCode === 404) {
      return {
        reason: "NotFound",
        remedy: `${secret} or this version of it is not there: check the secret in ROTATION_ACCOUNTS`,
      };
    }
    if (statusCode === 409 && (innerCode ?? code) === "ObjectIsDeletedButRecoverable") {
      return {
        reason: "SecretDeleted",
        remedy: `${secret} is deleted and its name cannot be used: recover it (az keyvault secret recover --id ${vaultUrl}/deletedsecrets/${name}) or purge it (az keyvault secret purge --id ${vaultUrl}/deletedsecrets/${name})`,
      };
    }
    return null;
  };

const forbiddenByVault = (secret: string, command: SecretCommand, failure: SdkFailure): PermanentFailure => {
  if (failure.innerCode === "SecretDisabled") {
    return {
      reason: "SecretDisabled",
      remedy: `enable the newest version of ${secret} (az keyvault secret set-attributes --enabled true --id ${secret}): while it is disabled no app can read the secret`,
    };
  }
  if (failure.innerCode === "ForbiddenByFirewall") {
    return {
      reason: "Forbidden",
      remedy: `the vault's network rules refuse the rotator: let its outbound addresses or its subnet reach ${secret} (az keyvault network-rule add --name ${new URL(secret).hostname.split(".")[0] ?? ""} with --ip-address, or with --vnet-name and --subnet)`,
    };
  }
  if (isPolicyRefusal(failure)) {
    return {
      reason: "PolicyRefused",
      remedy: `an Azure policy on the vault refuses to ${command} ${secret}: change the policy, or expireAfter where it limits a secret's lifetime`,
    };
  }
  return {
    reason: "Forbidden",
    remedy: `grant the rotator's identity ${vaultActions[command]} on ${secret}, as the role Key Vault Secrets Officer on that secret has it (az role assignment create), or the secret permission ${command === "get" ? "get" : "set"} where the vault uses access policies; a new assignment can take minutes to work`,
  };
};

/** Azure's own tables have the account's name in front; of any other place the host is all there is to say. */
const storageAccountAt = (tablesUrl: string): string => new URL(tablesUrl).hostname.split(".table.")[0] ?? "";

/** The table service's refusals. `tablesUrl`: where the storage account has its tables. */
export const tableRefusal =
  (table: string, tablesUrl: string) =>
  ({ statusCode, code }: SdkFailure): PermanentFailure | null => {
    if (statusCode !== 403) return null;
    const account = storageAccountAt(tablesUrl);
    return {
      reason: "Forbidden",
      remedy:
        code === "KeyBasedAuthenticationNotPermitted"
          ? `storage account ${account}, which has table ${table}, refuses account keys: use an identity (AzureWebJobsStorage__accountName or ROTATION_STORAGE__accountName)`
          : `grant the rotator's identity the role Storage Table Data Contributor on the storage account of table ${table}, which is ${account}, and let its network rules admit the rotator: az role assignment create --assignee-object-id ${unnamedIdentity} --assignee-principal-type ServicePrincipal --role "Storage Table Data Contributor" --scope "$(az storage account show --name ${account} --query id --output tsv)"`,
    };
  };
