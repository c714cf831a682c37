import { earliest, isToCome, latest, msBetween, plusMs, toInstant, toMs } from "../../../../lib/rotation/time/time";
import { at, minutes, when } from "../../../builders/time";

describe("instants", () => {
  it("are written in UTC with milliseconds, so that their text sorts by time", () => {
    expect(toInstant(new Date("2026-11-24T11:00:00+01:00"))).toBe("2026-11-24T10:00:00.000Z");
  });

  it("convert to milliseconds since the epoch", () => {
    expect(toMs("1970-01-02T00:00:00.001Z")).toBe(86_400_001);
  });

  it.each([
    [1, "2026-12-01T00:00:00.000Z"],
    [0, "2026-11-30T23:59:59.999Z"],
    [-86_400_000, "2026-11-29T23:59:59.999Z"],
  ])("move by %i ms across days and months", (ms, expected) => {
    expect(plusMs("2026-11-30T23:59:59.999Z", ms)).toBe(expected);
  });

  it("have a signed difference", () => {
    expect(msBetween(at("10:00"), at("10:01"))).toBe(60_000);
    expect(msBetween(at("10:01"), at("10:00"))).toBe(-60_000);
  });

  it("have a latest and an earliest", () => {
    expect(latest(at("10:01"), at("10:00"), at("10:02"))).toBe("2026-11-24T10:02:00.000Z");
    expect(earliest(at("10:01"), at("10:00"), at("10:02"))).toBe("2026-11-24T10:00:00.000Z");
    expect([latest(at("10:01")), earliest(at("10:01"))]).toEqual([
      "2026-11-24T10:01:00.000Z",
      "2026-11-24T10:01:00.000Z",
    ]);
  });

  it.each([
    [at("10:00"), false],
    [at("10:01"), true],
    [at("10:05"), true],
    [at("10:06"), false],
    [null, false],
  ])("are to come where they lie ahead by 5 minutes at most: %s", (end, expected) => {
    expect(isToCome(end, minutes(5), when("10:00"))).toBe(expected);
  });
});
