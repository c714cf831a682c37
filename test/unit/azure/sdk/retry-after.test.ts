import { retryAfterMs } from "../../../../lib/azure/sdk/retry-after";

const asked = (headers: Readonly<Record<string, string>>): number | null =>
  retryAfterMs({ get: (name) => headers[name] });

test.each([
  ["nothing", {}, null],
  ["seconds", { "retry-after": "3600" }, 3_600_000],
  ["no seconds", { "retry-after": "0" }, 0],
  ["milliseconds", { "retry-after-ms": "250" }, 250],
  ["milliseconds in the other header", { "x-ms-retry-after-ms": "1500" }, 1500],
  ["milliseconds before seconds", { "retry-after-ms": "250", "retry-after": "9" }, 250],
  [
    "a date, relative to the Date header of the answer",
    { "retry-after": "Sun, 22 Nov 2026 10:01:00 GMT", date: "Sun, 22 Nov 2026 10:00:00 GMT" },
    60_000,
  ],
  ["a past date", { "retry-after": "Sun, 22 Nov 2026 09:00:00 GMT", date: "Sun, 22 Nov 2026 10:00:00 GMT" }, 0],
  ["no number and no date", { "retry-after": "soon" }, null],
  ["a negative number", { "retry-after-ms": "-5" }, null],
])("the Retry-After of a service reads %s", (_, headers, expected) => {
  expect(asked(headers)).toBe(expected);
});
