import { readFileSync } from "node:fs";
import type { Environment } from "../../../../lib/config/settings/reader";
import { readSettings } from "../../../../lib/config/settings/settings";
import {
  anAccount,
  anEnvironment,
  emulated,
  noFiles,
  placesOf,
  problemsOf,
  settingsOf,
  withConfiguration,
} from "../builders";
import { words } from "../../../builders/words";

const clientId = "11111111-2222-3333-4444-555555555555";
const bytes = (count: number): string => Buffer.alloc(count, 7).toString("base64");

const file = (name: string, text: string) => ({
  read: (path: string): string => {
    if (path !== name) throw new Error(`no such file: ${path}`);
    return text;
  },
});

const takesSchedule = (schedule: string): boolean =>
  placesOf(anEnvironment({ ROTATION_SCHEDULE: schedule })).length === 0;

describe("the settings' defaults", () => {
  it("are those of the contract", () => {
    const { accounts, storage, ...settings } = settingsOf(anEnvironment());
    expect(accounts).toHaveLength(1);
    expect(storage.kind).toBe("connectionString");
    expect(settings).toMatchObject({ discovery: null, fleet: { spread: 0 } });
    const { discovery: _discovery, fleet: _fleet, profiles: _profiles, ...others } = settings;
    expect(others).toEqual({
      tablePrefix: "BatchKey",
      unresolved: [],
      schedule: null,
      dryRun: false,
      fanOutAbove: 500,
      historyKeepMs: 400 * 86_400_000,
      emulated: false,
      webhook: null,
      heartbeat: null,
      cloud: {
        name: "AzurePublic",
        armEndpoint: "https://management.azure.com",
        armScope: "https://management.azure.com/.default",
        logEndpoint: "https://api.loganalytics.azure.com",
        logScope: "https://api.loganalytics.io/.default",
        authorityHost: "https://login.microsoftonline.com",
        vaultDomain: ".vault.azure.net",
        storageSuffix: "core.windows.net",
      },
      clientId: null,
      logWorkspaceId: null,
      claimMs: 360_000,
      quarantineMs: 300_000,
      platformSyncMs: 2_100_000,
    });
  });

  it("apply to empty and blank values too", () => {
    const names = words("ROTATION_TABLE_PREFIX ROTATION_SCHEDULE ROTATION_DRY_RUN ROTATION_CLOUD ROTATION_CLAIM");
    const blank = Object.fromEntries(names.map((name, i) => [name, i % 2 === 0 ? "" : "  "]));
    expect(settingsOf(anEnvironment(blank))).toEqual(settingsOf(anEnvironment()));
  });

  it("make a claim longer than the longest call that the host allows", () => {
    const settings = readSettings(anEnvironment(), noFiles, { functionTimeoutMs: 600_000 });
    expect(settings.claimMs).toBe(660_000);
  });

  it("match the functionTimeout in host.json", () => {
    expect(JSON.parse(readFileSync("host.json", "utf8"))).toMatchObject({ functionTimeout: "00:05:00" });
  });
});

