import { secretUrl } from "./rotation/ownership";
import type { BatchAccountRef, SecretRef } from "./rotation/account-config";
import type { DiscoveryConfig } from "./rotation/discovery/discovery-config";

/*
 * What an operator is to do, with the names of the roles and the `az` commands. Each continues a sentence such as
 * "Batch listKeys, status 403: …".
 */

const roles = {
  batch: "<your role whose name begins with Batch Key Rotator>",
  secret: "Key Vault Secrets Officer",
  tables: "Storage Table Data Contributor",
  log: "Log Analytics Reader",
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
    "give this app the managed identity that AZURE_CLIENT_ID names, or a system-assigned one where it is not set: " +
    "az functionapp identity assign --name <this app> --resource-group <its group> " +
    "(with --identities <resource id> for one that AZURE_CLIENT_ID names)",
  /** An app in Azure without an identity: the platform offers no endpoint. */
  noIdentity:
    "give this app a managed identity: az functionapp identity assign --name <this app> --resource-group <its group> " +
    "(with --identities <resource id> for the one that AZURE_CLIENT_ID names), then restart it",
  unknownInTenant:
    "check AZURE_TENANT_ID and AZURE_CLIENT_ID, and that the app registration and the service exist in that tenant",
  badSecret: "renew the app's secret or certificate (AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH)",
  disabled: "enable the app's service principal in Entra (az ad sp update --id <client id> --set accountEnabled=true)",
  conditionalAccess: "exclude the rotator's identity from the Conditional Access policy for workload identities",
  /** Where no token is to be had: an app without an identity gets no clearer answer. */
  noToken:
    "check again shortly; if it lasts, give this app the managed identity that AZURE_CLIENT_ID names, " +
    "or a system-assigned one where it is not set: az functionapp identity assign --name <this app> " +
    "--resource-group <its group> (with --identities <resource id> for one that AZURE_CLIENT_ID names)",
} as const;

/** Of what passes by itself: what to do where it does not. */
export const passingRemedies = {
  defect: (): string => "please report this defect, with the request id",
  token: (): string => "check this app's clock, and that ROTATION_CLOUD and ROTATION_ARM_ENDPOINT name its cloud",
  conflict: (): string => "check what else works on it",
  failover: (): string => "check the health of Key Vault in this region (az rest, or the portal's Service Health)",
} as const;

export const networkRemedies = {
  expired: "check this app's clock and the certificate of the service, or of a proxy in between",
  otherHost: "check the address, and whether a proxy or a DNS zone leads to another host",
  untrusted: "add the certificate authority of the proxy by NODE_EXTRA_CA_CERTS, or let this traffic past the proxy",
  proxy: "check HTTPS_PROXY with its user name and password, that the proxy admits this host, and NO_PROXY",
  unresolved:
    "check that the name is right and what it names still exists; with a private endpoint, that its private DNS zone " +
    "is linked to the app's network",
  nameServer: "check the name servers of the app's network",
  refused: "check the port of the address, and the proxy where HTTPS_PROXY names one",
  noRoute: "let the app's network reach the service: firewall, route table, private endpoint, NAT gateway",
  cut: "check the firewall or proxy between the app and the service",
  slow: "check the service's health and the network between it and this app",
} as const;

/** Of the resources that consumers name as their platforms. */
export const platformRemedies = {
  wrongEndpoint: (): string =>
    "check ROTATION_CLOUD and ROTATION_ARM_ENDPOINT, and that this release is one for that cloud",
  otherTenant: ({ resourceId }: { readonly resourceId: string }): string =>
    `the subscription of ${resourceId} belongs to another tenant than the rotator's identity: ` +
    "have the app report instead",
  forbidden: ({ resourceId, action }: { readonly resourceId: string; readonly action: string }): string =>
    `grant the rotator's identity the action ${action} on ${resourceId} by a custom role (az role ` +
    `assignment create); ${takesTime}`,
  notFound: ({ resourceId }: { readonly resourceId: string }): string =>
    `there is no ${resourceId}: correct platform.resourceId of the consumer in ROTATION_ACCOUNTS`,
  throttled: (): string => "check what else asks Resource Manager so often in this subscription",
} as const;

