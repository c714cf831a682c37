import type { State } from "../../../lib/rotation/phases";
import * as to from "../../../lib/rotation/transitions";
import { anAccount } from "../../builders/account";
import { aPause, aRecord } from "../../builders/record";
import { adopting, anApproval, aRotation, idle, thePrimary, theSecondary, v1, v2, v3 } from "../../builders/state";
import { at, minutes, when } from "../../builders/time";

const endpoint = "renderweu.westeurope.batch.azure.com";
const aNoted = { reason: "leaked", retireAfterMs: minutes(15), idempotencyKey: "once" } as const;

describe("first sight", () => {
  it("adopts a published live key without telling anybody, as nothing was written", () => {
    expect(to.foundPublished(thePrimary(), endpoint, when("10:00"))).toEqual({
      state: { phase: "adopting", active: thePrimary(), approval: null },
      events: [],
      also: { accountEndpoint: endpoint, reconciledAt: "2026-11-24T10:00:00.000Z" },
    });
  });

  it("tells of the key that it had to publish, and why", () => {
    const move = to.publishedAtFirstSight(thePrimary(), endpoint, "the vault held no secret", when("10:00"));
    expect(move).toEqual({
      state: { phase: "adopting", active: thePrimary(), approval: null },
      events: [
        {
          event: "KeyPublished",
          detail: `primary key published as version ${v1}: the vault held no secret`,
        },
      ],
      also: { accountEndpoint: endpoint, reconciledAt: "2026-11-24T10:00:00.000Z" },
    });
  });
});

describe("the end of an adoption", () => {
  it("makes the account idle on the key that every consumer runs on", () => {
    expect(to.adopted(thePrimary(), null)).toEqual({
      state: { phase: "idle", active: thePrimary() },
      events: [{ event: "Adopted", detail: `every consumer runs on the primary key, version ${v1}` }],
    });
  });

  it("tells what it was overridden by", () => {
    expect(to.adopted(thePrimary(), "approved by operator:ada").events).toEqual([
      {
        event: "Adopted",
        detail: `every consumer runs on the primary key, version ${v1}; approved by operator:ada`,
      },
    ]);
  });
});

describe("a rotation", () => {
  it.each([
    ["primary", "secondary"],
    ["secondary", "primary"],
  ] as const)("starts from the %s key with the other as its target", (previous, target) => {
    const request = { id: "r1", trigger: "demand", by: "demand", ...aNoted } as const;
    expect(to.rotationStarted(idle({ slot: previous }), request, when("10:00"))).toEqual({
      state: {
        phase: "started",
        active: thePrimary({ slot: previous }),
        rotation: {
          id: "r1",
          trigger: "demand",
          by: "demand",
          reason: "leaked",
          retireAfterMs: 900_000,
          idempotencyKey: "once",
          target,
          previous,
          startedAt: "2026-11-24T10:00:00.000Z",
        },
      },
      events: [{ event: "RotationStarted", detail: `on demand, from the ${previous} to the ${target} key: leaked` }],
      also: { dueAgainAt: null },
    });
  });

  it("leaves the published key as it is while its target is regenerated", () => {
    const state = aRotation().started();
    expect(to.targetRegenerated(state, when("09:58"))).toEqual({
      state: aRotation().regenerated(),
      events: [{ event: "KeyRegenerated", detail: "secondary key regenerated; nobody uses it yet" }],
    });
  });

  it("publishes its target, made when it was regenerated, and remembers the previous version", () => {
    expect(to.targetPublished(aRotation().regenerated(), v2, when("10:00"))).toEqual({
      state: aRotation().published(),
      events: [{ event: "KeyPublished", detail: `secondary key published as version ${v2}: the rotation's new key` }],
    });
  });

  it.each([
    ["by itself", null, false, "primary key regenerated, so that its old value is dead"],
    ["overridden", "approved", false, "primary key regenerated, so that its old value is dead; approved"],
    ["after others did", null, true, "primary key had been regenerated already"],
  ])("retires the previous key %s", (_what, override, byOthers, detail) => {
    expect(to.previousRetired(aRotation().published(), override, byOthers, when("10:20"))).toEqual({
      state: aRotation().retired(),
      events: [{ event: "KeyRetired", detail }],
    });
  });

  it("settles on the fresh primary key, made when the old one was retired", () => {
    expect(to.settlingStarted(aRotation().retired(), v3, when("10:21"))).toEqual({
      state: aRotation().settling(),
      events: [
        { event: "SettlingStarted", detail: "the old key is dead; moving back to the primary key" },
        { event: "KeyPublished", detail: `primary key published as version ${v3}: settleOn is primary` },
      ],
    });
  });

  it.each([
    ["retired", aRotation(aNoted).retired(), "secondary", v2],
    ["settling", aRotation(aNoted).settling(), "primary", v3],
  ] as const)("completes from %s", (_phase, state, slot, version) => {
    expect(to.rotationCompleted(state, when("10:30"))).toEqual({
      state: { phase: "idle", active: state.active },
      events: [{ event: "RotationCompleted", detail: `every consumer runs on the ${slot} key, version ${version}` }],
      also: {
        lastRotation: {
          id: "01JDF0000000000000000ROTAT",
          outcome: "completed",
          startedAt: "2026-11-24T09:55:00.000Z",
          endedAt: "2026-11-24T10:30:00.000Z",
          reason: "leaked",
          retireAfterMs: 900_000,
          idempotencyKey: "once",
        },
      },
    });
  });
});