describe("a single setting", () => {
  it.each([
    ["ROTATION_FAN_OUT", "1", { fanOutAbove: 1 }],
    ["ROTATION_FAN_OUT", "1000000", { fanOutAbove: 1_000_000 }],
    ["ROTATION_TABLE_PREFIX", "A", { tablePrefix: "A" }],
    ["ROTATION_TABLE_PREFIX", "a1".repeat(25), { tablePrefix: "a1".repeat(25) }],
    ["ROTATION_SCHEDULE", "0 */5 * * * *", { schedule: "0 */5 * * * *" }],
    ["ROTATION_SCHEDULE", " */5 * * * * ", { schedule: "*/5 * * * *" }],
    ["ROTATION_DRY_RUN", "true", { dryRun: true }],
    ["ROTATION_DRY_RUN", "TRUE", { dryRun: true }],
    ["ROTATION_DRY_RUN", "False", { dryRun: false }],
    ["ROTATION_EMULATED", "True", { emulated: true }],
    ["AZURE_CLIENT_ID", clientId, { clientId }],
    ["AZURE_CLIENT_ID", "ABCDEF01-2345-0000-0000-6789ABCDEF01", { clientId: "ABCDEF01-2345-0000-0000-6789ABCDEF01" }],
    ["ROTATION_ARM_ENDPOINT", "https://localhost:8443/", { cloud: { armEndpoint: "https://localhost:8443" } }],
    ["ROTATION_ARM_ENDPOINT", "https://arm.example.com/a/", { cloud: { armEndpoint: "https://arm.example.com/a" } }],
    ["ROTATION_LOG_ENDPOINT", "https://localhost:8443/", { cloud: { logEndpoint: "https://localhost:8443" } }],
    ["ROTATION_LOG_WORKSPACE_ID", clientId, { logWorkspaceId: clientId }],
  ])("%s accepts %j", (name, value, expected) => {
    expect(settingsOf(anEnvironment({ [name]: value }))).toMatchObject(expected);
  });

  it.each([
    ["ROTATION_TABLE_PREFIX", "1a"],
    ["ROTATION_TABLE_PREFIX", "a-b"],
    ["ROTATION_TABLE_PREFIX", "a".repeat(51)],
    ["ROTATION_SCHEDULE", "00:05:00"],
    ["ROTATION_SCHEDULE", "hourly"],
    ["ROTATION_DRY_RUN", "yes"],
    ["ROTATION_DRY_RUN", "1"],
    ["ROTATION_EMULATED", "on"],
    ["ROTATION_CLOUD", "AzureGermany"],
    ["ROTATION_CLOUD", "azurepublic"],
    ["ROTATION_ARM_ENDPOINT", "http://localhost:8080"],
    ["ROTATION_ARM_ENDPOINT", "https://me:pw@arm.example.com"],
    ["ROTATION_ARM_ENDPOINT", "https://arm.example.com?a=b"],
    ["ROTATION_ARM_ENDPOINT", "arm.example.com"],
    ["ROTATION_ARM_ENDPOINT", "https://"],
    ["ROTATION_LOG_ENDPOINT", "http://localhost:8080"],
    ["ROTATION_LOG_WORKSPACE_ID", "log-rotator"],
    ["ROTATION_LOG_WORKSPACE_ID", "/subscriptions/s/resourceGroups/rg/providers/x/workspaces/log-rotator"],
    ["AZURE_CLIENT_ID", "my-identity"],
    ["AZURE_CLIENT_ID", `${clientId}0`],
    ["AZURE_CLIENT_ID", `{${clientId}}`],
    ["AZURE_CLIENT_ID", clientId.replaceAll("-", "")],
    ["AZURE_CLIENT_ID", clientId.replace("5", "g")],
  ])("%s refuses %j", (name, value) => {
    expect(placesOf(anEnvironment({ [name]: value }))).toEqual([name]);
  });
});

describe("ROTATION_SCHEDULE", () => {
  it.each([
    "* * * * *",
    "59 59 23 31 12 6",
    "0 0 0 1 1 0",
    "0 0,15,30 9-17 * * 1-5",
    "0 0/10 * * * *",
    "0 0 9-17/2 * * MON-FRI",
    "0 30 4 1 Jan Sunday",
    "0  0\t4 * * *",
  ])("accepts %j", (schedule) => {
    expect(takesSchedule(schedule)).toBe(true);
  });

  it.each([
    "* * * *",
    "* * * * * * *",
    "60 * * * * *",
    "60 * * * *",
    "0 60 * * * *",
    "0 0 24 * * *",
    "0 0 0 0 * *",
    "0 0 0 32 * *",
    "0 0 0 1 13 *",
    "0 0 0 1 0 *",
    "0 0 0 * * 7",
    "0 0 MON * * *",
    "0 */0 * * * *",
    "0 ? * * * *",
    "0 1, * * * *",
    "0 -5 * * * *",
    "0 1-99 * * * *",
  ])("refuses %j", (schedule) => {
    expect(takesSchedule(schedule)).toBe(false);
  });
});

