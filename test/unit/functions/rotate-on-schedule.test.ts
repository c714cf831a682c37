import { anEnvironment } from "../config/builders";

/** The schedule that the timer is registered with, given these settings and no others. */
const registeredWith = async (settings: Readonly<Record<string, string | undefined>>): Promise<unknown> => {
  const before = { ...process.env };
  const registered: { schedule?: unknown }[] = [];
  Object.assign(process.env, settings);
  try {
    await jest.isolateModulesAsync(async () => {
      jest.doMock("@azure/functions", () => ({
        output: { storageQueue: (options: unknown) => options },
        app: { timer: (_name: string, options: { schedule: unknown }) => registered.push(options) },
      }));
      await import("../../../functions/rotate-on-schedule");
    });
  } finally {
    jest.dontMock("@azure/functions");
    process.env = before;
  }
  return registered[0]?.schedule;
};

describe("the timer", () => {
  it.each([
    ["no schedule", {}, "0 */5 * * * *"],
    ["a schedule", { ROTATION_SCHEDULE: "0 0 * * * *" }, "%ROTATION_SCHEDULE%"],
    ["an empty schedule", { ROTATION_SCHEDULE: "  " }, "0 */5 * * * *"],
    ["a wrong schedule", { ROTATION_SCHEDULE: "hourly" }, "0 */5 * * * *"],
    ["a schedule that never runs", { ROTATION_SCHEDULE: "0 0 0 30 2 *" }, "0 */5 * * * *"],
    [
      "a schedule beside wrong settings",
      { ROTATION_SCHEDULE: "0 0 * * * *", ROTATION_DRY_RUN: "x" },
      "%ROTATION_SCHEDULE%",
    ],
  ])("with %s is registered as expected", async (_what, settings, expected) => {
    expect(await registeredWith({ ...anEnvironment(), ...settings })).toBe(expected);
  });
});
