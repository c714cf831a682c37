import * as to from "../../../lib/rotation/transitions";
import { aPause } from "../../builders/record";
import { aReport } from "../../builders/report";
import { aRotation, idle, thePrimary, theSecondary, v1, v2, v3 } from "../../builders/state";
import { at, minutes, when } from "../../builders/time";

const endpoint = "renderweu.westeurope.batch.azure.com";
const aNoted = { reason: "leaked", retireAfterMs: minutes(15), idempotencyKey: "once" } as const;

describe("the first reconcile", () => {
  it("adopts a published live key without an event, as nothing was written", () => {
    expect(to.foundPublished(thePrimary(), endpoint, when("10:00"))).toEqual({
      state: { phase: "adopting", active: thePrimary(), approval: null },
      events: [],
      also: { accountEndpoint: endpoint, reconciledAt: at("10:00") },
    });
  });

  it("reports a key that it had to publish, and the reason", () => {
    const move = to.publishedAtFirstSight(
      thePrimary(),
      endpoint,
      "the vault held no secret",
      "request-1",
      when("10:00"),
    );
    expect(move).toEqual({
      state: { phase: "adopting", active: thePrimary(), approval: null },
      events: [
        {
          event: "KeyPublished",
          detail: `primary key published as version ${v1}: the vault held no secret`,
          evidence: { slot: "primary", version: v1, requestId: "request-1" },
        },
      ],
      also: { accountEndpoint: endpoint, reconciledAt: at("10:00") },
    });
  });
});

describe("the end of an adoption", () => {
  it("makes the account idle on the key that every consumer uses", () => {
    expect(to.adopted(thePrimary(), null)).toEqual({
      state: { phase: "idle", active: thePrimary() },
      events: [{ event: "Adopted", detail: `every consumer runs on the primary key, version ${v1}` }],
    });
  });

  it("names the override", () => {
    expect(to.adopted(thePrimary(), "approved by operator:ada").events).toEqual([
      { event: "Adopted", detail: `every consumer runs on the primary key, version ${v1}; approved by operator:ada` },
    ]);
  });
});

describe("a rotation", () => {
  it.each([
    ["primary", "secondary"],
    ["secondary", "primary"],
  ] as const)("starts from the %s key with the other as its target", (previous, target) => {
    const request = { id: "r1", trigger: "demand", by: "operator:ada", ...aNoted } as const;
    expect(to.rotationStarted(idle({ slot: previous }), request, when("10:00"))).toEqual({
      state: {
        phase: "started",
        active: thePrimary({ slot: previous }),
        rotation: {
          id: "r1",
          trigger: "demand",
          by: "operator:ada",
          reason: "leaked",
          retireAfterMs: 900_000,
          idempotencyKey: "once",
          target,
          previous,
          startedAt: at("10:00"),
        },
      },
      events: [
        {
          event: "RotationStarted",
          detail: `on demand of operator:ada, from the ${previous} to the ${target} key: leaked`,
          evidence: { askedBy: "operator:ada" },
        },
      ],
      also: { dueAgainAt: null, restart: null },
    });
  });

  it("on schedule states only why it was due", () => {
    const request = { id: "r1", ...aNoted, trigger: "schedule", by: "schedule", reason: "due" } as const;
    expect(to.rotationStarted(idle(), request, when("10:00")).events).toEqual([
      { event: "RotationStarted", detail: "on schedule, from the primary to the secondary key: due" },
    ]);
  });

  it("keeps the published key while its target is regenerated", () => {
    const state = aRotation().started();
    expect(to.targetRegenerated(state, "request-2", when("09:58"))).toEqual({
      state: aRotation().regenerated(),
      events: [
        {
          event: "KeyRegenerated",
          detail: "secondary key regenerated; no app uses it yet",
          evidence: { slot: "secondary", requestId: "request-2" },
        },
      ],
    });
  });

  it("publishes its target with its instant of creation, and keeps the previous version", () => {
    expect(
      to.targetPublished(aRotation().regenerated(), { version: v2, requestId: "request-3" }, when("10:00")),
    ).toEqual({
      state: aRotation().published(),
      events: [
        {
          event: "KeyPublished",
          detail: `secondary key published as version ${v2}: the rotation's new key`,
          evidence: { slot: "secondary", version: v2, requestId: "request-3" },
        },
      ],
    });
  });

  it.each([
    ["without override", null, false, "primary key regenerated, so that its old value is dead"],
    ["with an override", "approved", false, "primary key regenerated, so that its old value is dead; approved"],
    ["after an outside regenerate", null, true, "primary key had been regenerated already"],
  ])("retires the previous key %s", (_what, override, byOthers, detail) => {
    const retirement = { override, byOthers, requestId: "request-4", confirmations: [aReport({ proven: true })] };
    expect(to.previousRetired(aRotation().published(), retirement, when("10:20"))).toEqual({
      state: aRotation().retired(),
      events: [
        {
          event: "KeyRetired",
          detail,
          evidence: {
            slot: "primary",
            version: v1,
            requestId: "request-4",
            override,
            confirmedInstances: 1,
            confirmations: [
              {
                consumer: "render-api",
                instance: "vm-1",
                at: at("10:10"),
                secretVersion: v2,
                healthy: true,
                proven: true,
              },
            ],
          },
        },
      ],
    });
  });

  it("lists at most 100 confirmations, and counts all", () => {
    const confirmations = Array.from({ length: 101 }, (_, i) => aReport({ instance: `vm-${i}` }));
    const retirement = { override: null, byOthers: false, requestId: null, confirmations };
    const [event] = to.previousRetired(aRotation().published(), retirement, when("10:20")).events;
    expect(event?.evidence).toMatchObject({ confirmedInstances: 101 });
    expect(event?.evidence?.["confirmations"]).toHaveLength(100);
  });

  it("limits an override in its evidence to 2,000 characters, so that it can be stored", () => {
    const retirement = { override: "o".repeat(2_001), byOthers: false, requestId: null, confirmations: [] };
    const [event] = to.previousRetired(aRotation().published(), retirement, when("10:20")).events;
    expect(event?.evidence).toMatchObject({ override: "o".repeat(2_000), confirmedInstances: 0, confirmations: [] });
  });

  it("settles on the new primary key, made when the old one was retired", () => {
    const proven = { oldKeyRefusedAt: at("10:20:30.000") };
    expect(to.settlingStarted(aRotation().retired(), { version: v3 }, proven, when("10:21"))).toEqual({
      state: aRotation().settling(),
      events: [
        { event: "SettlingStarted", detail: "the old key is dead; moving back to the primary key", evidence: proven },
        {
          event: "KeyPublished",
          detail: `primary key published as version ${v3}: settleOn is primary`,
          evidence: { slot: "primary", version: v3, requestId: null },
        },
      ],
    });
  });

  it("settles without evidence if the old key was proven dead before", () => {
    const [event] = to.settlingStarted(aRotation().retired(), { version: v3 }, null, when("10:21")).events;
    expect(event).toEqual({ event: "SettlingStarted", detail: "the old key is dead; moving back to the primary key" });
  });

  it.each([
    ["retired", aRotation(aNoted).retired(), "secondary", v2],
    ["settling", aRotation(aNoted).settling(), "primary", v3],
  ] as const)("completes from %s", (_phase, state, slot, version) => {
    const proven = { oldKeyRefusedAt: at("10:20:30.000") };
    expect(to.rotationCompleted(state, proven, when("10:30"))).toEqual({
      state: { phase: "idle", active: state.active },
      events: [
        {
          event: "RotationCompleted",
          detail: `every consumer runs on the ${slot} key, version ${version}`,
          evidence: { slot, version, oldKeyRefusedAt: at("10:20:30.000") },
        },
      ],
      also: {
        lastRotation: {
          id: "01JDF0000000000000000ROTAT",
          outcome: "completed",
          startedAt: at("09:55"),
          endedAt: at("10:30"),
          reason: "leaked",
          retireAfterMs: 900_000,
          idempotencyKey: "once",
        },
      },
    });
  });
});

