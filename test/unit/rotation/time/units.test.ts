import { days, hours, minutes, seconds } from "../../../../lib/rotation/time/units";

test.each([
  ["seconds", seconds(90), 90_000],
  ["minutes", minutes(5), 300_000],
  ["hours", hours(6), 21_600_000],
  ["days", days(30), 2_592_000_000],
])("units of time are in milliseconds (%s)", (_unit, ms, expected) => {
  expect(ms).toBe(expected);
});
