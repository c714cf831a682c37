import { fleetCondition } from "../../../../lib/rotation/fleet/alarm";
import { emptyFleet, unreadableFleet } from "../../../../lib/rotation/fleet/fleet-state";
import { resumed, resumptionAnnounced } from "../../../../lib/rotation/fleet/resume";
import { aFleetFailure, aFleet, aFleetState, anAdmission } from "../../../builders/fleet";
import { at, when } from "../../../builders/time";

const now = when("10:00");
const fleet = aFleet();
const failures = [aFleetFailure("a"), aFleetFailure("b"), aFleetFailure("c", "09:20")];
const request = { id: "event", by: "operator:ada", reason: "the key is accepted now" };
const resumption = { ...request, at: at("10:00"), announced: false };

describe("an operator who resumes the fleet", () => {
  it("ends the stop: earlier failures count no more, and what is under way still does", () => {
    const state = aFleetState({ failures, rotating: [anAdmission("a")] });
    expect(resumed(state, request, fleet, now)).toEqual({
      ...emptyFleet,
      rotating: [anAdmission("a")],
      heldUntil: at("10:00"),
      resumed: resumption,
    });
  });

  it("begins a new row where the stored one cannot be read", () => {
    expect(resumed(unreadableFleet, request, fleet, now)).toEqual({
      ...emptyFleet,
      heldUntil: at("10:00"),
      resumed: resumption,
    });
  });

  it("changes nothing where the fleet is not stopped", () => {
    expect(resumed(emptyFleet, request, fleet, now)).toBe(emptyFleet);
  });

  it("changes nothing where another rotation has failed since the operator looked", () => {
    const three = [aFleetFailure("a"), aFleetFailure("b", "09:10"), aFleetFailure("c", "09:20")];
    const state = aFleetState({ failures: three });
    expect(resumed(state, { ...request, expected: at("09:00", 25) }, fleet, now).resumed).toEqual(resumption);
    const later = aFleetState({ failures: [...three, aFleetFailure("d", "09:40")] });
    expect(resumed(later, { ...request, expected: at("09:00", 25) }, fleet, now)).toBe(later);
    expect(resumed(later, { ...request, expected: null }, fleet, now)).toBe(later);
    expect(resumed(unreadableFleet, { ...request, expected: null }, fleet, now).resumed).toEqual(resumption);
  });

  it("is announced once", () => {
    const state = aFleetState({ resumed: resumption });
    const after = resumptionAnnounced(state, "event");
    expect(after.resumed).toEqual({ ...resumption, announced: true });
    expect(resumptionAnnounced(after, "event")).toBe(after);
    expect(resumptionAnnounced(state, "another")).toBe(state);
    expect(resumptionAnnounced(emptyFleet, "event")).toBe(emptyFleet);
  });
});

const conditionOf = (state = emptyFleet, config = fleet) =>
  fleetCondition(state, config, (name) => name !== "typo", now);

describe("the alarm of the fleet", () => {
  it("is silent while nothing is stopped", () => {
    expect(conditionOf(emptyFleet, aFleet({ canaries: ["render-weu"] }))).toBeNull();
  });

  it("says that the breaker has stopped it, since when, and what ends that", () => {
    expect(conditionOf(aFleetState({ failures }))).toEqual({
      kind: "FleetStopped",
      since: at("09:20"),
      reason: "FleetStopped",
      detail: expect.stringMatching(/^3 scheduled rotations failed within P1D .* or before POST \/api\/fleet\/resume$/),
    });
  });

  it("says that the row cannot be read", () => {
    expect(conditionOf(unreadableFleet)).toMatchObject({
      kind: "FleetStopped",
      since: at("10:00"),
      reason: "RecordCorrupt",
    });
  });

  it("says that a canary is no account", () => {
    expect(conditionOf(emptyFleet, aFleet({ canaries: ["render-weu", "typo"] }))).toEqual({
      kind: "FleetStopped",
      since: at("10:00"),
      reason: "CanaryPending",
      detail:
        "canary typo is no account of the configuration, so no other account starts: correct fleet.canaries in " +
        "ROTATION_ACCOUNTS, or add the account",
    });
  });
});
