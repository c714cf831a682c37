import type { InstanceReport } from "../../../lib/rotation/gate/signals";
import {
  couldMoveOn,
  couldTryAgain,
  gatedState,
  gateOf,
  heldByFleet,
  mayRegenerateNext,
  type AccountView,
  waitingFor,
} from "../../../lib/rotation/waiting";
import type { Phase, State } from "../../../lib/rotation/phases";
import type { FleetState } from "../../../lib/rotation/fleet/fleet-state";
import type { Quarantine } from "../../../lib/rotation/record";
import { type AccountChanges, anAccount } from "../../builders/account";
import { aClaim, aFailure, aNewerConfiguration, aPause, aRecord, type RecordChanges } from "../../builders/record";
import { aReport, reported } from "../../builders/report";
import { adopting, aLeakedKeyRequest, aRotation, idle, thePrimary, theSecondary } from "../../builders/state";
import { aFleet, aFleetState, anAdmission } from "../../builders/fleet";
import { at, days, when } from "../../builders/time";

interface Situation extends RecordChanges {
  readonly config?: AccountChanges;
  readonly reports?: readonly InstanceReport[];
  readonly dryRun?: boolean;
  readonly now?: string;
  readonly fleet?: FleetState;
}

/** A rotation published at 10:00, seen at 10:15, with an open gate. */
const seen = ({
  config,
  reports = [aReport()],
  dryRun = false,
  now = "10:15",
  fleet,
  ...record
}: Situation = {}): AccountView => ({
  record: aRecord({
    state: aRotation().published(),
    phaseClock: { ...record.phaseClock, since: at("10:00") },
    ...record,
  }),
  config: anAccount(config),
  sightings: reported(...reports),
  dryRun,
  ...(fleet === undefined ? {} : { fleet }),
  now: when(now),
});

const waits = (situation: Situation = {}) => waitingFor(seen(situation));
const reasonOf = (situation: Situation = {}) => waits(situation)?.reason ?? null;

const lostSlot: Quarantine = { slot: "primary", since: at("10:12"), until: at("10:17") };
const lostDriver: Quarantine = { slot: null, since: at("10:12"), until: at("10:17") };
const notAccepted = { reason: "NewKeyNotAcceptedYet", detail: "not yet", since: at("10:02") } as const;
const onWednesdays = { days: ["Wed"], from: "02:00", to: "05:00", timeZone: "UTC" } as const;
const dueNow = { state: idle({ keyMadeAt: at("10:00") }), config: { rotateEveryMs: 0 } };

const wait = (reason: string, since: string, detail: string) => ({ reason, detail, since });

describe("a newer configuration", () => {
  const configuration = aNewerConfiguration();

  it("is the reason before all others, with the time at which this process takes over", () => {
    expect(waits({ configuration, pause: aPause() })).toEqual(
      wait(
        "NewerConfiguration",
        at("10:00"),
        "a process with a newer configuration has driven this account; this one repairs drift and takes no step, " +
          "and takes over at 2026-11-25T10:00:00.000Z unless a newer one drives before",
      ),
    );
  });

  it("keeps a signal from driving the account", () => {
    expect(couldMoveOn(seen())).toBe(true);
    expect(couldMoveOn(seen({ configuration }))).toBe(false);
    const retired = { state: aRotation().retired(), reconciledAt: at("10:00") };
    expect(couldTryAgain(seen(retired))).toBe(true);
    expect(couldTryAgain(seen({ ...retired, configuration }))).toBe(false);
  });
});

describe("an account waits for nothing", () => {
  it("when the next driver advances it", () => {
    expect(waits()).toBeNull();
  });

  it("when it is idle and not due, paused or not", () => {
    expect(waits({ state: idle() })).toBeNull();
    expect(waits({ state: idle(), pause: aPause() })).toBeNull();
  });

  it("while it is blocked, which is reported separately", () => {
    const blocked = aFailure({ blocked: { reason: "Forbidden", remedy: "give it the role" } });
    expect(waits({ failure: blocked, pause: aPause(), quarantine: lostSlot })).toBeNull();
  });
});

