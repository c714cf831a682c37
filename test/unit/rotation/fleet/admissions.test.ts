import { admitted, isOver, released } from "../../../../lib/rotation/fleet/admissions";
import { emptyFleet } from "../../../../lib/rotation/fleet/fleet-state";
import { anAccount } from "../../../builders/account";
import { aFleet, aFleetState, anAdmission } from "../../../builders/fleet";
import { aClaim, aLastRotation, aRecord } from "../../../builders/record";
import { aRotation } from "../../../builders/state";
import { at, when } from "../../../builders/time";

const now = when("10:00");
const fleet = aFleet();
const config = anAccount({ fleet });
const own = { rotationId: "new", claimId: "claim", dueAt: at("08:00") };

describe("an admission", () => {
  it("counts the rotation before it starts", () => {
    expect(admitted(emptyFleet, config, own, now).rotating).toEqual([
      { account: "render-weu", rotationId: "new", claimId: "claim", at: at("10:00") },
    ]);
  });

  it("replaces an entry of the account that never started", () => {
    const before = aFleetState({ rotating: [anAdmission("render-weu"), anAdmission("a")] });
    expect(admitted(before, config, own, now).rotating).toEqual([
      anAdmission("a"),
      { account: "render-weu", rotationId: "new", claimId: "claim", at: at("10:00") },
    ]);
  });

  it("changes nothing where the fleet holds the account back", () => {
    const before = aFleetState({ rotating: [anAdmission("a"), anAdmission("b")] });
    expect(admitted(before, config, own, now)).toBe(before);
  });

  it("remembers that the fleet held something back until now", () => {
    const full = aFleetState({ rotating: [anAdmission("render-weu"), anAdmission("a")] });
    expect(admitted(full, config, own, now).heldUntil).toBe(at("10:00"));
    expect(admitted(emptyFleet, config, own, now).heldUntil).toBeNull();
  });

  it("drops canaries that are none any more, and entries where nothing is limited", () => {
    const gone = { account: "gone", completedAt: at("08:00"), until: at("08:00", 26) };
    const stays = { ...gone, account: "stays" };
    const before = aFleetState({ canaries: [gone, stays] });
    const canary = anAccount({ fleet: aFleet({ canaries: ["stays"], maxRotating: null }) });
    expect(admitted(before, canary, own, now)).toMatchObject({ canaries: [stays], rotating: [] });
  });

  it("remembers when a stop of the breaker ended whose failures it drops", () => {
    const breaker = { failures: 1, withinMs: 60_000 };
    const failure = { account: "a", rotationId: "r", cause: "blocked", at: at("09:00") } as const;
    const after = admitted(aFleetState({ failures: [failure] }), anAccount({ fleet: aFleet({ breaker }) }), own, now);
    expect(after).toMatchObject({ failures: [], heldUntil: at("09:01") });
  });
});

const ofId = (id: string) => aRotation({ id }).started();

const ended = (outcome: "completed" | "rolledBack") =>
  aRecord({ lastRotation: aLastRotation({ id: "entered", outcome, endedAt: at("09:30") }) });

describe("an entry", () => {
  const entry = anAdmission("render-weu", { rotationId: "entered", claimId: "claim" });

  it.each([
    ["its rotation is under way", aRecord({ state: ofId("entered") }), false],
    ["its driver may still start it", aRecord({ claim: aClaim({ id: "claim" }) }), false],
    ["another driver has taken the claim since", aRecord({ claim: aClaim({ id: "another" }) }), true],
    ["no driver holds a claim", aRecord(), true],
    ["another rotation is under way", aRecord({ state: ofId("another") }), true],
    ["its rotation has ended", aRecord({ lastRotation: aLastRotation({ id: "entered" }) }), true],
    [
      "its rotation has ended and its driver still works",
      aRecord({ lastRotation: aLastRotation({ id: "entered" }), claim: aClaim({ id: "claim" }) }),
      true,
    ],
    ["there is no record any more", null, true],
  ])("where %s: over is %#", (_what, record, over) => {
    expect(isOver(entry, record)).toBe(over);
  });

  it("is removed once it is over, and no later one of the same account", () => {
    const state = aFleetState({ rotating: [entry, anAdmission("a")] });
    expect(released(state, entry, null, fleet, now).rotating).toEqual([anAdmission("a")]);
    const later = aFleetState({ rotating: [{ ...entry, rotationId: "later" }] });
    expect(released(later, entry, null, fleet, now)).toBe(later);
  });

  it("counts as a failure where its rotation was rolled back", () => {
    const state = aFleetState({ rotating: [entry] });
    expect(released(state, entry, ended("completed"), fleet, now).failures).toEqual([]);
    expect(released(state, entry, ended("rolledBack"), fleet, now).failures).toEqual([
      { account: "render-weu", rotationId: "entered", cause: "rolledBack", at: at("09:30") },
    ]);
  });
});
