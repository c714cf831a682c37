import { parseSchedule } from "../../local/host/ncrontab";

/** The first `count` occurrences after an instant. */
const occurrences = (expression: string, after: string, count: number): string[] => {
  const schedule = parseSchedule(expression);
  const found: string[] = [];
  let last = new Date(after);
  while (found.length < count) {
    last = schedule.next(last);
    found.push(last.toISOString().replace(".000Z", "Z"));
  }
  return found;
};

describe("NCRONTAB", () => {
  test.each([
    ["*/2 * * * * *", "2026-11-22T10:00:01.200Z", ["2026-11-22T10:00:02Z", "2026-11-22T10:00:04Z"]],
    ["0 */5 * * * *", "2026-11-22T10:00:00Z", ["2026-11-22T10:05:00Z", "2026-11-22T10:10:00Z"]],
    ["*/5 * * * *", "2026-11-22T10:57:31Z", ["2026-11-22T11:00:00Z", "2026-11-22T11:05:00Z"]],
    ["0 30 9-11/2 * * *", "2026-11-22T09:30:00Z", ["2026-11-22T11:30:00Z", "2026-11-23T09:30:00Z"]],
    ["0 0 5/8 * * *", "2026-11-22T06:00:00Z", ["2026-11-22T13:00:00Z", "2026-11-22T21:00:00Z"]],
    ["15,45 59 23 31 12 *", "2026-12-31T23:59:15Z", ["2026-12-31T23:59:45Z", "2027-12-31T23:59:15Z"]],
    ["0 0 12 * * Mon-Fri", "2026-11-20T12:00:00Z", ["2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z"]],
    ["0 0 0 1 january *", "2026-11-20T12:00:00Z", ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]],
    ["0 0 0 29 2 *", "2026-11-20T12:00:00Z", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]],
  ])("%s fires at the expected times", (expression, after, expected) => {
    expect(occurrences(expression, after, expected.length)).toEqual(expected);
  });

  test("day of month and weekday must both match, while cron needs only one", () => {
    expect(occurrences("0 0 0 13 * Fri", "2026-11-22T00:00:00Z", 2)).toEqual([
      "2027-08-13T00:00:00Z",
      "2028-10-13T00:00:00Z",
    ]);
  });

  test.each([
    ["* * * *", "expected five or six fields, found 4"],
    ["60 * * * * *", "'60' is no second (0 to 59)"],
    ["0 0 0 * * 7", "'7' is no weekday (0 to 6)"],
    ["0 0 0 L * *", "'L' is no day of month (1 to 31)"],
    ["0 0 5-2 * * *", "a range runs from lower to higher"],
    ["*/0 * * * * *", "a step must be a number of at least 1"],
    ["0 0 0 30 2 *", "no such day ever comes"],
  ])("%s is refused with a message", (expression, words) => {
    expect(() => parseSchedule(expression)).toThrow(words);
  });
});
