import * as corrections from "../../../../lib/rotation/moves/corrections";
import type { State } from "../../../../lib/rotation/phases";
import type { Move } from "../../../../lib/rotation/moves/move";
import { anAccount } from "../../../builders/account";
import { aRecord } from "../../../builders/record";
import {
  aDeathProof,
  adopting,
  anApproval,
  aRotation,
  idle,
  thePrimary,
  theSecondary,
  v2,
  v3,
} from "../../../builders/state";
import { at, when } from "../../../builders/time";

const onDemand = {
  trigger: "demand",
  reason: "the key leaked",
  retireAfterMs: 900_000,
  idempotencyKey: "leak-7",
} as const;

const notTried = { provenBy: null, notProven: "no signed call with this key was accepted: none was made" };
const kindsOf = ({ events }: Move): readonly string[] => events.map(({ event }) => event);

const drift = { what: "drift", reported: null };

/** A version that the vault made a moment before it was found. */
const found = { version: v3, createdAt: at("09:59") };

describe("another version with the active key", () => {
  it("is adopted and must be confirmed: apps may have read either version meanwhile", () => {
    expect(corrections.versionAdopted(idle(), found, when("10:40"))).toEqual({
      state: { phase: "adopting", active: thePrimary({ ...found, publishedAt: at("10:40") }), approval: null },
      events: [
        {
          event: "KeyPublished",
          detail: `primary key published as version ${v3}: found as the newest version, with the active key`,
          evidence: { slot: "primary", ...found, requestId: null, ...notTried },
        },
      ],
      also: { reconciledAt: at("10:40") },
    });
  });

  it("restarts the gate of a rotation under way", () => {
    const state = aRotation().published({ approval: anApproval() });
    expect(corrections.versionAdopted(state, found, when("10:40")).state).toEqual({
      ...state,
      active: { ...theSecondary(), ...found, publishedAt: at("10:40") },
      approval: null,
    });
  });
});

describe("the standby key, published outside the app", () => {
  it("makes its slot the active one, to be confirmed again", () => {
    expect(corrections.slotAdopted(idle(), found, when("10:00"))).toEqual({
      state: {
        phase: "adopting",
        active: { slot: "secondary", ...found, publishedAt: at("10:00"), keyMadeAt: at("09:58", 20) },
        approval: null,
      },
      events: [
        { event: "SlotAdopted", detail: `version ${v3}, published outside the rotator, holds the secondary key` },
      ],
      also: { reconciledAt: at("10:00"), rollback: null },
    });
  });

  it("ends the rotation under way as superseded", () => {
    const move = corrections.slotAdopted(aRotation().published(), found, when("10:05"));
    expect(move.state).toMatchObject({ phase: "adopting", active: { slot: "primary", version: v3 }, approval: null });
    expect(move.events.map(({ event }) => event)).toEqual(["SlotAdopted", "RotationSuperseded"]);
    expect(move.also).toMatchObject({
      lastRotation: { id: "01JDF0000000000000000ROTAT", outcome: "superseded", endedAt: at("10:05") },
    });
    expect(move.also).not.toHaveProperty("dueAgainAt");
  });

  it("lets a rotation for a leaked key start again after its publication too, which is an alarm", () => {
    const move = corrections.slotAdopted(aRotation(onDemand).published(), found, when("10:05"));
    expect(kindsOf(move)).toEqual(["SlotAdopted", "RotationSuperseded", "UrgentRotationSuperseded"]);
    expect(move.events.at(-1)?.detail).toBe(
      "the rotation with retireAfter that schedule requested (the key leaked) ended: " +
        "the primary key was published outside the rotator; " +
        "it starts again with the same request once every consumer has confirmed the published version",
    );
    expect(move.also).toMatchObject({ dueAgainAt: at("10:05"), restart: { ...onDemand, by: "schedule" } });
  });

  it("ends a rotation for a leaked key without an alarm once the old key is proven dead", () => {
    const move = corrections.slotAdopted(aRotation(onDemand).settling(), found, when("10:25"));
    expect(kindsOf(move)).toEqual(["SlotAdopted", "RotationSuperseded"]);
    expect(move.also).not.toHaveProperty("restart");
  });

  it("lets a rotation on demand start again if its own key was not published yet", () => {
    expect(corrections.slotAdopted(aRotation(onDemand).started(), found, when("10:05")).also).toMatchObject({
      dueAgainAt: at("10:05"),
      restart: { ...onDemand, by: "schedule" },
      lastRotation: { outcome: "superseded" },
    });
  });
});