describe("another version with the active key", () => {
  it("is adopted without anything else changing", () => {
    const state = aRotation().published({ approval: anApproval() });
    expect(to.versionAdopted(state, v3)).toEqual({
      state: { ...state, active: { ...theSecondary(), version: v3 } },
      events: [
        {
          event: "KeyPublished",
          detail: `secondary key published as version ${v3}: found as the newest version, with the active key`,
        },
      ],
    });
  });
});

describe("the standby key published by somebody else", () => {
  it("makes its slot the active one, to be confirmed anew", () => {
    expect(to.slotAdopted(idle(), v3, when("10:00"))).toEqual({
      state: {
        phase: "adopting",
        active: {
          slot: "secondary",
          version: v3,
          publishedAt: "2026-11-24T10:00:00.000Z",
          keyMadeAt: "2026-11-20T09:58:00.000Z",
        },
        approval: null,
      },
      events: [{ event: "SlotAdopted", detail: `version ${v3}, published by somebody else, holds the secondary key` }],
      also: { reconciledAt: "2026-11-24T10:00:00.000Z", rollback: null },
    });
  });

  it("ends the rotation under way as superseded", () => {
    const move = to.slotAdopted(aRotation().published(), v3, when("10:05"));
    expect(move.state).toMatchObject({ phase: "adopting", active: { slot: "primary", version: v3 }, approval: null });
    expect(move.events.map(({ event }) => event)).toEqual(["SlotAdopted", "RotationSuperseded"]);
    expect(move.also).toMatchObject({
      lastRotation: {
        id: "01JDF0000000000000000ROTAT",
        outcome: "superseded",
        endedAt: "2026-11-24T10:05:00.000Z",
      },
    });
  });
});

const repaired = (state: to.StateWithActive) =>
  to.driftRepaired(state, v3, `version ${v2} held neither live key`, when("10:40"));

describe("a repaired drift", () => {
  it.each([
    ["idle", idle()],
    ["adopting", { phase: "adopting", active: thePrimary(), approval: anApproval() } as const],
  ])(
    "of an account that is %s must be confirmed by every consumer, and does not postpone the next rotation",
    (_phase, state) => {
      expect(repaired(state)).toEqual({
        state: {
          phase: "adopting",
          active: {
            slot: "primary",
            version: v3,
            publishedAt: "2026-11-24T10:40:00.000Z",
            keyMadeAt: "2026-11-20T09:58:00.000Z",
          },
          approval: null,
        },
        events: [
          { event: "DriftRepaired", detail: `version ${v2} held neither live key` },
          { event: "KeyPublished", detail: `primary key published as version ${v3}: drift repaired` },
        ],
        also: { reconciledAt: "2026-11-24T10:40:00.000Z" },
      });
    },
  );

  it.each([
    ["published", aRotation().published({ approval: anApproval() })],
    ["settling", aRotation().settling({ approval: anApproval() })],
  ])("of a rotation that is %s asks its gate afresh: an approval was for another version", (phase, state) => {
    expect(repaired(state).state).toEqual({
      ...state,
      phase,
      active: { ...state.active, version: v3, publishedAt: "2026-11-24T10:40:00.000Z" },
      approval: null,
    });
  });

  it.each([
    ["started", aRotation().started()],
    ["regenerated", aRotation().regenerated()],
    ["retired", aRotation().retired()],
  ])("of a rotation that is %s lets it go on", (phase, state) => {
    expect(repaired(state).state).toEqual({
      ...state,
      phase,
      active: { ...state.active, version: v3, publishedAt: "2026-11-24T10:40:00.000Z" },
    });
  });
});