describe("a rotation whose key was published again after the gate had opened", () => {
  it("is completed, but the account is adopted again: its consumers confirmed another version", () => {
    const retired = aRotation().retired();
    const drifted = { ...retired, active: theSecondary({ version: v3, publishedAt: at("10:20:00.001") }) };
    expect(to.rotationCompleted(drifted, null, when("10:30"))).toMatchObject({
      state: { phase: "adopting", active: drifted.active, approval: null },
      events: [
        {
          event: "RotationCompleted",
          detail: `the secondary key is active; every consumer has yet to confirm its version ${v3}`,
          evidence: { slot: "secondary", version: v3 },
        },
      ],
      also: { lastRotation: { outcome: "completed" } },
    });
  });

  it("is completed as usual if the publication was at the instant of the retirement", () => {
    const retired = aRotation().retired();
    const same = { ...retired, active: theSecondary({ publishedAt: at("10:20") }) };
    expect(to.rotationCompleted(same, null, when("10:30")).state.phase).toBe("idle");
  });
});

describe("a roll-back", () => {
  const asked = aPause({ since: at("10:09"), reason: "render-api is down" });

  it("from published makes the previous key active with its own age: paused, due again, to be confirmed", () => {
    const state = aRotation().published({ previousKeyMadeAt: at("08:00", 20) });
    expect(to.rolledBack(state, { version: v3, requestId: "request-6" }, true, asked, when("10:10"))).toEqual({
      state: {
        phase: "adopting",
        active: thePrimary({ version: v3, publishedAt: at("10:10"), keyMadeAt: at("08:00", 20) }),
        approval: null,
      },
      events: [
        { event: "RotationRolledBack", detail: `back to the primary key, version ${v3}: render-api is down` },
        {
          event: "KeyPublished",
          detail: `primary key published as version ${v3}: rolled back`,
          evidence: { slot: "primary", version: v3, requestId: "request-6" },
        },
        { event: "Paused", detail: "paused by the roll-back, until an operator resumes: render-api is down" },
      ],
      also: {
        lastRotation: {
          id: "01JDF0000000000000000ROTAT",
          outcome: "rolledBack",
          startedAt: at("09:55"),
          endedAt: at("10:10"),
          reason: "due since 2026-11-24T09:50:00.000Z",
          retireAfterMs: null,
          idempotencyKey: null,
        },
        dueAgainAt: at("10:10"),
        pause: asked,
        rollback: null,
      },
    });
  });

  it.each([
    ["started", aRotation().started()],
    ["regenerated", aRotation().regenerated()],
  ])("from %s publishes nothing, as the previous key is still the newest", (_phase, state) => {
    const move = to.rolledBack(state, { version: v1 }, false, asked, when("10:10"));
    expect(move.state).toEqual({ phase: "adopting", active: thePrimary(), approval: null });
    expect(move.events.map(({ event }) => event)).toEqual(["RotationRolledBack", "Paused"]);
  });
});
