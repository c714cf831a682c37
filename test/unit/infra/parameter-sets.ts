import { writeFileSync } from "node:fs";
import path from "node:path";

/** Values of the parameters of infra/main.bicep, by name. */
export type ParameterValues = Readonly<Record<string, unknown>>;

interface ParameterSet extends ParameterValues {
  readonly accounts: readonly (ParameterValues & { readonly resourceId: string })[];
}

const subscriptions = [
  "00000000-0000-0000-0000-000000000000",
  "11111111-1111-4111-8111-111111111111",
  "22222222-2222-4222-8222-222222222222",
  "33333333-3333-4333-8333-333333333333",
] as const;
type Subscription = 0 | 1 | 2 | 3;
const subscriptionsInTurn: readonly Subscription[] = [0, 1, 2, 3];

const groupId = (subscription: Subscription, group: string): string =>
  `/subscriptions/${subscriptions[subscription]}/resourceGroups/${group}`;

/** The id of a resource, such as `resourceId(1, "render", "Microsoft.Batch/batchAccounts/renderweu")`. */
export const resourceId = (subscription: Subscription, group: string, resource: string): string =>
  `${groupId(subscription, group)}/providers/${resource}`;

const batchAccount = (subscription: Subscription, group: string, name: string) => ({
  resourceId: resourceId(subscription, group, `Microsoft.Batch/batchAccounts/${name}`),
});

/** One account with one consumer: the smallest deployment. */
const small = (environmentName: string, location: string, account = "renderweu"): ParameterSet => ({
  environmentName,
  location,
  accounts: [{ ...batchAccount(0, "render", account), gate: { mode: "signals", consumers: [{ name: "render-api" }] } }],
});

const alertEmails = "batch-team@example.com";
const scienceVault = (group: string): string => resourceId(2, group, "Microsoft.KeyVault/vaults/science-keys");
const hubSubnet = (name: string): string =>
  resourceId(0, "hub", `Microsoft.Network/virtualNetworks/hub/subnets/${name}`);

/** Three subscriptions, and one vault that is spelled in two ways. */
const tenAccounts: ParameterSet["accounts"] = [
  batchAccount(1, "render", "batch01weu"),
  {
    ...batchAccount(1, "render", "batch02weu"),
    name: "render-second",
    rotateEvery: "P30D",
    window: { days: ["Tue", "Wed"], from: "02:00", to: "05:00", timeZone: "Europe/Amsterdam" },
  },
  { ...batchAccount(1, "Nightly", "batch03weu"), gate: { mode: "approval" }, settleOn: "primary" },
  {
    ...batchAccount(1, "archive", "batch04weu"),
    gate: { mode: "delay", delay: "P7D" },
    probe: "none",
    paused: true,
  },
  batchAccount(2, "render", "batch05weu"),
  {
    ...batchAccount(2, "science", "batch06weu"),
    secret: { vaultResourceId: scienceVault("science"), name: "batch-key" },
  },
  { ...batchAccount(2, "science", "batch07weu"), secret: { vaultResourceId: scienceVault("Science") } },
  batchAccount(3, "media", "batch08weu"),
  batchAccount(3, "media", "batch09weu"),
  batchAccount(3, "trial", "batch10weu"),
];

const consumers = [{ name: "render-api" }, { name: "nightly-etl" }];

const site = (subscription: Subscription, group: string, name: string): string =>
  resourceId(subscription, group, `Microsoft.Web/sites/${name}`);

/** Consumers of every kind of platform, in four subscriptions, and one app that is spelled in two ways. */
const onPlatforms: ParameterSet = {
  ...small("dev", "westeurope"),
  accountDefaults: {
    gate: {
      mode: "signals",
      consumers: [
        {
          name: "render-jobs",
          platform: {
            kind: "containerApp",
            resourceId: resourceId(2, "jobs", "Microsoft.App/containerApps/render-jobs"),
          },
        },
      ],
    },
  },
  accounts: [
    batchAccount(0, "render", "renderweu"),
    {
      ...batchAccount(1, "render", "nightlyweu"),
      gate: {
        mode: "signals",
        consumers: [
          { name: "web", platform: { kind: "appService", resourceId: site(1, "web", "render-web"), restart: true } },
          { name: "web-too", platform: { kind: "appService", resourceId: site(1, "Web", "Render-Web") } },
          { name: "slot", platform: { kind: "appService", resourceId: `${site(0, "web", "render")}/slots/staging` } },
          {
            name: "etl",
            platform: {
              kind: "dataFactory",
              resourceId: resourceId(3, "etl", "Microsoft.DataFactory/factories/etl"),
              linkedService: "AzureBatch1",
            },
          },
          { name: "render-api" },
        ],
      },
    },
  ],
};

/** More than a setting could hold, in 200 resource groups. */
const thousandAccounts: ParameterSet["accounts"] = Array.from({ length: 1_000 }, (_, i) => ({
  ...batchAccount(subscriptionsInTurn[i % 4] ?? 0, `render-${i % 200}`, `batch${String(i).padStart(4, "0")}weu`),
  rotateEvery: "P30D",
  window: { days: ["Tue", "Wed"], from: "02:00", to: "05:00", timeZone: "Europe/Amsterdam" },
  gate: { mode: "signals", consumers },
}));

const sharedStorage = resourceId(1, "shared", "Microsoft.Storage/storageAccounts/sharedhost");

