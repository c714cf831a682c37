import * as fc from "fast-check";
import type { Weekday, WindowConfig } from "../../../../lib/rotation/account-config";
import { nextOpening, windowIsOpen } from "../../../../lib/rotation/time/window";

const amsterdam = "Europe/Amsterdam";
const lordHowe = "Australia/Lord_Howe";
const everyDay: readonly Weekday[] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const aWindow = (timeZone: string, from: string, to: string, days: readonly Weekday[] = everyDay): WindowConfig => ({
  days,
  from,
  to,
  timeZone,
});

const isOpen = (window: WindowConfig, at: string): boolean => windowIsOpen(window, new Date(at));
const opening = (window: WindowConfig, at: string): string => nextOpening(window, new Date(at));

/** Whether it is open a millisecond before and at each of these instants. */
const around = (window: WindowConfig, ...instants: readonly string[]): readonly boolean[] =>
  instants.flatMap((at) => [new Date(Date.parse(at) - 1), new Date(at)]).map((at) => windowIsOpen(window, at));

const openInBetween = [false, true, true, false];

describe("windowIsOpen", () => {
  // 2026-11-24 is a Tuesday, 2026-11-25 a Wednesday.
  it.each([
    ["UTC", "2026-11-24T02:00Z", "2026-11-24T05:00Z"],
    [amsterdam, "2026-11-24T01:00Z", "2026-11-24T04:00Z"],
    ["America/New_York", "2026-11-24T07:00Z", "2026-11-24T10:00Z"],
    [lordHowe, "2026-11-23T15:00Z", "2026-11-23T18:00Z"],
  ])("from 02:00 to 05:00 on Tuesday in %s is open from the first instant to the last", (timeZone, opens, shuts) => {
    expect(around(aWindow(timeZone, "02:00", "05:00", ["Tue"]), opens, shuts)).toEqual(openInBetween);
  });

  it("stays shut on days that are not listed", () => {
    const window = aWindow("UTC", "02:00", "05:00", ["Tue", "Wed"]);
    const threeInTheMorning = [23, 24, 25, 26, 27, 28, 29].map((day) => `2026-11-${day}T03:00:00.000Z`);
    expect(threeInTheMorning.map((at) => isOpen(window, at))).toEqual([false, true, true, false, false, false, false]);
  });

  describe("across midnight", () => {
    const window = aWindow(amsterdam, "22:00", "02:00", ["Tue"]);

    it.each([
      ["2026-11-24T20:59:59.999Z", false],
      ["2026-11-24T21:00:00.000Z", true],
      ["2026-11-24T23:00:00.000Z", true],
      ["2026-11-25T00:59:59.999Z", true],
      ["2026-11-25T01:00:00.000Z", false],
    ])("belongs to the day on which it begins: at %s open is %s", (at, open) => {
      expect(isOpen(window, at)).toBe(open);
    });

    it("is shut in the early morning of its day when the day before is not listed", () => {
      expect(isOpen(window, "2026-11-24T00:00:00.000Z")).toBe(false);
    });

    it("ends at midnight when to is 00:00", () => {
      const untilMidnight = aWindow("UTC", "22:00", "00:00", ["Tue"]);
      expect(isOpen(untilMidnight, "2026-11-24T23:59:59.999Z")).toBe(true);
      expect(isOpen(untilMidnight, "2026-11-25T00:00:00.000Z")).toBe(false);
    });

    it("lasts a whole day when from and to are the same", () => {
      expect(around(aWindow("UTC", "06:00", "06:00", ["Tue"]), "2026-11-24T06:00Z", "2026-11-25T06:00Z")).toEqual(
        openInBetween,
      );
    });
  });

  describe("when clocks go forward", () => {
    it.each([
      // Amsterdam, 2026-03-29: 02:00 becomes 03:00 at 01:00Z.
      ["opens after the gap when from lies in it", amsterdam, "02:30", "05:00", "2026-03-29", "01:00", "03:00"],
      ["opens after the gap when from is its start", amsterdam, "02:00", "05:00", "2026-03-29", "01:00", "03:00"],
      ["opens at from when from is the end of the gap", amsterdam, "03:00", "05:00", "2026-03-29", "01:00", "03:00"],
      ["closes at the gap when to lies in it", amsterdam, "01:00", "02:30", "2026-03-29", "00:00", "01:00"],
      ["is an hour shorter when the gap lies within", amsterdam, "01:00", "05:00", "2026-03-29", "00:00", "03:00"],
      // New York, 2026-03-08: 02:00 becomes 03:00 at 07:00Z.
      [
        "opens after the gap when from lies in it",
        "America/New_York",
        "02:30",
        "05:00",
        "2026-03-08",
        "07:00",
        "09:00",
      ],
      // Lord Howe, 2026-10-04: 02:00 becomes 02:30 at 2026-10-03T15:30Z.
      ["opens after the gap when from lies in it", lordHowe, "02:15", "05:00", "2026-10-03", "15:30", "18:00"],
    ])("%s (%s, %s to %s)", (_what, timeZone, from, to, day, opens, shuts) => {
      const instants = [opens, shuts].map((time) => `${day}T${time}Z`);
      expect(around(aWindow(timeZone, from, to), ...instants)).toEqual(openInBetween);
    });

    it("does not open on that day when it lies wholly in the gap", () => {
      const window = aWindow(amsterdam, "02:10", "02:50");
      expect(isOpen(window, "2026-03-29T00:59:59.999Z")).toBe(false);
      expect(isOpen(window, "2026-03-29T01:00:00.000Z")).toBe(false);
      expect(isOpen(window, "2026-03-29T01:30:00.000Z")).toBe(false);
    });
  });

  it.each([
    // Amsterdam, 2026-10-25: 03:00 becomes 02:00 at 01:00Z, so 02:30 is 00:30Z and again 01:30Z.
    ["is open through both passes", amsterdam, "02:00", "03:00", "2026-10-25T00:00Z", "2026-10-25T02:00Z"],
    ["opens at the first from", amsterdam, "02:30", "05:00", "2026-10-25T00:30Z", "2026-10-25T04:00Z"],
    ["closes at the last to", amsterdam, "01:00", "02:30", "2026-10-24T23:00Z", "2026-10-25T01:30Z"],
    // New York, 2026-11-01: 02:00 becomes 01:00 at 06:00Z.
    ["is open through both passes", "America/New_York", "01:00", "02:00", "2026-11-01T05:00Z", "2026-11-01T07:00Z"],
    // Lord Howe, 2026-04-05: 02:00 becomes 01:30 at 2026-04-04T15:00Z.
    ["opens at the first, closes at the last", lordHowe, "01:40", "01:50", "2026-04-04T14:40Z", "2026-04-04T15:20Z"],
  ])("when clocks go back %s (%s, %s to %s)", (_what, timeZone, from, to, opens, shuts) => {
    expect(around(aWindow(timeZone, from, to), opens, shuts)).toEqual(openInBetween);
  });
});

