import * as fc from "fast-check";
import { formatDuration, parseDuration } from "../../../../lib/rotation/time/duration";

describe("parseDuration", () => {
  it.each([
    ["PT0S", 0],
    ["PT1S", 1_000],
    ["PT1M", 60_000],
    ["PT10M", 600_000],
    ["PT1H", 3_600_000],
    ["P1D", 86_400_000],
    ["P60D", 5_184_000_000],
    ["P1W", 604_800_000],
    ["P2W3D", 1_468_800_000],
    ["P1DT12H", 129_600_000],
    ["P1W1DT1H1M1S", 694_861_000],
    ["PT90M", 5_400_000],
    ["P060D", 5_184_000_000],
  ])("reads %s as %i ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    ["nothing", ""],
    ["no part", "P"],
    ["no time part", "PT"],
    ["a T without time", "P1DT"],
    ["a number without unit", "P5"],
    ["years", "P1Y"],
    ["months", "P1M"],
    ["the wrong order", "PT1S1M"],
    ["hours before the T", "P1H"],
    ["weeks after the T", "PT1W"],
    ["fractions", "PT1.5H"],
    ["a sign", "-P1D"],
    ["a sign within", "P-1D"],
    ["lower case", "p1d"],
    ["space around it", " P1D "],
    ["a line break after it", "P1D\n"],
    ["a number of too many digits", "P1234567890D"],
    ["a TimeSpan", "00:05:00"],
    ["a plain number", "300"],
  ])("refuses %s", (_what, text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "PT0S"],
    [499, "PT0S"],
    [500, "PT1S"],
    [59_000, "PT59S"],
    [60_000, "PT1M"],
    [61_000, "PT1M1S"],
    [3_600_000, "PT1H"],
    [86_399_000, "PT23H59M59S"],
    [86_400_000, "P1D"],
    [129_600_000, "P1DT12H"],
    [5_184_000_000, "P60D"],
  ])("writes %i ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("writes whole seconds such that parseDuration reads the same value", () => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000_000 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds * 1_000))).toBe(seconds * 1_000);
      }),
    );
  });
});
