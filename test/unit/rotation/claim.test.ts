import {
  activeQuarantine,
  claimed,
  claimIsAbsurd,
  claimIsLive,
  maxClockDifferenceMs,
  msToSend,
  quarantined,
} from "../../../lib/rotation/claim";
import { aClaim, aQuarantine, aRecord } from "../../builders/record";
import { at, minutes, when } from "../../builders/time";

describe("a claim", () => {
  it("is absurd if it lasts more than a day longer than the configured claim", () => {
    const record = aRecord({ claim: aClaim({ until: at("10:06", 25) }) });
    const sixMinutes = 360_000;
    expect(claimIsAbsurd(record, sixMinutes, when("10:00"))).toBe(false);
    expect(claimIsAbsurd(record, sixMinutes, when("09:59:59.999"))).toBe(true);
    expect(claimIsAbsurd(aRecord(), sixMinutes, when("10:00"))).toBe(false);
  });

  it.each([
    ["10:05:59.999", true],
    ["10:06", false],
  ])("until 10:06 is live at %s: %s", (now, live) => {
    expect(claimIsLive(aRecord({ claim: aClaim({ until: at("10:06") }) }), when(now))).toBe(live);
  });

  it.each([
    ["10:00", 270_000],
    ["10:04:29.999", 1],
    ["10:04:30", 0],
    ["10:05", -30_000],
  ])("until 10:06 lets its holder send until 10:04:30, however its successor's clock differs (%s)", (now, ms) => {
    expect(msToSend(aClaim({ until: at("10:06") }), minutes(6), when(now))).toBe(ms);
    expect(maxClockDifferenceMs(minutes(6))).toBe(90_000);
  });

  it("is not live if it is null", () => {
    expect(claimIsLive(aRecord({ claim: null }), when("10:00"))).toBe(false);
  });

  it("taken after a release adds no quarantine", () => {
    const record = claimed(aRecord({ claim: null }), aClaim(), minutes(5));
    expect(record).toMatchObject({ claim: aClaim(), quarantine: null });
  });

  it("taken after a release keeps a quarantine", () => {
    const record = claimed(aRecord({ claim: null, quarantine: aQuarantine() }), aClaim(), minutes(5));
    expect(record.quarantine).toEqual(aQuarantine());
  });

  it("taken after an expired claim with an intent treats the answer as lost at that claim's end", () => {
    const cutOff = aRecord({
      claim: aClaim({ id: "dead", until: at("10:06"), intent: { slot: "primary", at: at("10:01") } }),
    });
    expect(claimed(cutOff, aClaim({ id: "mine" }), minutes(5))).toMatchObject({
      claim: { id: "mine", intent: null },
      quarantine: { slot: "primary", since: at("10:06"), until: at("10:11") },
    });
  });

  it("taken after an expired claim without intent adds a quarantine of no slot, as a publish may be in flight", () => {
    const cutOff = aRecord({ claim: aClaim({ until: at("10:06") }) });
    expect(claimed(cutOff, aClaim(), minutes(5)).quarantine).toEqual({
      slot: null,
      since: at("10:06"),
      until: at("10:11"),
    });
  });
});

describe("a quarantine", () => {
  it.each([
    ["10:04:59.999", true],
    ["10:05", false],
  ])("until 10:05 is in force at %s: %s", (now, inForce) => {
    const record = aRecord({ quarantine: aQuarantine({ until: at("10:05") }) });
    expect(activeQuarantine(record, when(now))).toEqual(inForce ? aQuarantine() : null);
  });

  it("is not in force if it is null", () => {
    expect(activeQuarantine(aRecord(), when("10:00"))).toBeNull();
  });

  const added = aQuarantine({ slot: null, since: at("10:05"), until: at("10:10") });
  it.each([
    ["none", null, added],
    ["one that has ended", aQuarantine({ until: at("10:05") }), added],
    ["one in force, whose slot is kept", aQuarantine({ until: at("10:05:00.001") }), { ...added, slot: "secondary" }],
    ["one that ends later", aQuarantine({ until: at("10:30") }), { ...added, slot: "secondary", until: at("10:30") }],
  ])("added to %s", (_what, known, expected) => {
    expect(quarantined(known, added)).toEqual(expected);
  });

  it("of a slot replaces a quarantine of no slot", () => {
    const known = aQuarantine({ slot: null, until: at("10:07") });
    expect(quarantined(known, { ...added, slot: "primary" })).toEqual({ ...added, slot: "primary" });
  });
});