const repaired = (state: corrections.StateWithActive) =>
  corrections.driftRepaired(
    state,
    state.active.slot,
    { ...found, requestId: "request-5" },
    { what: `version ${v2} held neither live key`, reported: null },
    when("10:40"),
  );

describe("a repaired drift", () => {
  it.each([
    ["idle", idle()],
    ["adopting", { phase: "adopting", active: thePrimary(), approval: anApproval() } as const],
  ])(
    "of an account that is %s must be confirmed by every consumer, and does not postpone the next rotation",
    (_phase, state) => {
      expect(repaired(state)).toEqual({
        state: { phase: "adopting", active: thePrimary({ ...found, publishedAt: at("10:40") }), approval: null },
        events: [
          { event: "DriftRepaired", detail: `version ${v2} held neither live key; the live primary key is published` },
          {
            event: "KeyPublished",
            detail: `primary key published as version ${v3}: drift repaired`,
            evidence: { slot: "primary", ...found, requestId: "request-5", ...notTried },
          },
        ],
        also: { reconciledAt: at("10:40"), readAtOnce: v3 },
      });
    },
  );

  it.each([
    ["published", aRotation().published({ approval: anApproval() })],
    ["settling", aRotation().settling({ approval: anApproval() })],
  ])("of a rotation that is %s restarts its gate: an approval was for another version", (phase, state) => {
    expect(repaired(state).state).toEqual({
      ...state,
      phase,
      active: { ...state.active, ...found, publishedAt: at("10:40") },
      approval: null,
    });
  });

  it("of a rotation that has only started ends it: it is due again when every consumer has confirmed", () => {
    const move = repaired(aRotation().started());
    expect(move.state).toEqual({
      phase: "adopting",
      active: thePrimary({ ...found, publishedAt: at("10:40") }),
      approval: null,
    });
    expect(move.events.map(({ event }) => event)).toEqual(["DriftRepaired", "KeyPublished", "RotationSuperseded"]);
    expect(move.also).toMatchObject({
      dueAgainAt: at("10:40"),
      restart: null,
      rollback: null,
      lastRotation: { id: "01JDF0000000000000000ROTAT", outcome: "superseded", endedAt: at("10:40") },
    });
  });

  it("of a rotation on demand that has only started keeps the request for the next one", () => {
    expect(repaired(aRotation(onDemand).started()).also).toMatchObject({ restart: { ...onDemand, by: "schedule" } });
  });

  it.each([
    ["regenerated", aRotation().regenerated()],
    ["retired", aRotation().retired()],
  ])("of a rotation that is %s lets it continue", (phase, state) => {
    expect(repaired(state).state).toEqual({
      ...state,
      phase,
      active: { ...state.active, ...found, publishedAt: at("10:40") },
    });
  });

  it("with the standby key makes it the active one and ends the rotation", () => {
    const move = corrections.driftRepaired(aRotation().published(), "primary", found, drift, when("10:40"));
    expect(move.state).toMatchObject({ phase: "adopting", active: { slot: "primary", version: v3 }, approval: null });
    expect(move.events).toMatchObject([
      { event: "DriftRepaired", detail: "drift; Batch accepts only the primary key, which is published" },
      { event: "KeyPublished", evidence: { slot: "primary", version: v3 } },
      { event: "RotationSuperseded" },
    ]);
  });

  it("says who regenerated the key, by an event's word, in its detail and as evidence", () => {
    const last = { id: "e", at: at("10:30"), identity: "grace", name: null, role: null, address: null };
    const reported = { last, count: 1 };
    const { events } = corrections.driftRepaired(idle(), "primary", found, { what: "drift", reported }, when("10:40"));
    expect(events[0]).toEqual({
      event: "DriftRepaired",
      detail:
        "drift; the live primary key is published; an event of Azure (not verified) reports that regenerateKeys was " +
        `called by grace at ${at("10:30")}`,
      evidence: { reportedByEvent: last },
    });
  });

  it("of a retired rotation is dated after the retirement by any clock, so that the end takes it into account", () => {
    const { state } = corrections.driftRepaired(aRotation().retired(), "secondary", found, drift, when("10:19"));
    expect(state).toMatchObject({ phase: "retired", active: { publishedAt: at("10:20:00.001") } });
  });
});

