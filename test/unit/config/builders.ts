import type { Environment } from "../../../lib/config/settings/reader";
import { readSettings, type Settings } from "../../../lib/config/settings/settings";
import type { Problem } from "../../../lib/errors";
import { ConfigError } from "../../../lib/errors";
import type { AccountSettings } from "../../../lib/rotation/account-config";

export const noFiles = {
  read: (path: string): string => {
    throw new Error(`no such file: ${path}`);
  },
};

/** A connection string with a well-formed key of no account. */
export const connectionString =
  "DefaultEndpointsProtocol=https;AccountName=rotations;AccountKey=AAAA;EndpointSuffix=core.windows.net";

/** The resource id of the Batch account with this number. */
export const batchId = (number = 1): string =>
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/render" +
  `/providers/Microsoft.Batch/batchAccounts/render${number}`;

/** A valid account with these changes; `undefined` removes a key. */
export const anAccount = (changes: object = {}, number = 1): object => ({
  resourceId: batchId(number),
  secret: { vaultUrl: "https://keys.vault.azure.net", name: `render${number}-key` },
  gate: { consumers: [{ name: "render-api" }] },
  ...changes,
});

/** Every optional member of an account. */
export const everyMember = {
  name: "render-weu",
  rotateEvery: "P30D",
  expireAfter: "P45D",
  window: { days: ["Tue", "Wed"], from: "02:00", to: "05:00", timeZone: "Europe/Amsterdam" },
  settleOn: "primary",
  probe: "none",
  reconcileEvery: "PT1H",
  paused: true,
  gate: {
    mode: "delay",
    consumers: [
      { name: "a", instances: 3, proof: "required", healthUrl: "https://a.example.com/health", identity: null },
    ],
    soak: "PT0S",
    signalFreshness: "PT5M",
    forgetInstanceAfter: "PT2H",
    delay: "P7D",
    rollbackWhenUnhealthyFor: "PT30M",
    unknownReaders: "report",
  },
  stalledAfter: {
    adopting: "P1D",
    started: "PT1M",
    regenerated: "PT2M",
    published: "PT3M",
    retired: "PT4M",
    settling: "PT5M",
  },
  remindEvery: "P1D",
} as const;

export const aGuid = "00000000-0000-0000-0000-000000000000";

/** Every member of a configuration whose accounts are found by a tag. */
export const aFleet = {
  profiles: {
    standard: {
      rotateEvery: "P30D",
      secret: { vaultUrl: "https://keys.vault.azure.net", name: "{location}-{account}-batch-key" },
      gate: { consumers: [{ name: "render-api", proof: "required" }] },
    },
  },
  discovery: { tag: "rotator", consumersTag: "apps", scope: { managementGroups: ["platform"] }, every: "PT1H" },
  fleet: {
    spread: 0.25,
    maxRotating: 10,
    canaries: ["render-weu"],
    breaker: { failures: 3, within: "P1D" },
    blackouts: [{ from: "2026-12-20T01:00:00+01:00", to: "2027-01-04T00:00:00Z", reason: "end of the year" }],
  },
} as const;

/** Valid settings with these changes. */
export const anEnvironment = (changes: Environment = {}): Environment => ({
  AzureWebJobsStorage: connectionString,
  ROTATION_ACCOUNTS: JSON.stringify({ accounts: [anAccount()] }),
  ...changes,
});

export const withConfiguration = (configuration: unknown, changes: Environment = {}): Environment =>
  anEnvironment({ ROTATION_ACCOUNTS: JSON.stringify(configuration), ...changes });

export const settingsOf = (env: Environment): Settings => readSettings(env, noFiles);

/** The reported problems; empty where the settings are valid. */
export const problemsOf = (env: Environment, files = noFiles): readonly Problem[] => {
  try {
    readSettings(env, files);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

export const placesOf = (env: Environment): readonly string[] => problemsOf(env).map(({ at }) => at);

/** The places of the problems in a configuration of one account with these changes, relative to the account. */
export const accountPlaces = (changes: object, env: Environment = {}): readonly string[] =>
  placesOf(withConfiguration({ accounts: [anAccount(changes)] }, env)).map((at) =>
    at.replace("ROTATION_ACCOUNTS/accounts/0", ""),
  );

/** The account read from a configuration of one account with these changes. */
export const accountOf = (changes: object, env: Environment = {}): AccountSettings => {
  const [account] = settingsOf(withConfiguration({ accounts: [anAccount(changes)] }, env)).accounts;
  if (account === undefined) throw new Error("the configuration holds no account");
  return account;
};

export const emulated = { ROTATION_EMULATED: "true" } as const;

/** One line with a remedy, without a full stop. */
export const statesRemedy = ({ problem }: Problem): boolean =>
  /must|is missing|remove|give|set it|keep|may be set only|correct|is not a known/.test(problem) &&
  !/\.$|\n|^[A-Z]/.test(problem);
