import { noFleetLimits } from "../../../../lib/rotation/fleet/fleet-config";
import { unreadableFleet } from "../../../../lib/rotation/fleet/fleet-state";
import { fleetHold, heldUntil, usesRow } from "../../../../lib/rotation/fleet/hold";
import { anAccount } from "../../../builders/account";
import { aFleetFailure, aFleet, aFleetState, anAdmission } from "../../../builders/fleet";
import { at, when } from "../../../builders/time";

const dueAt = at("08:00");
const now = when("10:00");
const holdOf = (fleet = aFleet(), state = aFleetState(), name = "render-weu") =>
  fleetHold(anAccount({ name, fleet }), state, dueAt, now);

describe("the row of the fleet", () => {
  it.each([
    ["not needed without limits", noFleetLimits, false],
    ["not needed for a spread and blackouts", { ...noFleetLimits, spread: 0.5 }, false],
    ["needed for a limit", { ...noFleetLimits, maxRotating: 1 }, true],
    ["needed for canaries", { ...noFleetLimits, canaries: ["a"] }, true],
    ["needed for a breaker", { ...noFleetLimits, breaker: { failures: 1, withinMs: 1 } }, true],
  ])("is %s", (_what, fleet, needed) => {
    expect(usesRow(fleet)).toBe(needed);
  });
});

describe("a due account", () => {
  it("starts where fewer rotations are under way than may be", () => {
    expect(holdOf(aFleet(), aFleetState({ rotating: [anAdmission("a")] }))).toBeNull();
  });

  it("waits where as many are under way, and says which", () => {
    expect(holdOf(aFleet(), aFleetState({ rotating: [anAdmission("a"), anAdmission("b")] }))).toEqual({
      reason: "FleetLimit",
      detail: "2 scheduled rotations are under way (a, b), as many as fleet.maxRotating",
      since: dueAt,
    });
  });

  it("names five of them at most", () => {
    const rotating = ["a", "b", "c", "d", "e", "f"].map((name) => anAdmission(name));
    const hold = holdOf(aFleet({ maxRotating: 6 }), aFleetState({ rotating }));
    expect(hold?.detail).toContain("(a, b, c, d, e and others)");
  });

  it("does not count an entry of its own", () => {
    expect(holdOf(aFleet(), aFleetState({ rotating: [anAdmission("a"), anAdmission("render-weu")] }))).toBeNull();
  });

  it("starts however many are under way where there is no limit", () => {
    const rotating = [anAdmission("a"), anAdmission("b"), anAdmission("c")];
    expect(holdOf(aFleet({ maxRotating: null }), aFleetState({ rotating }))).toBeNull();
  });

  it("waits while the breaker has stopped the fleet, and says for how long and what ends it", () => {
    const failures = [
      aFleetFailure("a", "08:50"),
      aFleetFailure("b", "09:00", { cause: "blocked" }),
      aFleetFailure("c", "09:10", { cause: "unhealthy" }),
    ];
    expect(holdOf(aFleet(), aFleetState({ failures }))).toEqual({
      reason: "FleetStopped",
      detail:
        "3 scheduled rotations failed within P1D (a was rolled back, b is blocked, c found a consumer unhealthy on " +
        "the new key): no further one starts before 2026-11-25T08:50:00.000Z, or before POST /api/fleet/resume",
      since: at("09:10"),
    });
  });

  it("waits since it is due where the fleet was stopped before", () => {
    const failures = [aFleetFailure("a", "07:00"), aFleetFailure("b", "07:00"), aFleetFailure("c", "07:00")];
    expect(holdOf(aFleet(), aFleetState({ failures }))?.since).toBe(dueAt);
  });

  it("waits while the row cannot be read, and learns the remedy", () => {
    expect(holdOf(aFleet(), unreadableFleet)).toEqual({
      reason: "FleetStopped",
      detail:
        "the row of the fleet in the Rotations table cannot be read, so no scheduled rotation starts: " +
        "POST /api/fleet/resume begins a new one",
      since: dueAt,
    });
  });
});

const pass = (account: string, until = at("10:00:00.001")) => ({ account, completedAt: at("07:00"), until });

describe("canaries", () => {
  const fleet = aFleet({ canaries: ["canary-a", "canary-b"] });

  it("wait for none themselves", () => {
    expect(holdOf(fleet, aFleetState(), "canary-b")).toBeNull();
  });

  it.each([
    ["before any has completed", [], "canary-a", dueAt],
    ["until each has", [pass("canary-a")], "canary-b", dueAt],
    ["again once one is due again", [pass("canary-a"), pass("canary-b", at("10:00"))], "canary-b", at("10:00")],
  ])("hold the others back %s", (_when, canaries, name, since) => {
    expect(holdOf(fleet, aFleetState({ canaries }))).toEqual({
      reason: "CanaryPending",
      detail: `canary ${name} has yet to complete a rotation of its own: the others start after it`,
      since,
    });
  });

  it("let the others start once all have completed", () => {
    expect(holdOf(fleet, aFleetState({ canaries: [pass("canary-a"), pass("canary-b")] }))).toBeNull();
  });
});

describe("the last time that the fleet held something back", () => {
  const over = { from: at("01:00"), to: at("02:00"), reason: "a release" };

  it.each([
    ["unknown where nothing is known", noFleetLimits, null, null],
    ["when a blackout ended", aFleet({ blackouts: [over] }), null, at("02:00")],
    ["not the end of a blackout that is not over", aFleet({ blackouts: [{ ...over, to: at("11:00") }] }), null, null],
    ["what the row remembers", aFleet({ blackouts: [over] }), aFleetState({ heldUntil: at("03:00") }), at("03:00")],
    [
      "when the breaker ends its stop",
      aFleet({ breaker: { failures: 1, withinMs: 3_600_000 } }),
      aFleetState({ heldUntil: at("03:00"), failures: [aFleetFailure("a", "04:00")] }),
      at("05:00"),
    ],
  ])("is %s", (_what, fleet, state, expected) => {
    expect(heldUntil(fleet, state, now)).toBe(expected);
  });
});
