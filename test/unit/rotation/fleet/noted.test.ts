import { emptyFleet, unreadableFleet } from "../../../../lib/rotation/fleet/fleet-state";
import { concernsFleet, type Driven, noted } from "../../../../lib/rotation/fleet/noted";
import { anAccount } from "../../../builders/account";
import { aFleetFailure, aFleet, aFleetState, anAdmission } from "../../../builders/fleet";
import { aClaim, aFailure, aLastRotation, aRecord } from "../../../builders/record";
import { aRotation, idle } from "../../../builders/state";
import { at, days, when } from "../../../builders/time";

const now = when("10:00");
const block = { reason: "Forbidden", remedy: "grant it" } as const;
const config = anAccount({ fleet: aFleet() });
const scheduled = aRotation({ id: "scheduled" }).started();
const onDemand = aRotation({ id: "demanded", trigger: "demand" }).started();
const entry = anAdmission("render-weu", { rotationId: "scheduled" });

const driven = (changes: Partial<Driven> = {}): Driven => ({
  config,
  record: aRecord({ state: scheduled }),
  before: scheduled.rotation,
  unhealthySince: null,
  ...changes,
});

describe("a drive concerns the fleet", () => {
  it.each([
    ["with a scheduled rotation under way", driven(), true],
    ["that started one", driven({ before: null }), true],
    ["that ended one", driven({ record: aRecord() }), true],
    ["of an idle account", driven({ record: aRecord(), before: null }), false],
    ["with a rotation on demand", driven({ record: aRecord({ state: onDemand }), before: onDemand.rotation }), false],
    [
      "of an idle canary",
      driven({ config: anAccount({ fleet: aFleet({ canaries: ["render-weu"] }) }), record: aRecord(), before: null }),
      true,
    ],
  ])("%s: %#", (_what, drive, concerns) => {
    expect(concernsFleet(drive)).toBe(concerns);
  });
});

describe("what a drive has found", () => {
  it("changes nothing where the row knows it", () => {
    const state = aFleetState({ rotating: [entry] });
    expect(noted(state, driven(), now)).toBe(state);
  });

  it("changes nothing in a row that cannot be read", () => {
    expect(noted(unreadableFleet, driven(), now)).toBe(unreadableFleet);
  });

  it("counts a rotation under way whose entry was lost", () => {
    const claimed = aRecord({ state: scheduled, claim: aClaim({ id: "mine" }) });
    expect(noted(emptyFleet, driven({ record: claimed }), now).rotating).toEqual([
      { account: "render-weu", rotationId: "scheduled", claimId: "mine", at: scheduled.rotation.startedAt },
    ]);
    expect(noted(emptyFleet, driven(), now).rotating).toMatchObject([{ claimId: "" }]);
  });

  it.each([
    ["on demand", driven({ record: aRecord({ state: onDemand }), before: onDemand.rotation })],
    ["where nothing is limited", driven({ config: anAccount({ fleet: aFleet({ maxRotating: null }) }) })],
  ])("counts none %s", (_what, drive) => {
    expect(noted(emptyFleet, drive, now)).toBe(emptyFleet);
  });

  it("removes the entry of a rotation that has ended", () => {
    const state = aFleetState({ rotating: [entry, anAdmission("a")] });
    const record = aRecord({ lastRotation: aLastRotation({ id: "scheduled" }) });
    expect(noted(state, driven({ record }), now).rotating).toEqual([anAdmission("a")]);
  });

  it("leaves an entry that another driver may have made since", () => {
    const state = aFleetState({ rotating: [{ ...entry, rotationId: "later" }] });
    expect(noted(state, driven({ record: aRecord() }), now)).toBe(state);
  });
});

