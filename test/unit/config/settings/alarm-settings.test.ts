import { readAlarmSettings } from "../../../../lib/config/settings/settings";

const storage = { AzureWebJobsStorage__accountName: "rotations" };
const webhook = { ROTATION_ALERT_WEBHOOK_URL: "https://alerts.example/hook", ROTATION_ALERT_WEBHOOK_FORMAT: "slack" };
const heartbeat = { ROTATION_HEARTBEAT_URL: "https://beats.example/5d1c", ROTATION_HEARTBEAT_FAIL: "true" };
const right = { ...storage, ...webhook, ...heartbeat };

describe("the alarm about invalid settings", () => {
  it.each([
    ["unreadable accounts", { ROTATION_ACCOUNTS: "{" }],
    ["no accounts", {}],
    ["an invalid flag", { ROTATION_DRY_RUN: "maybe" }],
    ["an invalid schedule", { ROTATION_SCHEDULE: "whenever" }],
    ["an invalid endpoint of Resource Manager", { ROTATION_ARM_ENDPOINT: "http://x" }],
    ["ROTATION_EMULATED in Azure", { ROTATION_EMULATED: "true", WEBSITE_SITE_NAME: "rotator" }],
  ])("reaches tables and webhook with %s", (_, wrong) => {
    expect(readAlarmSettings({ ...right, ...wrong })).toMatchObject({
      tables: {
        storage: { kind: "identity", tableServiceUri: "https://rotations.table.core.windows.net" },
        tablePrefix: "BatchKey",
      },
      webhook: { url: "https://alerts.example/hook", format: "slack" },
      heartbeat: { url: "https://beats.example/5d1c", reportsFailures: true },
      emulated: false,
    });
  });

  it.each([
    ["storage", { AzureWebJobsStorage__accountName: "Not A Name" }],
    ["storage of its own", { ROTATION_STORAGE: "nonsense" }],
    ["a table prefix", { ROTATION_TABLE_PREFIX: "1" }],
    ["a cloud", { ROTATION_CLOUD: "AzureMoon" }],
    ["an identity", { AZURE_CLIENT_ID: "me" }],
  ])("goes to log and heartbeat only where %s is wrong", (_, wrong) => {
    const { tables, webhook: found, heartbeat: beats } = readAlarmSettings({ ...right, ...wrong });
    expect([tables, found, beats?.reportsFailures]).toEqual([null, null, true]);
  });

  it.each([
    { ROTATION_ALERT_WEBHOOK_URL: "http://alerts.example/hook" },
    { ROTATION_ALERT_WEBHOOK_FORMAT: "fax" },
    { ROTATION_ALERT_WEBHOOK_SECRET: "not-one" },
    { ROTATION_ALERT_WEBHOOK_EVENTS: "some" },
    { ROTATION_ALERT_WEBHOOK_URL: "" },
  ])("is remembered, and goes to no webhook, with %j", (wrong) => {
    const { tables, webhook: found } = readAlarmSettings({ ...right, ...wrong });
    expect([tables?.tablePrefix, found]).toEqual(["BatchKey", null]);
  });

  it.each([{ ROTATION_HEARTBEAT_URL: "http://beats.example" }, { ROTATION_HEARTBEAT_URL: "" }])(
    "reaches no heartbeat with %j",
    (wrong) => {
      expect(readAlarmSettings({ ...right, ...wrong }).heartbeat).toBeNull();
    },
  );

  it("goes by the cloud and the emulation that are set", () => {
    const sovereign = readAlarmSettings({ ...right, ROTATION_CLOUD: "AzureUSGovernment", ROTATION_DRY_RUN: "maybe" });
    expect(sovereign.tables?.storage).toMatchObject({
      tableServiceUri: "https://rotations.table.core.usgovcloudapi.net",
    });
    const emulated = { ...right, ROTATION_EMULATED: "true", ROTATION_ALERT_WEBHOOK_URL: "http://127.0.0.1:7072/hook" };
    expect(readAlarmSettings(emulated)).toMatchObject({ emulated: true, webhook: { format: "slack" } });
  });
});
