import { bodyOf, functionNames, type Host } from "./host";
import { expectProblem } from "./problem";
import { until } from "../local-host/until";
import { openWorld, type DeployedApp } from "./world";

/** Is part of every wrong value and must not appear in any answer or log line. */
const leak = "LEAKED";

const account = (number: number, changes: object = {}): object => ({
  resourceId:
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/render" +
    `/providers/Microsoft.Batch/batchAccounts/render${number}`,
  secret: { vaultUrl: "https://keys.vault.azure.net", name: `render${number}-key` },
  gate: { consumers: [{ name: "render-api" }] },
  ...changes,
});

const configuration = {
  default: leak,
  defaults: { remindEvery: leak },
  accounts: [
    account(1, { name: `${leak} 1`, resourceId: `/subscriptions/${leak}`, rotateEvery: "P1M", expireAfter: leak }),
    account(2, { secret: { vaultUrl: `http://${leak}.example.com`, name: `${leak}_key` }, probe: leak, paused: leak }),
    account(3, { gate: { mode: "signals", consumers: [] }, settleOn: leak, rotateevery: leak }),
    account(4, { gate: { mode: "delay", consumers: [{ name: `${leak} api`, instances: 0 }], soak: leak } }),
    account(5, { window: { days: [leak], from: "2:00", to: "05:00", timeZone: `Europe/${leak}` } }),
  ],
};
const inConfiguration = [
  "/default",
  "/defaults/remindEvery",
  "/accounts/0/name",
  "/accounts/0/resourceId",
  "/accounts/0/rotateEvery",
  "/accounts/0/expireAfter",
  "/accounts/1/secret/vaultUrl",
  "/accounts/1/secret/name",
  "/accounts/1/probe",
  "/accounts/1/paused",
  "/accounts/2/gate/consumers",
  "/accounts/2/settleOn",
  "/accounts/2/rotateevery",
  "/accounts/3/gate/delay",
  "/accounts/3/gate/consumers/0/name",
  "/accounts/3/gate/consumers/0/instances",
  "/accounts/3/gate/soak",
  "/accounts/4/window/days/0",
  "/accounts/4/window/from",
  "/accounts/4/window/timeZone",
].map((place) => `ROTATION_ACCOUNTS${place}`);

const settings = {
  AzureWebJobsStorage: `DefaultEndpointsProtocol=https;AccountName=${leak}`,
  ROTATION_TABLE_PREFIX: `${leak}-`,
  ROTATION_SCHEDULE: leak,
  ROTATION_DRY_RUN: leak,
  ROTATION_CLOUD: leak,
  ROTATION_ARM_ENDPOINT: `http://${leak}`,
  ROTATION_ALERT_WEBHOOK_URL: `http://example.com/${leak}`,
  ROTATION_CLAIM: leak,
  ROTATION_QUARANTINE: leak,
  ROTATION_EMULATED: leak,
  AZURE_CLIENT_ID: leak,
};
const expected = [...Object.keys(settings), ...inConfiguration].toSorted();

let world: DeployedApp;
let host: Host;

beforeAll(async () => {
  world = await openWorld();
  host = await world.host([], { ...settings, ROTATION_ACCOUNTS: JSON.stringify(configuration) });
});
afterAll(() => world.close());

test("all functions remain registered, including the timer with its invalid schedule", () => {
  expect(host.functions).toEqual(
    expect.arrayContaining(["rotateOnSchedule", "rotateOnDemand", "receiveSignal", "accountStatus", "listAccounts"]),
  );
  expect([...functionNames, "rotateOnSchedule"]).toEqual(expect.arrayContaining([...host.functions]));
});

test("every route answers 503 with the names of all mistakes, more than 20, and without values", async () => {
  expect(expected.length).toBeGreaterThanOrEqual(20);
  const answers = [
    await host.list(),
    await host.get("render1"),
    await host.get("other"),
    await host.rotate("render1", { reason: "x" }),
    await host.rotate("render1", null),
    await host.signal("render1", {}),
    await host.operate("render1", "pause", { reason: "x" }),
    await host.operate("render1", "delete", {}),
    await host.call({ method: "GET", path: "/accounts/render1/history?limit=x", keyOf: "accountHistory" }),
    await host.call({ method: "GET", path: "/accounts/render1/check", keyOf: "checkAccount" }),
    await host.call({ method: "GET", path: "/accounts/render1/rotations/x", keyOf: "rotationRecord" }),
  ];
  for (const answer of answers) {
    expect(expectProblem(answer, 503, "ConfigurationInvalid").toSorted()).toEqual(expected);
    expect(answer.text).not.toContain(leak);
  }
});

test("each mistake has a remedy", async () => {
  const { problems }: { problems: { at: string; problem: string }[] } = JSON.parse((await host.list()).text);
  for (const { problem } of problems) {
    expect(problem).toMatch(/must|is missing|remove|is not a known|needs|may be set|names|correct/);
    expect(problem).not.toMatch(/[.\n]$/);
  }
});

test("the timer logs one error with all problems, and does nothing else", async () => {
  await host.fireTimer();
  const [alarm] = await until("the alarm", () => {
    const lines = host.logged("ConfigurationInvalid");
    return lines.length > 0 && lines;
  });
  expect(alarm).toMatchObject({ level: "error", account: null, reason: "ConfigurationInvalid", by: "schedule" });
  const [line] = host.logged("ConfigurationState");
  expect(line).toMatchObject({ level: "error", reason: "ConfigurationInvalid" });
  const { problems }: { problems: { at: string }[] } = JSON.parse(JSON.stringify(line));
  expect(problems.map(({ at }) => at).toSorted()).toEqual(expected);
  expect(host.logged("Tick")).toEqual([]);
  expect(host.lines.join("\n")).not.toContain(leak);
  expect(world.emulators.journal.entries).toEqual([]);
});

test("the settings for emulators are refused by name in Azure", async () => {
  const render = world.place({ name: "render" });
  const inAzure = await world.host([render], { WEBSITE_SITE_NAME: "rotator" });
  const places = expectProblem(await inAzure.list(), 503, "ConfigurationInvalid");
  expect(places).toEqual(expect.arrayContaining(["ROTATION_EMULATED", "ROTATION_CLAIM", "ROTATION_QUARANTINE"]));
  expect(bodyOf(await inAzure.get("render"))).toMatchObject({ reason: "ConfigurationInvalid" });
});