describe("a roll-back", () => {
  const asked = aPause({ since: at("10:09"), reason: "render-api is down" });

  it("from published makes the previous key, of its own age, the active one: paused, due again, to be confirmed", () => {
    const state = aRotation().published({ previousKeyMadeAt: at("08:00", 20) });
    expect(to.rolledBack(state, v3, true, asked, when("10:10"))).toEqual({
      state: {
        phase: "adopting",
        active: {
          slot: "primary",
          version: v3,
          publishedAt: "2026-11-24T10:10:00.000Z",
          keyMadeAt: "2026-11-20T08:00:00.000Z",
        },
        approval: null,
      },
      events: [
        { event: "RotationRolledBack", detail: `back to the primary key, version ${v3}: render-api is down` },
        { event: "KeyPublished", detail: `primary key published as version ${v3}: rolled back` },
        { event: "Paused", detail: "paused by the roll-back, until somebody resumes: render-api is down" },
      ],
      also: {
        lastRotation: {
          id: "01JDF0000000000000000ROTAT",
          outcome: "rolledBack",
          startedAt: "2026-11-24T09:55:00.000Z",
          endedAt: "2026-11-24T10:10:00.000Z",
          reason: "due since 2026-11-24T09:50:00.000Z",
          retireAfterMs: null,
          idempotencyKey: null,
        },
        dueAgainAt: "2026-11-24T10:10:00.000Z",
        pause: asked,
        rollback: null,
      },
    });
  });

  it.each([
    ["started", aRotation().started()],
    ["regenerated", aRotation().regenerated()],
  ])("from %s publishes nothing, as the previous key is the newest still", (_phase, state) => {
    const move = to.rolledBack(state, v1, false, asked, when("10:10"));
    expect(move.state).toEqual({ phase: "adopting", active: thePrimary(), approval: null });
    expect(move.events.map(({ event }) => event)).toEqual(["RotationRolledBack", "Paused"]);
  });
});

describe("a changed configuration", () => {
  const other = anAccount({
    batch: { ...anAccount().batch, resourceId: "/subscriptions/s/other" },
    secret: { vaultUrl: "https://other.vault.azure.net", name: "other-key" },
  });
  const target = { resourceId: other.batch.resourceId, secret: other.secret };
  const change = (state: State) => to.configurationChanged(aRecord({ state }), target, when("11:00"));

  it("has the account adopted anew, with nothing kept of the old one", () => {
    const { batch } = anAccount();
    expect(change(idle())).toEqual({
      state: { phase: "adopting", active: null, approval: null },
      events: [
        {
          event: "ConfigurationChanged",
          detail: `adopted anew: from ${batch.resourceId} and https://render.vault.azure.net/secrets/renderweu-batch-key to /subscriptions/s/other and https://other.vault.azure.net/secrets/other-key`,
        },
      ],
      also: {
        resourceId: "/subscriptions/s/other",
        secret: { vaultUrl: "https://other.vault.azure.net", name: "other-key" },
        accountEndpoint: null,
        reconciledAt: null,
        dueAgainAt: null,
        rollback: null,
      },
    });
  });

  it("ends the rotation under way as superseded", () => {
    const move = change(aRotation().regenerated());
    expect(move.state).toEqual(adopting());
    expect(move.events.map(({ event }) => event)).toEqual(["ConfigurationChanged", "RotationSuperseded"]);
    expect(move.also).toMatchObject({ lastRotation: { outcome: "superseded", endedAt: "2026-11-24T11:00:00.000Z" } });
  });
});
