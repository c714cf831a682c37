import { lastStopEnd, recentFailures, stoppedNow } from "../../../../lib/rotation/fleet/breaker";
import { noFleetLimits } from "../../../../lib/rotation/fleet/fleet-config";
import { unreadableFleet } from "../../../../lib/rotation/fleet/fleet-state";
import { aFleetFailure, aFleet, aFleetState } from "../../../builders/fleet";
import { at, when } from "../../../builders/time";

const three = [aFleetFailure("a", "09:00"), aFleetFailure("c", "09:20"), aFleetFailure("b", "09:10")];

describe("the breaker", () => {
  it.each([
    ["is shut after two failures", three.slice(0, 2), when("10:00"), null],
    ["stops the fleet at the third, until the first has left the time", three, when("10:00"), at("09:00", 25)],
    ["stops it until just before then", three, when("08:59:59.999", 25), at("09:00", 25)],
    ["ends with the time", three, when("09:00", 25), null],
    ["lasts longer with a fourth failure", [...three, aFleetFailure("d", "09:30")], when("10:00"), at("09:10", 25)],
  ])("%s", (_what, failures, now, until) => {
    const stopped = stoppedNow(aFleetState({ failures }), aFleet(), now);
    expect(stopped?.until ?? null).toBe(until);
  });

  it("has stopped the fleet since the last failure that it took, and names all that count", () => {
    expect(stoppedNow(aFleetState({ failures: three }), aFleet(), when("10:00"))).toEqual({
      since: at("09:20"),
      until: at("09:00", 25),
      failures: [three[0], three[2], three[1]],
    });
  });

  it("stops nothing where none is configured", () => {
    expect(stoppedNow(aFleetState({ failures: three }), noFleetLimits, when("10:00"))).toBeNull();
    expect(recentFailures({ failures: three }, noFleetLimits, when("10:00"))).toEqual([]);
    expect(lastStopEnd({ failures: three }, noFleetLimits)).toBeNull();
  });

  it("stops the fleet while its row cannot be read, with no end of its own", () => {
    expect(stoppedNow(unreadableFleet, noFleetLimits, when("10:00"))).toEqual({
      since: null,
      until: null,
      failures: [],
    });
  });

  it("stops a fleet that allows more failures than are kept at the number that is kept", () => {
    const failures = Array.from({ length: 250 }, (_, n) => aFleetFailure(`account-${n}`, "09:00"));
    const fleet = aFleet({ breaker: { failures: 100_000, withinMs: 86_400_000 } });
    expect(recentFailures({ failures }, fleet, when("10:00"))).toHaveLength(200);
    expect(stoppedNow(aFleetState({ failures }), fleet, when("10:00"))).not.toBeNull();
    expect(stoppedNow(aFleetState({ failures: failures.slice(0, 199) }), fleet, when("10:00"))).toBeNull();
  });
});

describe("the end of the last stop", () => {
  it.each([
    ["is when the first of three has left the time", three, at("09:00", 25)],
    ["is that of the newest three", [...three, aFleetFailure("d", "09:30")], at("09:10", 25)],
    ["is unknown after two failures", three.slice(0, 2), null],
    [
      "is unknown where three lie further apart than the time",
      [aFleetFailure("a", "09:00"), aFleetFailure("b", "09:10"), aFleetFailure("c", "09:00", { at: at("09:00", 25) })],
      null,
    ],
  ])("%s", (_what, failures, end) => {
    expect(lastStopEnd({ failures }, aFleet())).toBe(end);
  });
});