describe("a failure", () => {
  const running = aFleetState({ rotating: [entry] });
  const failures = (drive: Driven, state = running) => noted(state, drive, now).failures;
  const rolledBack = aRecord({
    lastRotation: aLastRotation({ id: "scheduled", outcome: "rolledBack", endedAt: at("09:50") }),
  });
  const blocked = aRecord({ state: scheduled, failure: aFailure({ blocked: block, since: at("09:40") }) });

  it.each([
    ["a rotation that was rolled back", driven({ record: rolledBack }), "rolledBack", at("09:50")],
    ["one that is blocked", driven({ record: blocked }), "blocked", at("09:40")],
    ["a consumer that is unhealthy on the new key", driven({ unhealthySince: at("09:30") }), "unhealthy", at("09:30")],
  ] as const)("is %s", (_what, drive, cause, since) => {
    expect(failures(drive)).toEqual([{ account: "render-weu", rotationId: "scheduled", cause, at: since }]);
  });

  it("is a roll-back also where starts are not counted", () => {
    const free = anAccount({ fleet: aFleet({ maxRotating: null }) });
    expect(failures(driven({ config: free, record: rolledBack }), emptyFleet)).toMatchObject([{ cause: "rolledBack" }]);
  });

  it.each([
    ["a failed attempt that needs no operator", driven({ record: aRecord({ state: scheduled, failure: aFailure() }) })],
    ["a blocked rotation on demand", driven({ record: { ...blocked, state: onDemand }, before: onDemand.rotation })],
    ["a rotation on demand that was rolled back", driven({ record: rolledBack, before: onDemand.rotation })],
    [
      "a rotation that has completed",
      driven({ record: aRecord({ lastRotation: aLastRotation({ id: "scheduled" }) }) }),
    ],
    ["an earlier roll-back", driven({ record: rolledBack, before: { ...scheduled.rotation, id: "later" } })],
  ])("is not %s", (_what, drive) => {
    expect(failures(drive, emptyFleet)).toEqual([]);
  });

  it("is not counted where no breaker is configured", () => {
    const config2 = anAccount({ fleet: aFleet({ breaker: null }) });
    expect(failures(driven({ config: config2, record: blocked }))).toEqual([]);
  });

  it("is counted once for a rotation, whatever else befalls it", () => {
    const state = { ...running, failures: [aFleetFailure("render-weu", "09:00", { rotationId: "scheduled" })] };
    expect(noted(state, driven({ record: blocked, unhealthySince: at("09:30") }), now)).toBe(state);
  });

  it.each([
    ["before the breaker's time", at("10:00", 23), []],
    ["within it", at("10:00:00.001", 23), [at("10:00:00.001", 23)]],
  ])("that began %s", (_what, since, counted) => {
    expect(failures(driven({ unhealthySince: since })).map((failure) => failure.at)).toEqual(counted);
  });

  it.each([
    [at("09:30"), []],
    [at("09:30:00.001"), [at("09:30:00.001")]],
  ])("that began at %s, where an operator resumed the fleet at 09:30", (since, counted) => {
    const resumed = { id: "r", at: at("09:30"), by: "operator:ada", reason: "fixed", announced: true };
    expect(failures(driven({ unhealthySince: since }), { ...running, resumed }).map((failure) => failure.at)).toEqual(
      counted,
    );
  });
});

describe("a canary", () => {
  const canary = anAccount({ rotateEveryMs: days(60), fleet: aFleet({ canaries: ["render-weu"] }) });
  const completed = aLastRotation({ id: "scheduled", outcome: "completed", endedAt: at("09:50") });
  const made = idle({ keyMadeAt: at("09:00") });
  const pass = { account: "render-weu", completedAt: at("09:50"), until: "2027-01-23T09:00:00.000Z" };
  const canaries = (record: Driven["record"], state = emptyFleet) =>
    noted(state, driven({ config: canary, record, before: null }), now).canaries;

  it("that has completed counts until it is due again", () => {
    expect(canaries(aRecord({ state: made, lastRotation: completed }))).toEqual([pass]);
  });

  it.each([
    ["has never rotated", aRecord({ state: made })],
    [
      "is due again",
      aRecord({ state: idle({ keyMadeAt: at("10:00", 1) }), lastRotation: completed, dueAgainAt: at("09:00") }),
    ],
    ["is rotating", aRecord({ state: onDemand, lastRotation: completed })],
    ["was superseded", aRecord({ state: made, lastRotation: { ...completed, outcome: "superseded" } })],
    ["was rolled back", aRecord({ state: made, lastRotation: { ...completed, outcome: "rolledBack" } })],
  ])("that %s does not count", (_what, record) => {
    expect(canaries(record)).toEqual([]);
  });

  it("is known already, and the row stays as it is", () => {
    const state = aFleetState({ canaries: [pass] });
    const record = aRecord({ state: made, lastRotation: completed });
    expect(noted(state, driven({ config: canary, record, before: null }), now)).toBe(state);
  });

  it("counts no more once a later rotation of it was rolled back, but stays after an earlier one", () => {
    const after = [at("09:55"), at("09:45")].map((endedAt) =>
      canaries(
        aRecord({ lastRotation: { ...completed, outcome: "rolledBack", endedAt } }),
        aFleetState({ canaries: [pass] }),
      ),
    );
    expect(after).toEqual([[], [pass]]);
  });

  it("is no account that is not named", () => {
    expect(noted(emptyFleet, driven({ record: aRecord({ lastRotation: completed }), before: null }), now)).toBe(
      emptyFleet,
    );
  });
});
