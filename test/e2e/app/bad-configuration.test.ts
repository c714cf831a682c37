import { functionNames } from "../../local/stage";
import { bodyOf, type Host } from "./host";
import { expectProblem } from "./problem";
import { until } from "../local-host/until";
import { openWorld, type DeployedApp } from "./world";
import { words } from "../../builders/words";

/** Is part of every wrong value and must not appear in any answer or log line. */
const leak = "LEAKED";

/** One mistake of each kind; the tests of the settings show that every mistake is reported. */
const settings = {
  AzureWebJobsStorage: `DefaultEndpointsProtocol=https;AccountName=${leak}`,
  ROTATION_ACCOUNTS: JSON.stringify({ defaults: { remindEvery: leak }, accounts: [{ name: `${leak} 1` }] }),
  ROTATION_SCHEDULE: leak,
  ROTATION_ALERT_WEBHOOK_URL: `http://example.com/${leak}`,
};
const expected = words(`
  AzureWebJobsStorage ROTATION_ACCOUNTS/accounts/0/gate/consumers ROTATION_ACCOUNTS/accounts/0/name
  ROTATION_ACCOUNTS/accounts/0/resourceId ROTATION_ACCOUNTS/accounts/0/secret ROTATION_ACCOUNTS/defaults/remindEvery
  ROTATION_ALERT_WEBHOOK_URL ROTATION_SCHEDULE
`);

let world: DeployedApp;
let host: Host;

beforeAll(async () => {
  world = await openWorld();
  host = await world.host([], settings);
});
afterAll(() => world.close());

test("all functions remain registered, including the timer with its invalid schedule", () => {
  expect(host.functions).toEqual(
    expect.arrayContaining(["rotateOnSchedule", "rotateOnDemand", "receiveSignal", "accountStatus", "listAccounts"]),
  );
  const others = ["rotateOnSchedule", "rotateSubscription", "reportLostWork"];
  expect([...functionNames, ...others]).toEqual(expect.arrayContaining([...host.functions]));
});

test("every route answers 503 with the names of all mistakes, and without values", async () => {
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