describe("an account waits for", () => {
  it("Paused, with who and why", () => {
    expect(waits({ pause: aPause({ since: at("10:10") }) })).toEqual(
      wait("Paused", at("10:10"), "paused by operator:ada: a release is under way"),
    );
  });

  it("OutcomeUnknown from the lost answer to the end of the quarantine", () => {
    expect(waits({ quarantine: lostSlot, now: "10:16:59.999" })).toEqual(
      wait(
        "OutcomeUnknown",
        at("10:12"),
        "the answer to regenerating the primary key was lost; nothing is regenerated before 2026-11-24T10:17:00.000Z",
      ),
    );
    expect(waits({ quarantine: lostSlot, now: "10:17" })).toBeNull();
  });

  it("OutcomeUnknown after a driver was cut off, if the next step regenerates", () => {
    expect(waits({ quarantine: lostDriver })).toEqual(
      wait(
        "OutcomeUnknown",
        at("10:12"),
        "a driver or a request was cut off; nothing is regenerated before 2026-11-24T10:17:00.000Z",
      ),
    );
    expect(waits({ quarantine: lostDriver, state: aRotation().retired() })).toBeNull();
  });

  it.each([
    [1, "once"],
    [3, "3 times"],
  ])("BackingOff after %i failures", (attempts, words) => {
    expect(waits({ failure: aFailure({ attempts, nextAttemptAt: at("10:20") }) })).toEqual(
      wait(
        "BackingOff",
        at("10:00"),
        `Batch regenerateKeys, status 429: not done, tried again later; tried ${words}, again at ${at("10:20")}`,
      ),
    );
  });

  it.each([
    ["BackingOff", { failure: aFailure() }],
    ["TargetKeyRefused", { hold: { ...notAccepted, reason: "TargetKeyRefused" } }],
  ] as const)("%s while an idle account cannot be compared, due or not, paused or not", (reason, changes) => {
    expect(reasonOf({ state: idle(), ...changes })).toBe(reason);
    expect(reasonOf({ state: idle(), pause: aPause(), ...changes })).toBe(reason);
    expect(reasonOf({ ...dueNow, pause: aPause(), ...changes })).toBe(reason);
  });

  it("the hold that Batch's last answer caused", () => {
    expect(waits({ hold: notAccepted })).toEqual(wait("NewKeyNotAcceptedYet", at("10:02"), "not yet"));
  });

  it("OutsideWindow when it is idle and due", () => {
    expect(waits({ ...dueNow, config: { ...dueNow.config, window: onWednesdays } })).toEqual(
      wait(
        "OutsideWindow",
        at("10:00"),
        "due since 2026-11-24T10:00:00.000Z; the maintenance window opens at 2026-11-25T02:00:00.000Z",
      ),
    );
  });

  it("the reason that shuts its gate", () => {
    expect(waits({ reports: [] })).toMatchObject({ reason: "NoSignalYet", since: at("10:00") });
    expect(Object.keys(waits({ reports: [] }) ?? {})).toEqual(["reason", "detail", "since"]);
  });

  it("Claimed while another driver is at work", () => {
    const claim = aClaim({ by: "demand", takenAt: at("10:14"), until: at("10:20") });
    expect(waits({ claim })).toEqual(
      wait(
        "Claimed",
        at("10:14"),
        "a driver (demand) has worked since 2026-11-24T10:14:00.000Z, until 2026-11-24T10:20:00.000Z at the latest",
      ),
    );
    expect(waits({ claim, now: "10:20" })).toBeNull();
  });
});

