import { blackoutAt, lastBlackoutEnd } from "../../../../lib/rotation/fleet/blackouts";
import { dueEarlierMs } from "../../../../lib/rotation/fleet/spread";
import { anAccount } from "../../../builders/account";
import { aFleet } from "../../../builders/fleet";
import { at, days, when } from "../../../builders/time";

const ofBatch = (name: string, changes: Parameters<typeof aFleet>[0]) => {
  const { batch } = anAccount();
  const resourceId = batch.resourceId.replace("renderweu", name);
  return anAccount({ name, batch: { ...batch, resourceId }, rotateEveryMs: days(60), fleet: aFleet(changes) });
};

describe("the spread", () => {
  it("moves nothing where it is 0", () => {
    expect(dueEarlierMs(ofBatch("renderweu", { spread: 0 }))).toBe(0);
  });

  it("spreads 400 accounts evenly over the earlier part of their time", () => {
    const moved = Array.from({ length: 400 }, (_, n) => dueEarlierMs(ofBatch(`batch${n}`, { spread: 0.5 })));
    expect(Math.min(...moved)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...moved)).toBeLessThan(days(30));
    const tenths = Array.from({ length: 10 }, (_, n) => moved.filter((ms) => Math.floor(ms / days(3)) === n).length);
    expect(Math.min(...tenths)).toBeGreaterThan(20);
    expect(Math.max(...tenths)).toBeLessThan(65);
  });

  it("is the same for one account each time, however its resource id is written", () => {
    const one = ofBatch("renderweu", { spread: 0.5 });
    const upper = { ...one, batch: { ...one.batch, resourceId: one.batch.resourceId.toUpperCase() } };
    expect(dueEarlierMs(upper)).toBe(dueEarlierMs(one));
    expect(dueEarlierMs(one)).toBeGreaterThan(0);
  });

  it("moves canaries by the whole of it, before all others", () => {
    expect(dueEarlierMs(ofBatch("renderweu", { spread: 0.25, canaries: ["renderweu"] }))).toBe(days(15));
  });
});

describe("a blackout", () => {
  const one = { from: at("10:00"), to: at("12:00"), reason: "a release" };
  const overlapping = { from: at("11:00"), to: at("13:00"), reason: "another" };
  const touching = { from: at("13:00"), to: at("14:00"), reason: "a third" };
  const fleet = aFleet({ blackouts: [touching, one, overlapping] });

  it.each([
    ["begins with its from", "10:00", { ...one, to: at("14:00") }],
    ["has not begun just before", "09:59:59.999", null],
    ["lasts until the last of those that overlap or touch has ended", "13:30", touching],
    [
      "counts from the first of those that are active",
      "11:30",
      { from: at("10:00"), to: at("14:00"), reason: "a release" },
    ],
    ["is over at the end", "14:00", null],
  ])("%s", (_what, time, expected) => {
    expect(blackoutAt(fleet, when(time))).toEqual(expected);
  });

  it.each([
    ["11:59:59.999", null],
    ["12:00", at("12:00")],
    ["14:00", at("14:00")],
  ])("at %s, the last to have ended is that of %p", (time, end) => {
    expect(lastBlackoutEnd(fleet, when(time))).toBe(end);
  });
});
