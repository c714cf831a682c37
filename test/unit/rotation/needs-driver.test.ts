import type { AlarmKind } from "../../../lib/rotation/events/events";
import { nothingSeen } from "../../../lib/rotation/gate/sightings";
import { needsDriver, quarantineStops } from "../../../lib/rotation/needs-driver";
import { anAccount } from "../../builders/account";
import { aClaim, aFailure, aNewerConfiguration, aPause, aRecord, type RecordChanges } from "../../builders/record";
import { aFleet, aFleetState, anAdmission } from "../../builders/fleet";
import { aRotation, idle } from "../../builders/state";
import { at, when } from "../../builders/time";
import { anEvent } from "../../contracts/suites/records";

const needed = (changes: RecordChanges = {}, now = "10:00", config = anAccount()): boolean =>
  needsDriver(aRecord(changes), config, nothingSeen, when(now));

const aDelivery = (nextAttemptAt: string) => ({
  event: anEvent(1),
  attempts: 0,
  nextAttemptAt,
  giveUpAt: at("10:00", 25),
});

describe("a tick does not drive an account", () => {
  it.each<[string, RecordChanges]>([
    ["that is idle and not due", {}],
    ["that another driver works on", { claim: aClaim({ until: at("10:06") }), state: aRotation().started() }],
    ["whose failed step backs off", { failure: aFailure({ nextAttemptAt: at("10:00:01") }) }],
    ["whose unknown readers are asked about at its next gate", { publishing: { alarms: [raised("UnknownReader")] } }],
    ["whose next delivery is later", { publishing: { deliveries: [aDelivery(at("10:00:01"))] } }],
  ])("%s", (_what, changes) => {
    expect(needed(changes)).toBe(false);
  });

  it("that is due while the fleet holds it back, and drives it once it may start", () => {
    const record = aRecord({ dueAgainAt: at("09:59"), reconciledAt: at("09:59") });
    const config = anAccount({ fleet: aFleet() });
    const full = aFleetState({ rotating: [anAdmission("a"), anAdmission("b")] });
    expect(needsDriver(record, config, nothingSeen, when("10:00"), full)).toBe(false);
    expect(needsDriver(record, config, nothingSeen, when("10:00"), aFleetState())).toBe(true);
    expect(needsDriver(record, config, nothingSeen, when("10:00"))).toBe(true);
  });

  it("that is due while it is paused", () => {
    const paused = { pause: aPause(), phaseClock: { pausedSince: at("09:00") } };
    const due = { ...paused, dueAgainAt: at("09:59"), reconciledAt: at("09:59") };
    expect(needed(due)).toBe(false);
  });
});

describe("a tick with an older configuration", () => {
  const configuration = aNewerConfiguration();

  it.each<[string, RecordChanges]>([
    ["that is idle and due", { dueAgainAt: at("09:59") }],
    ["with an alarm that has ended", { publishing: { alarms: [raised("RotationStalled")] } }],
    ["that has another secret", { secret: { vaultUrl: "https://other.example", name: "other" } }],
    [
      "that has another secret and a rotation",
      {
        secret: { vaultUrl: "https://other.example", name: "other" },
        state: aRotation().started(),
      },
    ],
  ])("does not drive an account %s", (_what, changes) => {
    expect(needed({ configuration, ...changes })).toBe(false);
  });

  it.each<[string, RecordChanges]>([
    ["with an event for the history", { publishing: { outbox: [anEvent(1)] } }],
    ["whose published key may have drifted", { state: aRotation().published() }],
    ["whose full comparison is due", { reconciledAt: at("04:00") }],
    ["that it has not asked to take over yet", { configuration: { ...configuration, olderSince: null } }],
  ])("drives an account %s", (_what, changes) => {
    expect(needed({ configuration, ...changes })).toBe(true);
  });
});

describe("a tick drives an account", () => {
  it.each<[string, RecordChanges]>([
    ["with an event for the history", { publishing: { outbox: [anEvent(1)] } }],
    ["with an event for the webhook", { publishing: { deliveries: [aDelivery(at("10:00"))] } }],
    ["with an alarm that has ended", { publishing: { alarms: [raised("RotationStalled")] } }],
    ["whose driver died", { claim: aClaim({ until: at("10:00") }) }],
    ["that was made for another Batch account", { resourceId: "/subscriptions/other" }],
    ["whose pause no driver has seen yet", { pause: aPause() }],
    ["whose failed step may be tried again", { failure: aFailure({ nextAttemptAt: at("10:00") }) }],
    ["with a roll-back to finish", { rollback: aPause() }],
    ["with a rotation under way", { state: aRotation().started() }],
    ["whose full comparison is due", { reconciledAt: at("04:00") }],
    ["that is due", { state: idle(), dueAgainAt: at("10:00") }],
  ])("%s", (_what, changes) => {
    expect(needed(changes)).toBe(true);
  });
});

const quarantineOf = (slot: "primary" | null) => ({ slot, since: at("09:59"), until: at("10:04") });

test.each([
  ["of a slot stops every step", quarantineOf("primary"), aRotation().regenerated(), true],
  ["of no slot stops a regenerate", quarantineOf(null), aRotation().started(), true],
  ["of no slot stops no other step", quarantineOf(null), aRotation().regenerated(), false],
  ["that is null stops no step", null, aRotation().started(), false],
])("a quarantine %s", (_what, quarantine, state, stops) => {
  expect(quarantineStops(aRecord({ state, quarantine }), when("10:00"))).toBe(stops);
});

function raised(kind: AlarmKind) {
  return { kind, since: at("09:00"), lastNotifiedAt: at("09:00") };
}