describe("ROTATION_CLOUD", () => {
  it.each([
    [
      "AzureUSGovernment",
      "https://management.usgovcloudapi.net",
      "https://login.microsoftonline.us",
      "vault.usgovcloudapi.net",
      "https://api.loganalytics.us",
    ],
    [
      "AzureChina",
      "https://management.chinacloudapi.cn",
      "https://login.chinacloudapi.cn",
      "vault.azure.cn",
      "https://api.loganalytics.azure.cn",
    ],
  ])("%s sets endpoints, authority and vault hosts", (name, armEndpoint, authorityHost, vaults, logEndpoint) => {
    const secret = { vaultUrl: `https://keys.${vaults}`, name: "key" };
    const env = withConfiguration({ accounts: [anAccount({ secret })] }, { ROTATION_CLOUD: name });
    expect(settingsOf(env).cloud).toMatchObject({
      name,
      armEndpoint,
      armScope: `${armEndpoint}/.default`,
      logEndpoint,
      logScope: `${logEndpoint}/.default`,
      authorityHost,
      vaultDomain: `.${vaults}`,
    });
  });

  it("refuses the vaults of another cloud", () => {
    expect(placesOf(anEnvironment({ ROTATION_CLOUD: "AzureChina" }))).toEqual([
      "ROTATION_ACCOUNTS/accounts/0/secret/vaultUrl",
    ]);
  });

  it("keeps its token scope when ROTATION_ARM_ENDPOINT is another host", () => {
    const { cloud } = settingsOf(anEnvironment({ ROTATION_ARM_ENDPOINT: "https://localhost:8443" }));
    expect(cloud.armScope).toBe("https://management.azure.com/.default");
  });
});

describe("ROTATION_EMULATED", () => {
  it("is refused in Azure", () => {
    expect(problemsOf(anEnvironment({ ...emulated, WEBSITE_SITE_NAME: "rotator" }))).toEqual([
      { at: "ROTATION_EMULATED", problem: "must not be true in Azure: remove it" },
    ]);
  });

  it("may be false in Azure", () => {
    expect(placesOf(anEnvironment({ ROTATION_EMULATED: "false", WEBSITE_SITE_NAME: "rotator" }))).toEqual([]);
  });

  it.each([
    ["ROTATION_CLAIM", { claimMs: 1_000 }],
    ["ROTATION_QUARANTINE", { quarantineMs: 1_000 }],
    ["ROTATION_PLATFORM_SYNC", { platformSyncMs: 1_000 }],
  ])("allows %s from PT1S", (name, expected) => {
    expect(settingsOf(anEnvironment({ ...emulated, [name]: "PT1S" }))).toMatchObject(expected);
    expect(placesOf(anEnvironment({ ...emulated, [name]: "PT0S" }))).toEqual([name]);
    expect(placesOf(anEnvironment({ ...emulated, [name]: "P3650DT1S" }))).toEqual([name]);
    expect(placesOf(anEnvironment({ ...emulated, [name]: "60" }))).toEqual([name]);
    expect(placesOf(anEnvironment({ [name]: "PT10M" }))).toEqual([name]);
  });

  it("applies the rules of Azure to all settings when it is refused there", () => {
    const env = anEnvironment({
      ...emulated,
      WEBSITE_SITE_NAME: "rotator",
      AzureWebJobsStorage: "UseDevelopmentStorage=true",
    });
    expect(placesOf(env)).toEqual(["ROTATION_EMULATED", "AzureWebJobsStorage"]);
  });
});