const everyOption: ParameterSet = {
  ...small("prod", "westeurope"),
  existingResourceGroupName: "batch-keys",
  accountDefaults: { rotateEvery: "P30D" },
  schedule: "0 */10 * * * *",
  dryRun: true,
  tablePrefix: "Keys",
  resourceManagerEndpoint: "https://management.azure.com",
  existingStorageAccountResourceId: sharedStorage,
  tableStorageAccountResourceId: resourceId(1, "shared", "Microsoft.Storage/storageAccounts/sharedtables"),
  alertEmails,
  deadAfter: "PT1H",
  webhookUrl: "https://alarms.example.com/batch-keys",
  webhookFormat: "slack",
  webhookEvents: "all",
  heartbeatUrl: "https://heartbeat.example.com/5d1c",
  heartbeatFail: "true",
  webhookSecret: "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
  logRetentionDays: 365,
  signInClientId: "44444444-4444-4444-8444-444444444444",
  operatorGroupIds: "55555555-5555-4555-8555-555555555555",
  allowedInboundRanges: "203.0.113.0/24, 198.51.100.0/24",
  privateInbound: true,
  documentationUrl: "https://example.com/docs",
  storageSku: "Standard_LRS",
  zoneRedundant: true,
  instanceMemoryMB: 2048,
  lockStorageAndVault: true,
  existingPrivateDnsZonesResourceGroupId: groupId(0, "dns"),
  privateNetwork: true,
  existingAppSubnetResourceId: hubSubnet("flex"),
  existingEndpointSubnetResourceId: hubSubnet("endpoints"),
  runtimeVersion: "22",
  historyKeep: "P730D",
  fanOut: 200,
  watchReaders: "true",
  logEndpoint: "https://api.loganalytics.azure.com",
};

const sets: Readonly<Record<string, ParameterSet>> = {
  "every-option": everyOption,
  "existing-vault": {
    ...small("dev", "northeurope"),
    existingVaultResourceId: resourceId(1, "shared", "Microsoft.KeyVault/vaults/shared-keys"),
    existingVaultRoleDefinitionId:
      `/subscriptions/${subscriptions[0]}/providers/Microsoft.Authorization/roleDefinitions/` +
      "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    existingActionGroupResourceId: resourceId(0, "monitoring", "Microsoft.Insights/actionGroups/on-call"),
    secretScopedRights: true,
    watchActivityLog: "false",
  },
  "no-role-assignments": {
    ...small("dev", "westeurope"),
    existingStorageAccountResourceId: sharedStorage,
    tableStorageAccountResourceId: resourceId(1, "shared", "Microsoft.Storage/storageAccounts/sharedtables"),
    createRoleAssignments: false,
    alertEmails,
  },
  "one-account": { ...small("dev", "westeurope"), alertEmails },
  platforms: onPlatforms,
  "private-inbound": { ...small("prod", "westeurope"), privateNetwork: true, privateInbound: true, alertEmails },
  "private-network": { ...small("prod", "westeurope"), privateNetwork: true, alertEmails },
  "shared-storage-dev": {
    ...small("dev", "westeurope"),
    existingResourceGroupName: "shared",
    existingStorageAccountResourceId: sharedStorage,
  },
  "shared-storage-prod": {
    ...small("prod", "westeurope", "renderprod"),
    existingResourceGroupName: "shared",
    existingStorageAccountResourceId: sharedStorage,
  },
  "ten-accounts": {
    environmentName: "prod",
    location: "westeurope",
    accounts: tenAccounts,
    accountDefaults: {
      rotateEvery: "P60D",
      gate: { mode: "signals", consumers, soak: "PT15M" },
    },
    alertEmails: `${alertEmails}, on-call@example.com`,
    roleNameSuffix: "(prod)",
  },
  "thousand-accounts": { environmentName: "prod", location: "westeurope", accounts: thousandAccounts, alertEmails },
  "us-government": { ...small("prod", "usgovvirginia", "renderusgov"), privateNetwork: true, alertEmails },
};

/** The names of the parameter sets that the templates are tested with. */
export const parameterSets = Object.keys(sets);

/** Those in which the template assigns the roles. */
export const grantingSets = parameterSets.filter((name) => sets[name]?.["createRoleAssignments"] !== false);

const setNamed = (name: string): ParameterSet => {
  const values = sets[name];
  if (values === undefined) throw new Error(`there is no parameter set ${name}`);
  return values;
};

/** The sets whose accounts are in infra/accounts.json. */
const inFile: readonly string[] = ["thousand-accounts"];

/** The accounts that a set deploys, from a parameter or from the file. */
export const accountsOf = (set: string): ParameterSet["accounts"] => setNamed(set).accounts;

/** The ids of the resources that the consumers of a set run on, in lower case. */
export const platformsOf = (set: string): readonly string[] => {
  const ids = JSON.stringify(valuesOf(set)).matchAll(
    /"resourceId":"([^"]+\/Microsoft\.(?:Web|App|DataFactory)\/[^"]+)"/g,
  );
  return [...new Set([...ids].map(([, id = ""]) => id.toLowerCase()))];
};

/** The text of infra/accounts.json for a set; null where the set has its accounts in a parameter. */
export const accountsFileOf = (set: string): string | null =>
  inFile.includes(set) ? JSON.stringify({ defaults: {}, accounts: accountsOf(set) }) : null;

export const valuesOf = (set: string): ParameterValues => {
  const { accounts, ...others } = setNamed(set);
  return inFile.includes(set) ? others : { ...others, accounts };
};

/** Writes the values as a parameter file, as `az deployment` takes it. Returns its path. */
export const writeParameters = (folder: string, values: ParameterValues): string => {
  const file = path.join(folder, "main.parameters.json");
  const parameters = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
  const $schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#";
  writeFileSync(file, JSON.stringify({ $schema, contentVersion: "1.0.0.0", parameters }));
  return file;
};
