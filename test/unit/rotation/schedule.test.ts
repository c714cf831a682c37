import type { WindowConfig } from "../../../lib/rotation/account-config";
import type { Blackout } from "../../../lib/rotation/fleet/fleet-config";
import { fullReconcileDue, nextDueAt, scheduledDue } from "../../../lib/rotation/schedule";
import { anAccount } from "../../builders/account";
import { aFleet } from "../../builders/fleet";
import { aRecord } from "../../builders/record";
import { adopting, aRotation, idle, thePrimary } from "../../builders/state";
import { at, days, hours, when } from "../../builders/time";

const everyFourDays = anAccount({ rotateEveryMs: days(4) });
const idleSince20th = aRecord({ state: idle({ publishedAt: at("12:00", 20), keyMadeAt: at("10:00", 20) }) });

describe("nextDueAt", () => {
  it("counts rotateEvery from the creation of the active key, not from its publication", () => {
    expect(nextDueAt(idleSince20th, everyFourDays)).toBe(at("10:00"));
  });

  it.each([
    ["is immediate after a roll-back, whatever the age of the key", at("08:00", 21), at("08:00", 21)],
    ["is not postponed by a roll-back", at("08:00", 29), at("10:00")],
  ])("%s", (_what, dueAgainAt, due) => {
    expect(nextDueAt({ ...idleSince20th, dueAgainAt }, everyFourDays)).toBe(due);
  });

  it.each([
    ["adopting", adopting({ active: thePrimary() })],
    ["started", aRotation().started()],
    ["regenerated", aRotation().regenerated()],
    ["published", aRotation().published()],
    ["retired", aRotation().retired()],
    ["settling", aRotation().settling()],
  ])("is null while %s", (_phase, state) => {
    expect(nextDueAt(aRecord({ state }), everyFourDays)).toBeNull();
  });
});

const startsNow = (instant: string) => ({ due: true, at: instant, startsNow: true });
const opensAt = (instant: string, blackout: Blackout | null = null) => ({
  due: true,
  at: at("10:00"),
  startsNow: false,
  opensAt: instant,
  blackout,
});

describe("scheduledDue", () => {
  it("is due exactly from the instant on", () => {
    expect(scheduledDue(idleSince20th, everyFourDays, when("09:59:59.999"))).toEqual({ due: false });
    expect(scheduledDue(idleSince20th, everyFourDays, when("10:00"))).toEqual(startsNow(at("10:00")));
  });

  it("is never due while a rotation is under way", () => {
    const rotating = aRecord({ state: aRotation().started() });
    expect(scheduledDue(rotating, everyFourDays, when("10:00", 30))).toEqual({ due: false });
  });

  describe("with a window on Wednesdays from 02:00 to 05:00", () => {
    const window: WindowConfig = { days: ["Wed"], from: "02:00", to: "05:00", timeZone: "UTC" };
    const windowed = anAccount({ rotateEveryMs: days(4), window });

    it.each([
      ["waits for the window to open and says when that is", "01:59:59.999", 25, opensAt(at("02:00", 25))],
      ["starts when it opens", "02:00", 25, startsNow(at("10:00"))],
      ["starts until just before it closes", "04:59:59.999", 25, startsNow(at("10:00"))],
      ["waits for the next window when it has closed", "05:00", 25, opensAt("2026-12-02T02:00:00.000Z")],
      ["does not start within it before it is due", "03:00", 18, { due: false }],
    ])("%s", (_what, time, day, expected) => {
      expect(scheduledDue(idleSince20th, windowed, when(time, day))).toEqual(expected);
    });

    it("does not delay a superseded rotation on demand that starts again", () => {
      const restart = {
        trigger: "demand",
        reason: "the key leaked",
        by: "demand",
        retireAfterMs: 900_000,
        idempotencyKey: null,
      } as const;
      const record = { ...idleSince20th, restart, dueAgainAt: at("08:00", 21) };
      expect(scheduledDue(record, windowed, when("08:01", 21))).toEqual(startsNow(at("08:00", 21)));
    });
  });
});

describe("a blackout", () => {
  const blackout: Blackout = { from: at("11:00"), to: at("10:00", 25), reason: "a release" };
  const held = anAccount({ rotateEveryMs: days(4), fleet: aFleet({ blackouts: [blackout] }) });

  it.each([
    ["starts before it begins", "10:59:59.999", 24, startsNow(at("10:00"))],
    ["waits for its end", "11:00", 24, opensAt(at("10:00", 25), blackout)],
    ["starts at its end", "10:00", 25, startsNow(at("10:00"))],
  ])("%s", (_what, time, day, expected) => {
    expect(scheduledDue(idleSince20th, held, when(time, day))).toEqual(expected);
  });

  it("is followed by the next window, where it ends outside one", () => {
    const window: WindowConfig = { days: ["Fri"], from: "02:00", to: "05:00", timeZone: "UTC" };
    expect(scheduledDue(idleSince20th, { ...held, window }, when("12:00"))).toEqual(opensAt(at("02:00", 27), blackout));
  });

  it("holds no request back that starts again", () => {
    const restart = {
      trigger: "demand",
      reason: "r",
      by: "demand",
      retireAfterMs: null,
      idempotencyKey: null,
    } as const;
    expect(scheduledDue({ ...idleSince20th, restart }, held, when("12:00"))).toEqual(startsNow(at("10:00")));
  });
});

describe("a spread", () => {
  it("moves the due date earlier, never later", () => {
    const canary = anAccount({ rotateEveryMs: days(4), fleet: aFleet({ spread: 0.25, canaries: ["render-weu"] }) });
    expect(nextDueAt(idleSince20th, canary)).toBe(at("10:00", 23));
  });
});

describe("fullReconcileDue", () => {
  const everySixHours = anAccount({ reconcileEveryMs: hours(6) });

  it.each([
    ["never compared", null, true],
    ["compared one millisecond less than reconcileEvery ago", at("04:00:00.001"), false],
    ["compared reconcileEvery ago", at("04:00"), true],
  ])("where vault and keys were %s: %s is %s", (_what, reconciledAt, due) => {
    expect(fullReconcileDue(aRecord({ reconciledAt }), everySixHours, when("10:00"))).toBe(due);
  });
});