describe("the webhook", () => {
  const url = "https://hooks.example.com/services/a?sig=b";
  const webhook = (changes: Environment) =>
    settingsOf(anEnvironment({ ROTATION_ALERT_WEBHOOK_URL: url, ...changes })).webhook;

  it("has a format and events by default, and no secret", () => {
    expect(webhook({})).toEqual({ url, format: "cloudevents", secret: null, events: "alarms" });
  });

  it("accepts the values that are set", () => {
    const secret = `whsec_${bytes(24)}`;
    expect(
      webhook({
        ROTATION_ALERT_WEBHOOK_FORMAT: "teams",
        ROTATION_ALERT_WEBHOOK_SECRET: secret,
        ROTATION_ALERT_WEBHOOK_EVENTS: "all",
      }),
    ).toEqual({ url, format: "teams", secret, events: "all" });
  });

  it.each([24, 25, 26, 64])("accepts a secret of %i bytes, padded or not", (count) => {
    const padded = `whsec_${bytes(count)}`;
    expect(webhook({ ROTATION_ALERT_WEBHOOK_SECRET: padded })?.secret).toBe(padded);
    const bare = padded.replaceAll("=", "");
    expect(webhook({ ROTATION_ALERT_WEBHOOK_SECRET: bare })?.secret).toBe(bare);
  });

  it.each([
    ["23 bytes", `whsec_${bytes(23)}`],
    ["65 bytes", `whsec_${bytes(65)}`],
    ["no prefix", bytes(32)],
    ["another alphabet", `whsec_${"-_".repeat(20)}`],
    ["a truncated end", `whsec_${bytes(24)}A`],
    ["nothing after the prefix", "whsec_"],
  ])("refuses a secret with %s", (_what, secret) => {
    expect(placesOf(anEnvironment({ ROTATION_ALERT_WEBHOOK_SECRET: secret }))).toEqual([
      "ROTATION_ALERT_WEBHOOK_SECRET",
    ]);
  });

  it.each([
    "http://hooks.example.com",
    "http://localhost:9000",
    "https://me:pw@hooks.example.com",
    "hooks.example.com",
  ])("refuses %s", (address) => {
    expect(placesOf(anEnvironment({ ROTATION_ALERT_WEBHOOK_URL: address }))).toEqual(["ROTATION_ALERT_WEBHOOK_URL"]);
  });

  it("may be on this machine without https only with ROTATION_EMULATED", () => {
    expect(placesOf(anEnvironment({ ...emulated, ROTATION_ALERT_WEBHOOK_URL: "http://localhost:9000/a" }))).toEqual([]);
    expect(placesOf(anEnvironment({ ...emulated, ROTATION_ALERT_WEBHOOK_URL: "http://hooks.example.com" }))).toEqual([
      "ROTATION_ALERT_WEBHOOK_URL",
    ]);
  });

  it.each([
    ["ROTATION_ALERT_WEBHOOK_FORMAT", "Slack"],
    ["ROTATION_ALERT_WEBHOOK_EVENTS", "none"],
  ])("refuses %s %s, even without an address", (name, value) => {
    expect(placesOf(anEnvironment({ [name]: value }))).toEqual([name]);
  });
});

describe("ROTATION_HEARTBEAT_URL", () => {
  const url = "https://beats.example.com/5d1c?tag=rotator";

  it.each([
    [{}, false],
    [{ ROTATION_HEARTBEAT_FAIL: "false" }, false],
    [{ ROTATION_HEARTBEAT_FAIL: "true" }, true],
  ])("is called after good runs, and with ROTATION_HEARTBEAT_FAIL after bad ones: %j", (more, reportsFailures) => {
    const { heartbeat } = settingsOf(anEnvironment({ ROTATION_HEARTBEAT_URL: url, ...more }));
    expect(heartbeat).toEqual({ url, reportsFailures });
  });

  it.each([
    { ROTATION_HEARTBEAT_URL: "http://beats.example.com/5d1c" },
    { ROTATION_HEARTBEAT_URL: "https://me:pw@beats.example.com" },
    { ROTATION_HEARTBEAT_URL: "beats.example.com" },
    { ROTATION_HEARTBEAT_FAIL: "sometimes" },
  ])("refuses %j", (wrong) => {
    expect(placesOf(anEnvironment(wrong))).toEqual(Object.keys(wrong));
  });

  it("is needed for any heartbeat", () => {
    expect(settingsOf(anEnvironment({ ROTATION_HEARTBEAT_FAIL: "true" })).heartbeat).toBeNull();
  });
});

