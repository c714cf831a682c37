import { settingNames } from "../../../../lib/config/settings/setting-names";
import { readAlarmSettings, type Settings } from "../../../../lib/config/settings/settings";
import { hasSchedule } from "../../../../lib/config/settings/timer-schedule";
import { days } from "../../../../lib/rotation/time/units";
import { words } from "../../../builders/words";
import { anEnvironment, placesOf, problemsOf, settingsOf, statesRemedy } from "../builders";

const keyVault = "@Microsoft.KeyVault(SecretUri=https://keys.vault.azure.net/secrets/LEAKED/)";
const appConfiguration = "@Microsoft.AppConfiguration(Endpoint=https://store.azconfig.io; Key=LEAKED; Label=prod)";

const essential = [
  ["AzureWebJobsStorage", {}],
  ["AzureWebJobsStorage__accountName", { AzureWebJobsStorage: "" }],
  ["AzureWebJobsStorage__tableServiceUri", { AzureWebJobsStorage: "" }],
  ["AzureWebJobsStorage__clientId", { AzureWebJobsStorage: "", AzureWebJobsStorage__accountName: "rotations" }],
  ["ROTATION_STORAGE", {}],
  ["ROTATION_STORAGE__accountName", {}],
  ["ROTATION_STORAGE__clientId", { ROTATION_STORAGE__accountName: "rotations" }],
  ["ROTATION_TABLE_PREFIX", {}],
  ["ROTATION_ACCOUNTS", {}],
  ["ROTATION_VAULT_URL", {}],
  ["ROTATION_CLOUD", {}],
  ["ROTATION_ARM_ENDPOINT", {}],
  ["ROTATION_LOG_WORKSPACE_ID", {}],
  ["ROTATION_LOG_ENDPOINT", {}],
  ["AZURE_CLIENT_ID", {}],
] as const;

describe("a setting that decides what the rotator works on", () => {
  it.each(essential)("is the only problem where its reference is not resolved: %s", (name, others) => {
    const [problem, ...more] = problemsOf(anEnvironment({ ...others, [name]: keyVault }));
    expect([problem?.at, more]).toEqual([name, []]);
    expect(problem?.problem).toMatch(
      /^is a Key Vault reference that the platform has not resolved: .*Key Vault Secrets/,
    );
    expect(problem?.problem).not.toContain("LEAKED");
    expect(problem !== undefined && statesRemedy(problem)).toBe(true);
  });

  it.each([appConfiguration, ` ${appConfiguration}`, appConfiguration.toLowerCase()])("or that of %s", (value) => {
    expect(problemsOf(anEnvironment({ ROTATION_ACCOUNTS: value }))).toEqual([
      {
        at: "ROTATION_ACCOUNTS",
        problem: expect.stringMatching(/^is an App Configuration reference .*App Configuration Data Reader/),
      },
    ]);
  });

  it("of the host's storage matters only where the tables are there", () => {
    expect(placesOf(anEnvironment({ AzureWebJobsStorage: keyVault, ROTATION_STORAGE__accountName: "tables" }))).toEqual(
      [],
    );
  });
});

/** What counts until an optional setting is resolved. */
const optional: readonly (readonly [string, Partial<Settings>])[] = [
  ["ROTATION_SCHEDULE", { schedule: null }],
  ["ROTATION_DRY_RUN", { dryRun: true }],
  ["ROTATION_FAN_OUT", { fanOutAbove: 500 }],
  ["ROTATION_HISTORY_KEEP", { historyKeepMs: days(3650) }],
  ["ROTATION_EMULATED", { emulated: false }],
  ["ROTATION_ALERT_WEBHOOK_URL", { webhook: null }],
  ["ROTATION_ALERT_WEBHOOK_FORMAT", {}],
  ["ROTATION_ALERT_WEBHOOK_SECRET", {}],
  ["ROTATION_ALERT_WEBHOOK_EVENTS", {}],
  ["ROTATION_HEARTBEAT_URL", { heartbeat: null }],
  ["ROTATION_HEARTBEAT_FAIL", {}],
  ["ROTATION_CLAIM", {}],
  ["ROTATION_QUARANTINE", {}],
  ["ROTATION_PLATFORM_SYNC", {}],
];

describe("any other setting", () => {
  it.each(optional)("is reported and stops nothing where its reference is not resolved: %s", (name, expected) => {
    for (const value of [keyVault, appConfiguration]) {
      const settings = settingsOf(anEnvironment({ [name]: value }));
      expect(settings).toMatchObject(expected);
      expect(settings.unresolved).toEqual([
        { at: name, problem: expect.stringMatching(/reference that .*; until then /) },
      ]);
      expect(JSON.stringify(settings.unresolved)).not.toContain("LEAKED");
    }
  });

  it("is one of these, but for the one that Node reads", () => {
    const known = [...essential.map(([name]) => name), ...optional.map(([name]) => name)];
    const others = words(`
      AzureWebJobsStorage__credential ROTATION_STORAGE__tableServiceUri ROTATION_STORAGE__credential NODE_EXTRA_CA_CERTS
    `);
    expect([...known, ...others].toSorted()).toEqual(Object.keys(settingNames).toSorted());
  });

  it("is none where it holds a value", () => {
    expect(settingsOf(anEnvironment({ ROTATION_DRY_RUN: "true" })).unresolved).toEqual([]);
  });
});

it("the alarm about wrong settings goes to the webhook although another setting is not resolved", () => {
  const url = "https://example.com/hook";
  const env = anEnvironment({
    ROTATION_ALERT_WEBHOOK_URL: url,
    ROTATION_ALERT_WEBHOOK_EVENTS: keyVault,
    ROTATION_CLAIM: "x",
  });
  expect(readAlarmSettings(env).webhook).toMatchObject({ url, events: "alarms" });
  expect(hasSchedule(anEnvironment({ ROTATION_SCHEDULE: keyVault }))).toBe(false);
});
