const storageForms = {
  "": "connection string",
  __accountName: "name, for access by identity",
  __tableServiceUri: "table service address, for access by identity",
  __credential: "managedidentity, where the identity is to be no other",
  __clientId: "client id of a user-assigned identity",
} as const;

const storage = <N extends string>(name: N, what: string) =>
  Object.fromEntries(
    Object.entries(storageForms).map(([form, meaning]) => [`${name}${form}`, `${what}: ${meaning}`]),
  ) as Record<`${N}${keyof typeof storageForms}`, string>;

/** Every setting that the app reads, with what it is for. An empty value counts as unset. */
export const settingNames = {
  ...storage("AzureWebJobsStorage", "storage account of the host, also used for the rotation tables"),
  ...storage("ROTATION_STORAGE", "another storage account for the rotation tables"),
  ROTATION_TABLE_PREFIX: "what the names of the tables begin with; default BatchKey",
  ROTATION_SCHEDULE: "when to look at every account, NCRONTAB in UTC; default every 5 minutes",
  ROTATION_ACCOUNTS: "the accounts to rotate: JSON text, or @file.json beside host.json",
  ROTATION_DRY_RUN: "true: report every step, change nothing; default false",
  ROTATION_ALERT_WEBHOOK_URL: "where alarms go besides the log, https",
  ROTATION_ALERT_WEBHOOK_FORMAT: "cloudevents, teams or slack; default cloudevents",
  ROTATION_ALERT_WEBHOOK_SECRET: "signs what is sent: whsec_ and base64 of 24 to 64 bytes",
  ROTATION_ALERT_WEBHOOK_EVENTS: "alarms or all; default alarms",
  ROTATION_CLOUD: "AzurePublic, AzureUSGovernment or AzureChina; default AzurePublic",
  ROTATION_ARM_ENDPOINT: "base address of Resource Manager, https; default by cloud",
  ROTATION_EMULATED: "true: accept emulators, never in Azure; default false",
  ROTATION_CLAIM: "how long a driver holds an account, only with ROTATION_EMULATED",
  ROTATION_QUARANTINE: "how long a key is left alone after a lost answer, only with ROTATION_EMULATED",
  AZURE_CLIENT_ID: "client id of the user-assigned identity to use; default the system-assigned one",
  NODE_EXTRA_CA_CERTS: "file of further certificate authorities to trust, read by Node itself",
} as const;

export type SettingName = keyof typeof settingNames;
