import type { State } from "../../../lib/rotation/phases";
import { isStalled, timeInPhaseMs } from "../../../lib/rotation/stall";
import { anAccount } from "../../builders/account";
import { aRecord, changed } from "../../builders/record";
import { adopting, aRotation, idle, thePrimary } from "../../builders/state";
import { at, hours, minutes, when } from "../../builders/time";

const publishedAtTen = aRecord({ state: aRotation().published(), phaseClock: { since: at("10:00") } });

describe("timeInPhaseMs", () => {
  it.each([
    ["counts from the start of the phase", {}, 30],
    ["excludes earlier pauses", { pausedMs: minutes(20) }, 10],
    ["excludes the present pause", { pausedSince: at("10:05") }, 5],
    ["excludes both together", { pausedMs: minutes(2), pausedSince: at("10:25") }, 23],
  ])("%s", (_what, phaseClock, inPhase) => {
    expect(timeInPhaseMs(changed(publishedAtTen, { phaseClock }), when("10:30"))).toBe(minutes(inPhase));
  });

  it.each([
    ["the clock was set back", publishedAtTen, "09:00"],
    ["the pause begins later than now", changed(publishedAtTen, { phaseClock: { pausedSince: at("11:00") } }), "10:00"],
    ["the pauses are longer than the phase", changed(publishedAtTen, { phaseClock: { pausedMs: hours(2) } }), "10:30"],
  ])("is never negative: %s", (_what, record, now) => {
    expect(timeInPhaseMs(record, when(now))).toBe(0);
  });
});

describe("isStalled", () => {
  const config = anAccount({
    stalledAfterMs: {
      adopting: hours(1),
      started: hours(2),
      regenerated: hours(3),
      published: hours(4),
      retired: hours(5),
      settling: hours(6),
    },
  });

  it.each<[State["phase"], State, string, string]>([
    ["adopting", adopting({ active: thePrimary() }), "10:59:59", "11:00"],
    ["started", aRotation().started(), "11:59:59", "12:00"],
    ["regenerated", aRotation().regenerated(), "12:59:59", "13:00"],
    ["published", aRotation().published(), "13:59:59", "14:00"],
    ["retired", aRotation().retired(), "14:59:59", "15:00"],
    ["settling", aRotation().settling(), "15:59:59", "16:00"],
  ])("a phase %s begun at 10:00 is not stalled a second before its limit, and is at the limit", (...row) => {
    const [, state, before, limit] = row;
    const record = aRecord({ state, phaseClock: { since: at("10:00") } });
    expect(isStalled(record, config, when(before))).toBe(false);
    expect(isStalled(record, config, when(limit))).toBe(true);
  });

  it("an idle account is never stalled", () => {
    expect(
      isStalled(aRecord({ state: idle(), phaseClock: { since: at("10:00", 1) } }), config, when("10:00", 30)),
    ).toBe(false);
  });

  it("a paused account is not stalled, however long the pause", () => {
    const paused = changed(publishedAtTen, { phaseClock: { pausedSince: at("10:01") } });
    expect(isStalled(paused, config, when("10:00", 30))).toBe(false);
  });

  it("the time spent paused extends the limit", () => {
    const resumed = changed(publishedAtTen, { phaseClock: { pausedMs: hours(1) } });
    expect(isStalled(resumed, config, when("14:59:59"))).toBe(false);
    expect(isStalled(resumed, config, when("15:00"))).toBe(true);
  });
});