describe("ROTATION_ACCOUNTS", () => {
  const configuration = JSON.stringify({ accounts: [anAccount()] });

  it("may name a file beside host.json", () => {
    const env = anEnvironment({ ROTATION_ACCOUNTS: "@rotation.accounts-1.json" });
    expect(readSettings(env, file("rotation.accounts-1.json", configuration))).toEqual(settingsOf(anEnvironment()));
  });

  it.each(["accounts.json", "accounts.jsonc"])("may hold comments and trailing commas in %s", (name) => {
    const text = `// accounts of the farm\n${configuration.slice(0, -2)}, /* no more */ ], }`;
    const env = anEnvironment({ ROTATION_ACCOUNTS: `@${name}` });
    expect(readSettings(env, file(name, text))).toEqual(settingsOf(anEnvironment()));
  });

  it("may hold comments and trailing commas in the setting itself", () => {
    const text = `${configuration.slice(0, -2)}, ], /* no more */ } // end`;
    expect(settingsOf(anEnvironment({ ROTATION_ACCOUNTS: text }))).toEqual(settingsOf(anEnvironment()));
  });

  it("reports every duplicate key by its place, without its value", () => {
    const text = `{\n "accounts": ["hunter1"],\n "accounts": [{ "paused": true, "paused": "hunter2" }]\n}`;
    expect(problemsOf(anEnvironment({ ROTATION_ACCOUNTS: text }))).toEqual([
      { at: "ROTATION_ACCOUNTS", problem: "holds a key twice: remove the one at line 3, column 2, or the earlier one" },
      {
        at: "ROTATION_ACCOUNTS",
        problem: "holds a key twice: remove the one at line 3, column 33, or the earlier one",
      },
    ]);
  });

  it("may name a file that begins with a byte order mark", () => {
    const env = anEnvironment({ ROTATION_ACCOUNTS: "@accounts.json" });
    expect(readSettings(env, file("accounts.json", `\uFEFF${configuration}`)).accounts).toHaveLength(1);
  });

  it.each([
    ["missing", undefined, "is missing: set it to the accounts as JSON, or to @file.json beside host.json"],
    ["empty", "", "is missing: set it to the accounts as JSON, or to @file.json beside host.json"],
    [
      "a file that is missing",
      "@no.json",
      "names a file that cannot be read: put it beside host.json, or correct its name",
    ],
    ["not JSON", '{\n  "accounts": [,\n', "is not JSON: correct it at line 2, column 16"],
    ["JSON that begins on another line", "\n\n{]", "is not JSON: correct it at line 3, column 2"],
  ])("is refused when %s", (_what, value, problem) => {
    expect(problemsOf(anEnvironment({ ROTATION_ACCOUNTS: value }))).toEqual([{ at: "ROTATION_ACCOUNTS", problem }]);
  });

  it.each([
    "@../a.json",
    "@/etc/a.json",
    "@a/b.json",
    "@a\\b.json",
    "@c:a.json",
    "@.env",
    "@..",
    "@",
    "@a b.json",
    "@a\0.json",
  ])("refuses %j: only files in the app's folder can be named", (value) => {
    const read = jest.fn(() => configuration);
    expect(problemsOf(anEnvironment({ ROTATION_ACCOUNTS: value }), { read })).toEqual([
      {
        at: "ROTATION_ACCOUNTS",
        problem: "must name a file beside host.json after the @: letters, digits, ., _ and -, no folder",
      },
    ]);
    expect(read).not.toHaveBeenCalled();
  });

  it("may be long as a file; as text it must leave room in the environment of a process", () => {
    expect(problemsOf(anEnvironment({ ROTATION_ACCOUNTS: configuration.padEnd(100_000) }))).toEqual([]);
    expect(problemsOf(anEnvironment({ ROTATION_ACCOUNTS: configuration.padEnd(100_001) }))).toEqual([
      {
        at: "ROTATION_ACCOUNTS",
        problem:
          "is longer than 100000 bytes: put the accounts into accounts.json beside host.json, " +
          "and set it to @accounts.json",
      },
    ]);
    const env = anEnvironment({ ROTATION_ACCOUNTS: "@accounts.json" });
    expect(problemsOf(env, file("accounts.json", configuration.padEnd(1_000_000)))).toEqual([]);
  });

  it("gives the place where a file is not JSON without quoting its content", () => {
    const env = anEnvironment({ ROTATION_ACCOUNTS: "@accounts.json" });
    expect(problemsOf(env, file("accounts.json", '{ "secret": hunter2 }'))).toEqual([
      { at: "ROTATION_ACCOUNTS", problem: "is not JSON: correct it at line 1, column 13" },
    ]);
  });
});