describe("nextOpening", () => {
  const window = aWindow(amsterdam, "02:00", "05:00", ["Tue", "Wed"]);

  it.each([
    ["the opening of the same day", "2026-11-24T00:59:59.999Z", "2026-11-24T01:00:00.000Z"],
    ["now when it opens now", "2026-11-24T01:00:00.000Z", "2026-11-24T01:00:00.000Z"],
    ["now while it is open", "2026-11-24T03:59:59.999Z", "2026-11-24T03:59:59.999Z"],
    ["the next day's when it has just shut", "2026-11-24T04:00:00.000Z", "2026-11-25T01:00:00.000Z"],
    ["next week's when this week's have passed", "2026-11-25T04:00:00.000Z", "2026-12-01T01:00:00.000Z"],
    ["the one after the clocks change, by the new clock", "2026-03-25T05:00:00.000Z", "2026-03-31T00:00:00.000Z"],
  ])("is %s", (_what, now, expected) => {
    expect(opening(window, now)).toBe(expected);
  });

  it("is now in the part after midnight of a window across midnight", () => {
    const overnight = aWindow("UTC", "22:00", "02:00", ["Tue"]);
    expect(opening(overnight, "2026-11-25T01:59:59.999Z")).toBe("2026-11-25T01:59:59.999Z");
    expect(opening(overnight, "2026-11-25T02:00:00.000Z")).toBe("2026-12-01T22:00:00.000Z");
  });

  it("is the first instant after the gap that swallows from", () => {
    expect(opening(aWindow(amsterdam, "02:30", "05:00"), "2026-03-29T00:10:00.000Z")).toBe("2026-03-29T01:00:00.000Z");
    expect(opening(aWindow(lordHowe, "02:15", "05:00"), "2026-10-03T15:00:00.000Z")).toBe("2026-10-03T15:30:00.000Z");
  });

  it("is a week later when the gap swallows the whole window of its only day", () => {
    const sundays = aWindow(amsterdam, "02:10", "02:50", ["Sun"]);
    expect(opening(sundays, "2026-03-22T12:00:00.000Z")).toBe("2026-04-05T00:10:00.000Z");
  });

  it("is an instant at which the window is open, with none before it", () => {
    const clock = fc
      .tuple(fc.nat({ max: 23 }), fc.nat({ max: 59 }))
      .map(([h, m]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);
    const windows = fc.record({
      days: fc.uniqueArray(fc.constantFrom(...everyDay), { minLength: 1 }),
      from: clock,
      to: clock,
      timeZone: fc.constantFrom("UTC", amsterdam, "America/New_York", lordHowe, "Asia/Kathmandu"),
    });
    const now = fc.date({ min: new Date("2026-01-01"), max: new Date("2027-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(windows, now, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (drawn, at, part) => {
        const next = new Date(nextOpening(drawn, at));
        expect(windowIsOpen(drawn, next)).toBe(true);
        const between = new Date(at.getTime() + Math.floor((next.getTime() - at.getTime()) * part));
        expect(windowIsOpen(drawn, between)).toBe(next.getTime() === at.getTime());
      }),
    );
  });
});
