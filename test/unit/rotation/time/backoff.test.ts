import { nextAttemptAt } from "../../../../lib/rotation/time/backoff";
import { days, hours, minutes, seconds, when } from "../../../builders/time";

describe("nextAttemptAt", () => {
  it.each([
    [1, "2026-11-24T10:00:00.000Z", "at the next tick"],
    [2, "2026-11-24T10:01:00.000Z", "after 1 minute"],
    [3, "2026-11-24T10:02:00.000Z", "after 2 minutes"],
    [4, "2026-11-24T10:04:00.000Z", "after 4 minutes"],
    [5, "2026-11-24T10:08:00.000Z", "after 8 minutes"],
    [6, "2026-11-24T10:16:00.000Z", "after 16 minutes"],
    [7, "2026-11-24T10:32:00.000Z", "after 32 minutes"],
    [8, "2026-11-24T11:00:00.000Z", "after an hour"],
    [9, "2026-11-24T11:00:00.000Z", "again after an hour"],
    [5_000, "2026-11-24T11:00:00.000Z", "always after an hour"],
  ])("after failure %i is %s: %s", (attempts, expected) => {
    expect(nextAttemptAt(attempts, when("10:00"), null)).toBe(expected);
  });

  it.each([
    ["waits as long as the service asks", 1, seconds(90), "2026-11-24T10:01:30.000Z"],
    ["keeps its own delay where that is longer", 4, seconds(90), "2026-11-24T10:04:00.000Z"],
    ["waits longer than its own cap when asked to", 8, hours(3), "2026-11-24T13:00:00.000Z"],
    ["waits a whole day when asked to", 1, days(1), "2026-11-25T10:00:00.000Z"],
    ["waits no longer than a day", 1, days(1) + minutes(1), "2026-11-25T10:00:00.000Z"],
    ["is never in the past", 1, -minutes(5), "2026-11-24T10:00:00.000Z"],
  ])("%s", (_what, attempts, retryAfterMs, expected) => {
    expect(nextAttemptAt(attempts, when("10:00"), retryAfterMs)).toBe(expected);
  });
});
