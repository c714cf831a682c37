import type { SettingName } from "./setting-names";

/*
 * Settings may hold references that the platform puts values in place of. Where it cannot, the app gets the text of the
 * reference (learn.microsoft.com/azure/app-service/app-service-key-vault-references).
 */

const kinds = [
  {
    pattern: /^@Microsoft\.KeyVault\(/i,
    what: "a Key Vault reference",
    remedy:
      "give the identity that resolves it (keyVaultReferenceIdentity, else the system-assigned one) the role Key " +
      "Vault Secrets User on that secret, let the app through the vault's network rules, and check that the secret " +
      "exists and is enabled",
  },
  {
    pattern: /^@Microsoft\.AppConfiguration\(/i,
    what: "an App Configuration reference",
    remedy:
      "give the identity that resolves it (the system-assigned one, unless the app names another) the role App " +
      "Configuration Data Reader on that store, let the app through the store's network rules, and check that the " +
      "key and its label exist",
  },
] as const;

/**
 * Without one of these the rotator would work on other tables, accounts or clouds, or as another identity; or a gate
 * that the vault's audit log keeps shut would open.
 */
const essential: readonly SettingName[] = [
  "AzureWebJobsStorage",
  "AzureWebJobsStorage__accountName",
  "AzureWebJobsStorage__tableServiceUri",
  "AzureWebJobsStorage__credential",
  "AzureWebJobsStorage__clientId",
  "ROTATION_STORAGE",
  "ROTATION_STORAGE__accountName",
  "ROTATION_STORAGE__tableServiceUri",
  "ROTATION_STORAGE__credential",
  "ROTATION_STORAGE__clientId",
  "ROTATION_TABLE_PREFIX",
  "ROTATION_ACCOUNTS",
  "ROTATION_LOG_WORKSPACE_ID",
  "ROTATION_LOG_ENDPOINT",
  "ROTATION_VAULT_URL",
  "ROTATION_CLOUD",
  "ROTATION_ARM_ENDPOINT",
  "AZURE_CLIENT_ID",
];

export const isEssential = (name: SettingName): boolean => essential.includes(name);

/** What counts until it is resolved, where that is not the default. */
const meanwhile: Partial<Record<SettingName, string>> = {
  ROTATION_DRY_RUN: "nothing is changed, as in a dry run",
  ROTATION_HISTORY_KEEP: "no event is removed from the history",
  ROTATION_ALERT_WEBHOOK_URL: "alarms go to the log only",
  ROTATION_ALERT_WEBHOOK_SECRET: "what is sent is not signed",
  ROTATION_HEARTBEAT_URL: "no heartbeat is sent",
};

/** What is wrong with a value that is a reference, and the remedy; null for any other value. */
export const unresolvedReference = (name: SettingName, value: string): string | null => {
  const kind = kinds.find(({ pattern }) => pattern.test(value));
  if (kind === undefined) return null;
  const until = isEssential(name) ? "" : `; until then ${meanwhile[name] ?? "its default counts"}`;
  const remedy = `${kind.remedy}, or set it to the value itself; then restart the app`;
  return `is ${kind.what} that the platform has not resolved: ${remedy}${until}`;
};
