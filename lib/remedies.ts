import type { BatchAccountRef, SecretRef } from "./rotation/account-config";

/*
 * What an operator is to do, with the names of the roles and the `az` commands. Each continues a sentence such as
 * "Batch listKeys, status 403: …".
 */

const roles = {
  batch: "<your role whose name begins with Batch Key Rotator>",
  secret: "Key Vault Secrets Officer",
  tables: "Storage Table Data Contributor",
} as const;

/** Stands in a command where only the preflight knows the app's identity. */
const unnamedIdentity = "<object id of the app's identity>";

/** The remedy with the identity's object id in the place that was left for it; null where it is not known. */
export const withIdentity = (remedy: string, principalId: string | null): string =>
  principalId === null ? remedy : remedy.replaceAll(unnamedIdentity, principalId);

const assignRole = (role: string, scope: string): string =>
  `az role assignment create --assignee-object-id ${unnamedIdentity} ` +
  `--assignee-principal-type ServicePrincipal --role "${role}" --scope ${scope}`;

const vaultName = (vaultUrl: string): string => new URL(vaultUrl).hostname.split(".")[0] ?? "";

const takesTime = "a new assignment can take minutes to work";

export const assignBatchRole = ({ resourceId }: BatchAccountRef): string => assignRole(roles.batch, resourceId);

export const assignSecretRole = ({ vaultUrl, name }: SecretRef): string => {
  const vaultId = `$(az keyvault show --name ${vaultName(vaultUrl)} --query id --output tsv)`;
  return assignRole(roles.secret, `"${vaultId}/secrets/${name}"`);
};

/** Whether the remedy asks for a right that one of the two commands above grants. */
export const isGrant = (remedy: string): boolean => remedy.startsWith("grant ");

export const identityRemedies = {
  /** Where a token is refused. */
  tokenRefused:
    "the rotator's identity is refused a token: " +
    "check that the function app has the managed identity that AZURE_CLIENT_ID " +
    "names, or a system-assigned one where it is not set (az functionapp identity assign)",
  /** Where no token is to be had: an app without an identity gets no clearer answer. */
  noToken:
    "check again shortly; if it lasts, give this app the managed identity that AZURE_CLIENT_ID names, " +
    "or a system-assigned one where it is not set: az functionapp identity assign --name <this app> " +
    "--resource-group <its group> (with --identities <resource id> for one that AZURE_CLIENT_ID names)",
} as const;

export const batchRemedies = {
  otherTenant: ({ resourceId }: BatchAccountRef): string =>
    `the subscription of ${resourceId} belongs to another tenant than the rotator's identity: ` +
    "run a rotator in that tenant",
  policy: ({ resourceId }: BatchAccountRef, action: string): string =>
    `an Azure policy refuses ${action} on ${resourceId}: ` +
    "exempt the account (az policy exemption create) or change the assignment",
  forbidden: ({ resourceId }: BatchAccountRef, action: string): string =>
    `grant the rotator's identity the action ${action} on ${resourceId} by a custom role (az role ` +
    `assignment create); ${takesTime}`,
  notFound: ({ resourceId }: BatchAccountRef): string =>
    `there is no Batch account ${resourceId}: correct its resourceId in ROTATION_ACCOUNTS, or take the account out`,
  locked: ({ resourceId }: BatchAccountRef): string =>
    `remove the lock on ${resourceId} or above it (az lock list, az lock delete); ` +
    "a ReadOnly lock forbids reading and regenerating keys",
  allowSharedKeys: ({ resourceId }: BatchAccountRef): string =>
    `allow them (az resource update --ids ${resourceId} ` +
    "--set properties.allowedAuthenticationModes=\"['SharedKey','AAD','TaskAuthenticationToken']\"), " +
    "or take the account out of ROTATION_ACCOUNTS",
} as const;

export const vaultRemedies = {
  otherTenant: ({ vaultUrl }: SecretRef): string =>
    `the vault ${vaultUrl} trusts another tenant than that of the rotator's identity`,
  notFound: (secret: SecretRef): string =>
    `${urlOf(secret)} or this version of it is not there: check the secret in ROTATION_ACCOUNTS`,
  deleted: (secret: SecretRef): string => {
    const id = `${secret.vaultUrl}/deletedsecrets/${secret.name}`;
    return (
      `${urlOf(secret)} is deleted and its name cannot be used: ` +
      `recover it (az keyvault secret recover --id ${id}) or purge it (az keyvault secret purge --id ${id})`
    );
  },
  disabled: (secret: SecretRef): string =>
    `enable the newest version of ${urlOf(secret)} ` +
    `(az keyvault secret set-attributes --enabled true --id ${urlOf(secret)}): ` +
    "while it is disabled no app can read the secret",
  firewall: (secret: SecretRef): string =>
    "the vault's network rules refuse the rotator: " +
    `let its outbound addresses or its subnet reach ${urlOf(secret)} ` +
    `(az keyvault network-rule add --name ${vaultName(secret.vaultUrl)} with --ip-address, ` +
    "or with --vnet-name and --subnet)",
  policy: (secret: SecretRef, command: string): string =>
    `an Azure policy on the vault refuses to ${command} ${urlOf(secret)}: ` +
    "change the policy, or expireAfter where it limits a secret's lifetime",
  forbidden: (secret: SecretRef, action: string, permission: "get" | "set"): string =>
    `grant the rotator's identity ${action} on ${urlOf(secret)}, as the role ${roles.secret} on that secret has it ` +
    `(az role assignment create), or the secret permission ${permission} where the vault uses access ` +
    `policies; ${takesTime}`,
} as const;

const urlOf = ({ vaultUrl, name }: SecretRef): string => `${vaultUrl}/secrets/${name}`;

export const tableRemedies = {
  keysRefused: (table: string, account: string): string =>
    `storage account ${account}, which has table ${table}, refuses account keys: ` +
    "use an identity (AzureWebJobsStorage__accountName or ROTATION_STORAGE__accountName)",
  forbidden: (table: string, account: string): string =>
    `grant the rotator's identity the role ${roles.tables} on the storage account of table ${table}, ` +
    `which is ${account}, and let its network rules admit the rotator: ` +
    assignRole(roles.tables, `"$(az storage account show --name ${account} --query id --output tsv)"`),
} as const;