describe("a changed configuration", () => {
  const other = anAccount({
    batch: { ...anAccount().batch, resourceId: "/subscriptions/s/other" },
    secret: { vaultUrl: "https://other.vault.azure.net", name: "other-key" },
  });
  const target = { resourceId: other.batch.resourceId, secret: other.secret };
  const change = (state: State) => corrections.configurationChanged(aRecord({ state }), target, when("11:00"));

  it("starts a new adoption, and keeps nothing of the old account", () => {
    const { batch } = anAccount();
    expect(change(idle())).toEqual({
      state: { phase: "adopting", active: null, approval: null },
      events: [
        {
          event: "ConfigurationChanged",
          detail:
            `adopted anew: from ${batch.resourceId} and https://render.vault.azure.net/secrets/renderweu-batch-key ` +
            "to /subscriptions/s/other and https://other.vault.azure.net/secrets/other-key",
        },
      ],
      also: {
        resourceId: "/subscriptions/s/other",
        secret: { vaultUrl: "https://other.vault.azure.net", name: "other-key" },
        accountEndpoint: null,
        reconciledAt: null,
        dueAgainAt: null,
        restart: null,
        rollback: null,
      },
    });
  });

  it("ends the rotation under way as superseded", () => {
    const move = change(aRotation().regenerated());
    expect(move.state).toEqual(adopting());
    expect(move.events.map(({ event }) => event)).toEqual(["ConfigurationChanged", "RotationSuperseded"]);
    expect(move.also).toMatchObject({ lastRotation: { outcome: "superseded", endedAt: at("11:00") } });
  });

  const sameAccount = { resourceId: anAccount().batch.resourceId.toUpperCase(), secret: other.secret };

  it.each([
    ["started", aRotation(onDemand).started()],
    ["regenerated", aRotation(onDemand).regenerated()],
    ["published", aRotation(onDemand).published()],
    ["retired, not proven", aRotation(onDemand).retired()],
  ])("of the secret alone starts a rotation for a leaked key again from %s, which is an alarm", (_phase, state) => {
    const move = corrections.configurationChanged(aRecord({ state }), sameAccount, when("11:00"));
    expect(kindsOf(move)).toEqual(["ConfigurationChanged", "RotationSuperseded", "UrgentRotationSuperseded"]);
    expect(move.also).toMatchObject({ dueAgainAt: at("11:00"), restart: { ...onDemand, by: "schedule" } });
  });

  const restart = { ...onDemand, by: "operator:ada" };

  it.each([
    ["proven dead", aRotation(onDemand).retired({ proof: aDeathProof() })],
    ["not leaked", aRotation({ trigger: "demand" }).published()],
  ])("of the secret alone ends a rotation without an alarm whose old key is %s", (_what, state) => {
    const move = corrections.configurationChanged(aRecord({ state }), sameAccount, when("11:00"));
    expect(kindsOf(move)).toEqual(["ConfigurationChanged", "RotationSuperseded"]);
    expect(move.also).toMatchObject({ dueAgainAt: null, restart: null });
  });

  it("of the secret alone keeps the request of a rotation that is to start again", () => {
    const move = corrections.configurationChanged(aRecord({ restart }), sameAccount, when("11:00"));
    expect(kindsOf(move)).toEqual(["ConfigurationChanged"]);
    expect(move.also).toMatchObject({ dueAgainAt: at("11:00"), restart });
  });

  it.each([
    ["under way", { state: aRotation(onDemand).published() }, "schedule", "ended: the configuration changed"],
    ["to start again", { restart }, "operator:ada", "is not started again: the configuration changed"],
  ])(
    "of the Batch account loses sight of a leaked key whose rotation is %s, which is an alarm",
    (_what, changes, by, how) => {
      const move = corrections.configurationChanged(aRecord(changes), target, when("11:00"));
      expect(move.events.at(-1)).toEqual({
        event: "UrgentRotationSuperseded",
        detail:
          `the rotation with retireAfter that ${by} requested (the key leaked) ${how}; ` +
          `the keys of ${anAccount().batch.resourceId} are no longer rotated: ` +
          "regenerate the leaked key manually, or configure it again",
      });
      expect(move.also).toMatchObject({ dueAgainAt: null, restart: null });
    },
  );

  it("of the Batch account drops the request of a rotation that is not for a leaked key", () => {
    const move = corrections.configurationChanged(
      aRecord({ restart: { ...restart, retireAfterMs: null } }),
      target,
      when("11:00"),
    );
    expect(kindsOf(move)).toEqual(["ConfigurationChanged"]);
  });
});
