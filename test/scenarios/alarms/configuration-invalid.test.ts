import { app, InvocationContext, type TimerHandler } from "@azure/functions";

const before = { ...process.env };

afterEach(() => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
  jest.restoreAllMocks();
});

it("settings without a usable table are logged at every run and raise one alarm for each process", async () => {
  const timer = jest.spyOn(app, "timer").mockImplementation(() => undefined);
  process.env["ROTATION_ACCOUNTS"] = '{ "accounts": "AKeyThatAPersonHasPastedHere" }';
  process.env["ROTATION_SCHEDULE"] = "whenever";
  await import("../../../functions/rotate-on-schedule");
  const [registered] = timer.mock.calls;
  const handler: TimerHandler | undefined = registered?.[1].handler;
  // Where any setting may be wrong it runs on the default schedule, so that it reports the problems.
  expect([registered?.[0], registered?.[1].schedule]).toEqual(["rotateOnSchedule", "0 */5 * * * *"]);

  const logged: (readonly [string, Record<string, unknown>])[] = [];
  const context = new InvocationContext({
    logHandler: (level, line) => void logged.push([level, JSON.parse(String(line))]),
  });
  const request = jest.spyOn(globalThis, "fetch");
  const pastDue = {
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: { last: "", next: "", lastUpdated: "" },
  };
  await handler?.(pastDue, context);
  await handler?.(pastDue, context);

  expect(request).not.toHaveBeenCalled();
  expect(logged.map(([level, { event }]) => [level, event])).toEqual([
    ["error", "ConfigurationState"],
    ["error", "ConfigurationInvalid"],
    ["error", "ConfigurationState"],
  ]);
  const problems = expect.arrayContaining([
    { at: "ROTATION_SCHEDULE", problem: expect.any(String) },
    { at: "AzureWebJobsStorage", problem: expect.any(String) },
  ]);
  expect(logged[2]?.[1]).toEqual({
    event: "ConfigurationState",
    reason: "ConfigurationInvalid",
    detail: expect.stringContaining("ROTATION_SCHEDULE: "),
    problems,
  });
  expect(logged[1]?.[1]).toEqual({
    id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/),
    event: "ConfigurationInvalid",
    sequence: null,
    evidence: null,
    previousHash: null,
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    account: null,
    rotationId: null,
    reason: "ConfigurationInvalid",
    detail: expect.stringContaining("ROTATION_SCHEDULE: "),
    by: "schedule",
  });
  expect(JSON.stringify(logged)).not.toContain("AKeyThatAPersonHasPastedHere");
});