export const batchRemedies = {
  wrongEndpoint: (): string =>
    "check ROTATION_CLOUD and ROTATION_ARM_ENDPOINT, and that this release is one for that cloud",
  denied: ({ resourceId }: BatchAccountRef): string =>
    `remove the deny assignment on ${resourceId} or above it, or exempt the rotator's identity from it ` +
    "(az rest --method get --url <scope>/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01)",
  disabledSubscription: ({ subscriptionId }: BatchAccountRef): string =>
    `enable subscription ${subscriptionId} again (az account subscription enable --id ${subscriptionId}), ` +
    "or take its accounts out of ROTATION_ACCOUNTS",
  unregistered: ({ subscriptionId }: BatchAccountRef): string =>
    `register the provider: az provider register --namespace Microsoft.Batch --subscription ${subscriptionId}`,
  sharedKeyNotAllowed: (accountName: string): string =>
    `Batch account ${accountName} does not allow shared keys: ` +
    "add SharedKey to its allowedAuthenticationModes, or take the account out of ROTATION_ACCOUNTS",
  sharedKeyRefused: (accountName: string): string =>
    `Batch account ${accountName} refuses shared keys: ` +
    "allow SharedKey in its allowedAuthenticationModes, or take the account out of ROTATION_ACCOUNTS",
  clock: (accountName: string): string =>
    `the data plane of Batch account ${accountName} refuses the date of the request: set this machine's clock`,
  disabledAccount: (accountName: string): string =>
    `Batch account ${accountName} is disabled: check its subscription, or take the account out of ROTATION_ACCOUNTS`,
  dataPlane: (accountName: string): string =>
    `the data plane of Batch account ${accountName} refuses the rotator for another reason than its key: ` +
    `let the account's network rules admit the rotator, or set "probe": "none" for it`,
  unknownAccount: (accountName: string): string =>
    `the data plane does not know Batch account ${accountName}: check its resourceId in ROTATION_ACCOUNTS`,
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

const scopeText = ({ scope }: DiscoveryConfig): string =>
  "managementGroups" in scope
    ? `management groups ${scope.managementGroups.join(", ")}`
    : `subscriptions ${scope.subscriptions.join(", ")}`;

const scopeId = ({ scope }: DiscoveryConfig): string =>
  "managementGroups" in scope
    ? `/providers/Microsoft.Management/managementGroups/${scope.managementGroups[0]}`
    : `/subscriptions/${scope.subscriptions[0]}`;

export const graphRemedies = {
  wrongEndpoint: (): string => batchRemedies.wrongEndpoint(),
  scope: (discovery: DiscoveryConfig): string =>
    `check that the ${scopeText(discovery)} of discovery in ROTATION_ACCOUNTS exist in the tenant of the rotator's ` +
    "identity (ids, not display names)",
  otherTenant: (discovery: DiscoveryConfig): string =>
    `the ${scopeText(discovery)} belong to another tenant than the rotator's identity: run a rotator in that tenant`,
  forbidden: (discovery: DiscoveryConfig): string =>
    `grant the rotator's identity its Batch role on the scope of discovery: ` +
    `${assignRole(roles.batch, scopeId(discovery))}; ${takesTime}`,
  quota: (discovery: DiscoveryConfig): string =>
    `ask less often: make "every" of discovery for ${scopeText(discovery)} longer`,
} as const;

const workspaceId = (id: string): string =>
  `"$(az monitor log-analytics workspace list --query "[?customerId=='${id}'].id" --output tsv)"`;

const unchecked =
  "until then nothing of the vault's audit log counts, and every gate goes by the consumers' own reports";

export const logRemedies = {
  noTable: (id: string): string =>
    `send the category AuditEvent of the vault to workspace ${id}, to resource-specific tables (az monitor ` +
    "diagnostic-settings create with --export-to-resource-specific true); the table comes with the first line, some " +
    `minutes later; ${unchecked}`,
  otherTenant: (id: string): string =>
    `workspace ${id} is in another tenant than the rotator's identity: name one in this tenant in ` +
    `ROTATION_LOG_WORKSPACE_ID; ${unchecked}`,
  forbidden: (id: string): string =>
    `grant the rotator's identity the role ${roles.log} on workspace ${id}: ` +
    `${assignRole(roles.log, workspaceId(id))}; ${takesTime}; ${unchecked}`,
  notFound: (id: string): string =>
    `there is no workspace ${id}: correct ROTATION_LOG_WORKSPACE_ID (the workspace's id, a GUID), and ` +
    `ROTATION_LOG_ENDPOINT where it is set; ${unchecked}`,
  quota: (id: string): string => `check what else asks workspace ${id}; ${unchecked}`,
  slow: (id: string): string => `check how much workspace ${id} takes in; ${unchecked}`,
} as const;

export const vaultRemedies = {
  otherTenant: ({ vaultUrl }: SecretRef): string =>
    `the vault ${vaultUrl} trusts another tenant than that of the rotator's identity`,
  notFound: (secret: SecretRef): string =>
    `${secretUrl(secret)} or this version of it is not there: check the secret in ROTATION_ACCOUNTS`,
  deleted: (secret: SecretRef): string => {
    const id = `${secret.vaultUrl}/deletedsecrets/${secret.name}`;
    return (
      `${secretUrl(secret)} is deleted and its name cannot be used: ` +
      `recover it (az keyvault secret recover --id ${id}) or purge it (az keyvault secret purge --id ${id})`
    );
  },
  disabled: (secret: SecretRef): string =>
    `enable the newest version of ${secretUrl(secret)} ` +
    `(az keyvault secret set-attributes --enabled true --id ${secretUrl(secret)}): ` +
    "while it is disabled no app can read the secret",
  otherCloud: (): string => "check that ROTATION_CLOUD names the cloud of the vault",
  noVault: ({ vaultUrl, name }: SecretRef): string =>
    `there is no vault ${vaultUrl} for secret ${name}: check vaultUrl in ROTATION_ACCOUNTS, or recover the vault ` +
    `(az keyvault recover --name ${vaultName(vaultUrl)})`,
  connection: ({ vaultUrl }: SecretRef): string =>
    `the vault ${vaultUrl} admits private endpoints only: give the rotator's network one and link its DNS zone ` +
    `privatelink.vaultcore.azure.net, or allow selected networks (az keyvault update --name ${vaultName(vaultUrl)} ` +
    "--public-network-access Enabled --default-action Deny) and admit the rotator's addresses",
  foreign: (secret: SecretRef, { resourceId }: BatchAccountRef, owner: string | null): string =>
    (owner === null
      ? `${secretUrl(secret)} holds a value that is neither key of ${resourceId}, and nothing shows that it was ` +
        "published for this account: "
      : `${secretUrl(secret)} holds the key of ${owner}, not of ${resourceId}: `) +
    "name another secret for this account in ROTATION_ACCOUNTS or, where no one else needs the value, mark it as " +
    `this account's (az keyvault secret set-attributes --id ${secretUrl(secret)} --tags ProviderAddress=${resourceId})`,
  firewall: (secret: SecretRef): string =>
    "the vault's network rules refuse the rotator: " +
    `let its outbound addresses or its subnet reach ${secretUrl(secret)} ` +
    `(az keyvault network-rule add --name ${vaultName(secret.vaultUrl)} with --ip-address, ` +
    "or with --vnet-name and --subnet)",
  policy: (secret: SecretRef, command: string): string =>
    `an Azure policy on the vault refuses to ${command} ${secretUrl(secret)}: ` +
    "change the policy, or expireAfter where it limits a secret's lifetime",
  forbidden: (secret: SecretRef, action: string, permission: "get" | "set"): string =>
    `grant the rotator's identity ${action} on ${secretUrl(secret)}, as the role ${roles.secret} on that secret ` +
    `has it (az role assignment create), or the secret permission ${permission} where the vault uses access ` +
    `policies; ${takesTime}`,
} as const;

export const tableRemedies = {
  firewall: (table: string, account: string): string =>
    `let the network rules of storage account ${account}, which has table ${table}, admit the rotator ` +
    `(az storage account network-rule add --account-name ${account} with --ip-address, or with --vnet-name and ` +
    "--subnet), or give it a private endpoint for tables",
  wrongKey: (table: string, account: string): string =>
    `check the key in the connection string of storage account ${account}, which has table ${table}: it may have ` +
    "been regenerated; with an identity, check the tenant of the storage account, and this app's clock",
  otherTenant: (_table: string, account: string): string =>
    `check this app's clock, and that storage account ${account} is in the tenant of the rotator's identity`,
  signature: (table: string, account: string): string =>
    `issue a shared access signature for storage account ${account} that lets this app read and write tables ` +
    `such as ${table} by https, or use an identity`,
  disabled: (_table: string, account: string): string =>
    `enable storage account ${account}: check its subscription and its state`,
  missing: (table: string, account: string): string => `check that storage account ${account} still has table ${table}`,
  beingDeleted: (table: string): string =>
    `find out who deleted table ${table}, and restore its rows where there is a copy`,
  keysRefused: (table: string, account: string): string =>
    `storage account ${account}, which has table ${table}, refuses account keys: ` +
    "use an identity (AzureWebJobsStorage__accountName or ROTATION_STORAGE__accountName)",
  forbidden: (table: string, account: string): string =>
    `grant the rotator's identity the role ${roles.tables} on the storage account of table ${table}, ` +
    `which is ${account}, and let its network rules admit the rotator: ` +
    assignRole(roles.tables, `"$(az storage account show --name ${account} --query id --output tsv)"`),
} as const;