describe("in a dry run an account waits for DryRun", () => {
  it.each<[Phase, State, string]>([
    ["adopting", adopting({ active: theSecondary() }), "would confirm that every consumer runs on the published key"],
    ["started", aRotation().started(), "would regenerate the target key"],
    ["regenerated", aRotation().regenerated(), "would prove the target key and publish it"],
    ["published", aRotation().published(), "would regenerate the previous key"],
    ["retired", aRotation().retired(), "would prove that the old key is refused and disable its secret version"],
    [
      "settling",
      aRotation().settling({ active: theSecondary() }),
      "would confirm that every consumer is back on the primary key",
    ],
  ])("while %s, and names the step", (_phase, state, words) => {
    expect(waits({ state, dryRun: true })).toEqual(
      wait("DryRun", at("10:00"), `${words}; nothing is changed while ROTATION_DRY_RUN is true`),
    );
  });

  it("before its keys were read", () => {
    expect(waits({ state: adopting(), dryRun: true })).toMatchObject({
      reason: "DryRun",
      detail:
        "would read the account and adopt the key that the vault holds, or publish the primary key; nothing is " +
        "changed while ROTATION_DRY_RUN is true",
    });
  });

  it("when it is idle and due, but not when it is only idle", () => {
    expect(waits({ ...dueNow, dryRun: true })).toMatchObject({
      reason: "DryRun",
      detail: "would start a rotation; nothing is changed while ROTATION_DRY_RUN is true",
    });
    expect(waits({ state: idle(), config: { rotateEveryMs: days(60) }, dryRun: true })).toBeNull();
  });

  it("but not while its gate is shut", () => {
    expect(reasonOf({ dryRun: true, reports: [] })).toBe("NoSignalYet");
  });
});

describe("an idle account that is due", () => {
  const blackouts = [{ from: at("10:05"), to: at("11:00"), reason: "a release" }];
  const full = aFleetState({ rotating: [anAdmission("a"), anAdmission("b")] });
  const limited = { ...dueNow, config: { ...dueNow.config, fleet: aFleet() }, fleet: full };

  it("waits for the end of a blackout, before all other limits", () => {
    const config = { ...limited.config, fleet: aFleet({ blackouts }), window: onWednesdays };
    expect(waits({ ...limited, config })).toEqual(
      wait(
        "Blackout",
        at("10:05"),
        "due since 2026-11-24T10:00:00.000Z; nothing scheduled starts before 2026-11-24T11:00:00.000Z: a release",
      ),
    );
  });

  it("waits for what the fleet allows, once its window is open", () => {
    expect(waits(limited)).toEqual(
      wait("FleetLimit", at("10:00"), "2 scheduled rotations are under way (a, b), as many as fleet.maxRotating"),
    );
    expect(reasonOf({ ...limited, config: { ...limited.config, window: onWednesdays } })).toBe("OutsideWindow");
  });

  it.each([
    ["where the row of the fleet has not been read", { ...dueNow, config: limited.config }],
    ["where fewer rotations are under way", { ...limited, fleet: aFleetState() }],
    ["with a request on demand that starts again", { ...limited, restart: aLeakedKeyRequest, dueAgainAt: at("10:00") }],
  ])("waits for nothing %s", (_what, situation) => {
    expect(reasonOf(situation)).toBeNull();
  });

  it("is not due yet, and the fleet holds nothing back", () => {
    expect(heldByFleet(seen({ ...limited, config: { ...limited.config, rotateEveryMs: days(1) } }))).toBeNull();
  });
});

test("the first reason is reported in the order of the driver's checks", () => {
  const everything: Situation = {
    pause: aPause(),
    quarantine: lostSlot,
    failure: aFailure(),
    hold: notAccepted,
    reports: [],
    dryRun: true,
    claim: aClaim({ until: at("10:20") }),
  };
  const healed: readonly Situation[] = [
    {},
    { pause: null },
    { quarantine: lostDriver },
    { failure: null },
    { hold: null },
    { reports: [aReport()] },
    { quarantine: null },
    { dryRun: false },
    { claim: null },
  ];
  const reasons = healed.map((_, steps) =>
    reasonOf(healed.slice(0, steps + 1).reduce<Situation>((sum, step) => ({ ...sum, ...step }), everything)),
  );
  expect(reasons).toEqual([
    "Paused",
    "OutcomeUnknown",
    "BackingOff",
    "NewKeyNotAcceptedYet",
    "NoSignalYet",
    "OutcomeUnknown",
    "DryRun",
    "Claimed",
    null,
  ]);
});

