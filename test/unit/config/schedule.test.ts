import { parseNcrontab } from "../../../lib/config/schedule";
import type { Environment } from "../../../lib/config/settings/reader";
import { anAccount, anEnvironment, problemsOf } from "./builders";

/** The first `count` runs after an instant. */
const runs = (expression: string, after: string, count: number): readonly string[] => {
  const found: string[] = [];
  let last: number | null = Date.parse(after);
  while (found.length < count && last !== null) {
    last = parseNcrontab(expression)?.next(last) ?? null;
    if (last !== null) found.push(new Date(last).toISOString().replace(".000Z", "Z"));
  }
  return found;
};

describe("NCRONTAB", () => {
  it.each([
    ["*/2 * * * * *", "2026-11-22T10:00:01.200Z", ["2026-11-22T10:00:02Z", "2026-11-22T10:00:04Z"]],
    ["0 */5 * * * *", "2026-11-22T10:00:00Z", ["2026-11-22T10:05:00Z", "2026-11-22T10:10:00Z"]],
    ["*/5 * * * *", "2026-11-22T10:57:31Z", ["2026-11-22T11:00:00Z", "2026-11-22T11:05:00Z"]],
    ["0 30 9-11/2 * * *", "2026-11-22T09:30:00Z", ["2026-11-22T11:30:00Z", "2026-11-23T09:30:00Z"]],
    ["0 30 11-9/2 * * *", "2026-11-22T09:30:00Z", ["2026-11-22T11:30:00Z", "2026-11-23T09:30:00Z"]],
    ["0 0 5/8 * * *", "2026-11-22T06:00:00Z", ["2026-11-22T13:00:00Z", "2026-11-22T21:00:00Z"]],
    ["15,45 59 23 31 12 *", "2026-12-31T23:59:15Z", ["2026-12-31T23:59:45Z", "2027-12-31T23:59:15Z"]],
    ["0 0 12 * * Mon-Fri", "2026-11-20T12:00:00Z", ["2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z"]],
    ["0 0 0 1 january *", "2026-11-20T12:00:00Z", ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]],
    ["0 0 0 29 2 *", "2026-11-20T12:00:00Z", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]],
    ["0 0 0 13 * Fri", "2026-11-22T00:00:00Z", ["2027-08-13T00:00:00Z", "2028-10-13T00:00:00Z"]],
  ])("%s runs at the expected instants", (expression, after, expected) => {
    expect(runs(expression, after, expected.length)).toEqual(expected);
  });

  it.each(["0 0 0 30 2 *", "0 0 0 31 4,6,9,11 *", "0 0 4 * * Holiday", "0 0 4 * Sun *"])(
    "%s never runs, so it is no schedule",
    (expression) => {
      expect(parseNcrontab(expression)).toBeNull();
    },
  );
});

const healthUrl = "https://render-api.example.com/health";
const window = { days: ["Tue", "Wed"], from: "02:00", to: "05:00", timeZone: "Europe/Amsterdam" };

const placesWith = (schedule: string, account: object, more: Environment = {}): readonly string[] =>
  problemsOf(
    anEnvironment({
      ROTATION_SCHEDULE: schedule,
      ROTATION_ACCOUNTS: JSON.stringify({ accounts: [anAccount(account)] }),
      ...more,
    }),
  ).map(({ at }) => at);

const asked = (gate: object = {}) => ({ gate: { consumers: [{ name: "render-api", healthUrl }], ...gate } });
const freshness = ["ROTATION_ACCOUNTS/accounts/0/gate/signalFreshness"];

describe("a schedule that makes a soak impossible", () => {
  it.each([
    ["a run each minute, freshness of a minute", "* * * * *", asked({ signalFreshness: "PT1M" })],
    ["hourly runs, 15 minutes of freshness", "0 0 * * * *", asked()],
    ["runs as far apart as the freshness", "0 */15 * * * *", asked()],
    ["runs in two hours of a day, a soak of three", "0 */5 1-2 * * *", asked({ soak: "PT3H" })],
    ["the default schedule, freshness of a minute", "", asked({ signalFreshness: "PT1M" })],
  ])("is a problem of the account: %s", (_what, schedule, account) => {
    expect(placesWith(schedule, account)).toEqual(freshness);
  });

  it("is named with its remedy", () => {
    const settings = {
      ROTATION_SCHEDULE: "0 0 * * * *",
      ROTATION_ACCOUNTS: JSON.stringify({ accounts: [anAccount(asked())] }),
    };
    expect(problemsOf(anEnvironment(settings))).toEqual([
      {
        at: "ROTATION_ACCOUNTS/accounts/0/gate/signalFreshness",
        problem:
          "is too short for ROTATION_SCHEDULE: a health URL is asked at each run of the timer, and its answers are " +
          "stale before the soak has passed, so the gate would never open: make it longer than the time between two " +
          "runs, run the timer more often, or set soak to PT0S",
      },
    ]);
  });

  it.each([
    ["the default schedule", "", asked()],
    ["runs closer than the freshness", "0 */14 * * * *", asked({ signalFreshness: "PT15M", soak: "PT28M" })],
    ["hourly runs without a soak", "0 0 * * * *", asked({ soak: "PT0S" })],
    ["hourly runs, longer freshness", "0 0 * * * *", asked({ signalFreshness: "PT2H" })],
    ["hourly runs, consumers that post", "0 0 * * * *", {}],
    ["runs in one hour of a day", "0 */5 1 * * *", asked()],
    ["a run each second, a long soak", "* * * * * *", asked({ soak: "P300D" })],
    ["uneven runs, each within the freshness of the one before", "0,10 * * * * *", asked({ signalFreshness: "PT1M" })],
  ])("is none: %s", (_what, schedule, account) => {
    expect(placesWith(schedule, account)).toEqual([]);
  });
});

describe("a window in which the timer never runs", () => {
  const place = ["ROTATION_ACCOUNTS/accounts/0/window"];

  it.each([
    ["runs at noon", "0 0 12 * * *"],
    ["runs on Fridays", "0 0 2 * * Fri"],
    ["runs at the end of the window, winter and summer", "0 0 4,5 * * *"],
    ["one run a year, on a Thursday", "0 0 2 31 12 *"],
  ])("is a problem of the account: %s", (_what, schedule) => {
    expect(placesWith(schedule, { window })).toEqual(place);
  });

  it.each([
    ["summer only", "0 30 0 * * *"],
    ["on the days of the window", "0 0 3 * * Tue"],
    ["a few times a year", "0 0 2 1 * *"],
  ])("is none: runs %s", (_what, schedule) => {
    expect(placesWith(schedule, { window })).toEqual([]);
  });
});

it.each([
  ["with emulators", "0 0 12 * * *", { ROTATION_EMULATED: "true" }, []],
  ["of a wrong schedule", "whenever", {}, ["ROTATION_SCHEDULE"]],
])("the runs %s are compared with nothing", (_what, schedule, more, places) => {
  expect(placesWith(schedule, { window, ...asked() }, more)).toEqual(places);
});