describe("the gate of a record", () => {
  it.each<[string, State, boolean]>([
    ["adopting, before its keys were read", adopting(), false],
    ["adopting", adopting({ active: thePrimary() }), true],
    ["idle", idle(), false],
    ["started", aRotation().started(), false],
    ["regenerated", aRotation().regenerated(), false],
    ["published", aRotation().published(), true],
    ["retired", aRotation().retired(), false],
    ["settling", aRotation().settling(), true],
  ])("%s: there is one: %s", (_phase, state, gated) => {
    expect(gatedState(state)).toEqual(gated ? state : null);
    expect(gateOf(seen({ state })) !== null).toBe(gated);
  });
});

describe("the next step regenerates a key", () => {
  it.each<[Phase, boolean]>([
    ["adopting", false],
    ["idle", false],
    ["started", true],
    ["regenerated", false],
    ["published", true],
    ["retired", false],
    ["settling", false],
  ])("in phase %s: %s", (phase, regenerates) => {
    expect(mayRegenerateNext(phase)).toBe(regenerates);
  });
});

describe("a signal could advance an account", () => {
  it("when its gate is open", () => {
    expect(couldMoveOn(seen())).toBe(true);
  });

  it.each<[string, Situation]>([
    ["its gate is shut", { reports: [] }],
    ["it has no gate", { state: aRotation().retired() }],
    ["it backs off", { failure: aFailure() }],
    ["it waits for Batch", { hold: notAccepted }],
    ["it is paused", { pause: aPause() }],
    ["an answer was lost", { quarantine: lostSlot }],
    ["a driver was cut off, and the next step regenerates", { quarantine: lostDriver }],
    ["it is a dry run, in which a tick reports the next step", { dryRun: true }],
  ])("not when %s", (_what, situation) => {
    expect(couldMoveOn(seen(situation))).toBe(false);
  });

  it("when a quarantine has ended, or the next step does not regenerate", () => {
    expect(couldMoveOn(seen({ quarantine: lostSlot, now: "10:17" }))).toBe(true);
    const state = adopting({ active: theSecondary() });
    expect(couldMoveOn(seen({ quarantine: lostDriver, state }))).toBe(true);
  });
});

describe("a signal could retry a rotation", () => {
  const regenerated = aRotation().regenerated();
  const retired = aRotation().retired();

  it.each<[string, Situation]>([
    ["after a failure, once its backoff is over", { failure: aFailure({ nextAttemptAt: at("10:15") }) }],
    ["after a failure without a gate", { state: regenerated, failure: aFailure({ nextAttemptAt: at("10:15") }) }],
    ["to ask Batch again, seconds later", { state: regenerated, hold: notAccepted, reconciledAt: at("10:14:55") }],
    ["to ask Batch for the first time", { state: retired, hold: notAccepted, reconciledAt: null }],
    ["after a driver stopped at its time limit", { state: retired, reconciledAt: at("10:15") }],
    ["after a driver was cut off", { state: regenerated, claim: aClaim({ until: at("10:15") }) }],
    ["after a quarantine is over", { state: regenerated, quarantine: lostSlot, now: "10:17" }],
  ])("%s", (_what, situation) => {
    expect(couldTryAgain(seen(situation))).toBe(true);
  });

  it.each<[string, Situation]>([
    ["before its backoff is over", { failure: aFailure({ nextAttemptAt: at("10:15:00.001") }) }],
    ["while the gate is shut", { failure: aFailure({ nextAttemptAt: at("10:00") }), reports: [] }],
    ["when it waited only for its gate, which is open", {}],
    ["where Batch refuses the published key", { hold: { ...notAccepted, reason: "TargetKeyRefused" } }],
    ["sooner after Batch was asked", { state: regenerated, hold: notAccepted, reconciledAt: at("10:14:55.001") }],
    ["while it is paused", { state: regenerated, pause: aPause() }],
    ["while another driver is at work", { state: regenerated, claim: aClaim({ until: at("10:15:00.001") }) }],
    ["in a quarantine", { state: regenerated, quarantine: lostDriver }],
    ["in a dry run", { state: regenerated, dryRun: true }],
    ["where none is under way", { state: idle(), failure: aFailure({ nextAttemptAt: at("10:00") }) }],
    ["while adopting", { state: adopting(), failure: aFailure({ nextAttemptAt: at("10:00") }) }],
  ])("not %s", (_when, situation) => {
    expect(couldTryAgain(seen(situation))).toBe(false);
  });
});
