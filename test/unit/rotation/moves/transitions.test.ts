import * as to from "../../../../lib/rotation/moves/transitions";
import { aPause } from "../../../builders/record";
import { aConfirmation } from "../../../builders/report";
import { noCopyFound } from "../../../builders/searched";
import type { Searched } from "../../../../lib/rotation/gate/key-copies";
import type { PublishedAs } from "../../../../lib/rotation/moves/evidence";
import { aDeathProof, aRotation, idle, thePrimary, theSecondary, v1, v2, v3 } from "../../../builders/state";
import { at, minutes, when } from "../../../builders/time";

const aNoted = { reason: "leaked", retireAfterMs: minutes(15), idempotencyKey: "once" } as const;

const place = { resourceId: "/batch", secret: { vaultUrl: "https://vault.example", name: "key" } };
const placed = { resourceId: "/batch", secret: "https://vault.example/secrets/key" };
const accepted = { provenBy: "a signed call with this key was accepted", notProven: null };
const notTried = { provenBy: null, notProven: "no signed call with this key was accepted: none was made" };
const refused = {
  provenDeadBy: "a signed call with the old key was refused",
  provenDeadAt: at("10:20:30.000"),
  notProvenDead: null,
};
const notProvenDead = {
  provenDeadBy: null,
  provenDeadAt: null,
  notProvenDead: "its secret version was disabled or gone before the key could be tried",
};

describe("a rotation", () => {
  it.each([
    ["primary", "secondary"],
    ["secondary", "primary"],
  ] as const)("starts from the %s key with the other as its target", (previous, target) => {
    const request = { id: "r1", trigger: "demand", by: "operator:ada", ...aNoted } as const;
    expect(to.rotationStarted(idle({ slot: previous }), request, place, when("10:00"))).toEqual({
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
          evidence: { askedBy: "operator:ada", ...placed },
        },
      ],
      also: { dueAgainAt: null, restart: null },
    });
  });

  it("on schedule states only why it was due", () => {
    const request = { id: "r1", ...aNoted, trigger: "schedule", by: "schedule", reason: "due" } as const;
    expect(to.rotationStarted(idle(), request, place, when("10:00")).events).toEqual([
      {
        event: "RotationStarted",
        detail: "on schedule, from the primary to the secondary key: due",
        evidence: { askedBy: "schedule", ...placed },
      },
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

  it.each<[NonNullable<PublishedAs["answer"]>, string, object]>([
    ["accepted", "", accepted],
    [
      "notAsked",
      "; not proven: no signed call with this key was accepted: none was made",
      { provenBy: null, notProven: "no signed call with this key was accepted: none was made" },
    ],
    [
      "unanswered",
      "; not proven: no signed call with this key was accepted: Batch did not answer",
      { provenBy: null, notProven: "no signed call with this key was accepted: Batch did not answer" },
    ],
  ])("publishes its target and keeps the previous version; a signed call with the key was %s", (answer, end, proof) => {
    const secret = "https://render.vault.azure.net/secrets/renderweu-batch-key";
    const as = { version: v2, createdAt: at("10:00"), secret, requestId: "request-3", answer };
    expect(to.targetPublished(aRotation().regenerated(), as, when("10:00"))).toEqual({
      state: aRotation().published(),
      events: [
        {
          event: "KeyPublished",
          detail: `secondary key published as version ${v2}: the rotation's new key${end}`,
          evidence: {
            slot: "secondary",
            version: v2,
            createdAt: at("10:00"),
            secret,
            requestId: "request-3",
            ...proof,
          },
        },
      ],
    });
  });

  it.each([
    ["without override", null, false, "primary key regenerated", ""],
    ["with an override", "approved", false, "primary key regenerated", "; approved"],
    ["after an outside regenerate", null, true, "primary key had been regenerated already", ""],
  ])("retires the previous key %s, and does not claim that it is dead", (_what, override, byOthers, begin, end) => {
    const retirement = {
      override,
      byOthers,
      requestId: "request-4",
      confirmations: [aConfirmation({ proven: true })],
      searched: null,
    };
    expect(to.previousRetired(aRotation().published(), retirement, when("10:20"))).toEqual({
      state: aRotation().retired(),
      events: [
        {
          event: "KeyRetired",
          detail: `${begin}; its old value is still to be proven dead${end}`,
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
                evidence: "proof",
              },
            ],
          },
        },
      ],
    });
  });

  it("names what a search of the account has found, and says in the sentence what it has not seen", () => {
    const opened = { override: null, byOthers: false, requestId: null, confirmations: [] };
    const eventOf = (searched: Searched) =>
      to.previousRetired(aRotation().published(), { ...opened, searched }, when("10:20")).events[0];
    const whole = eventOf(noCopyFound());
    expect(whole?.evidence).toMatchObject({
      searchedAt: at("10:12"),
      searchFound: noCopyFound().detail,
      searchIncomplete: null,
    });
    expect(whole?.detail).not.toMatch(/searched/);
    expect(eventOf(noCopyFound({ incomplete: "only the first" }))?.detail).toMatch(
      /; the account was not searched in full for copies of the key: only the first$/,
    );
  });

  it("lists at most 100 confirmations, and counts all", () => {
    const confirmations = Array.from({ length: 101 }, (_, i) => aConfirmation({ instance: `vm-${i}` }));
    const retirement = { override: null, byOthers: false, requestId: null, confirmations, searched: null };
    const [event] = to.previousRetired(aRotation().published(), retirement, when("10:20")).events;
    expect(event?.evidence).toMatchObject({ confirmedInstances: 101 });
    expect(event?.evidence?.["confirmations"]).toHaveLength(100);
  });

  it("limits an override in its evidence to 2,000 characters, so that it can be stored", () => {
    const retirement = {
      override: "o".repeat(2_001),
      byOthers: false,
      requestId: null,
      confirmations: [],
      searched: null,
    };
    const [event] = to.previousRetired(aRotation().published(), retirement, when("10:20")).events;
    expect(event?.evidence).toMatchObject({ override: "o".repeat(2_000), confirmedInstances: 0, confirmations: [] });
  });

  it("settles on the new primary key, made when the old one was retired, and names the proof", () => {
    const retired = aRotation().retired({ proof: aDeathProof() });
    expect(
      to.settlingStarted(retired, { version: v3, createdAt: at("10:21"), answer: "accepted" }, when("10:21")),
    ).toEqual({
      state: aRotation().settling(),
      events: [
        {
          event: "SettlingStarted",
          detail: "the old key is dead: a signed call with the old key was refused; moving back to the primary key",
          evidence: { ...refused, disabledVersion: v1 },
        },
        {
          event: "KeyPublished",
          detail: `primary key published as version ${v3}: settleOn is primary`,
          evidence: { slot: "primary", version: v3, createdAt: at("10:21"), requestId: null, ...accepted },
        },
      ],
    });
  });

  it("settles without a proof, and says so", () => {
    const { events, state } = to.settlingStarted(
      aRotation().retired(),
      { version: v3, createdAt: at("10:21") },
      when("10:21"),
    );
    expect(state).toMatchObject({ phase: "settling", proof: null });
    expect(events[0]).toEqual({
      event: "SettlingStarted",
      detail: `the old key was not proven dead: ${notProvenDead.notProvenDead}; moving back to the primary key`,
      evidence: { ...notProvenDead, disabledVersion: null },
    });
  });

  const dead = "the old key is dead: a signed call with the old key was refused";
  const opening = { override: "approved by operator:ada", confirmations: [], searched: null };
  const opened = { override: "approved by operator:ada", confirmedInstances: 0, confirmations: [] };

  it.each([
    [
      "retired",
      aRotation(aNoted).retired({ proof: aDeathProof() }),
      null,
      "secondary",
      v2,
      dead,
      {
        ...refused,
        disabledVersion: v1,
      },
    ],
    [
      "retired without a proof",
      aRotation(aNoted).retired(),
      null,
      "secondary",
      v2,
      `the old key was not proven dead: ${notProvenDead.notProvenDead}`,
      { ...notProvenDead, disabledVersion: null },
    ],
    [
      "retired by a comparison",
      aRotation(aNoted).retired({ proof: aDeathProof({ by: "comparison" }) }),
      null,
      "secondary",
      v2,
      "the old key is dead: the old key is neither live key",
      { ...refused, provenDeadBy: "the old key is neither live key", disabledVersion: v1 },
    ],
    [
      "settling in spite of a check",
      aRotation(aNoted).settling(),
      opening,
      "primary",
      v3,
      `${dead}; approved by operator:ada`,
      { ...refused, ...opened },
    ],
  ] as const)(
    "completes from %s, and its end says what was proven",
    (_phase, state, how, slot, version, end, proof) => {
      expect(to.rotationCompleted(state, how, when("10:30"))).toEqual({
        state: { phase: "idle", active: state.active },
        events: [
          {
            event: "RotationCompleted",
            detail: `the ${slot} key, version ${version}, is active; ${end}`,
            evidence: { slot, version, ...proof },
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
    },
  );
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
          detail: expect.stringMatching(
            `^the secondary key, version ${v3}, is active; every consumer has yet to confirm it; `,
          ),
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
    expect(
      to.rolledBack(state, { version: v3, createdAt: at("10:10"), requestId: "request-6" }, true, asked, when("10:10")),
    ).toEqual({
      state: {
        phase: "adopting",
        active: thePrimary({
          version: v3,
          createdAt: at("10:10"),
          publishedAt: at("10:10"),
          keyMadeAt: at("08:00", 20),
        }),
        approval: null,
      },
      events: [
        { event: "RotationRolledBack", detail: `back to the primary key, version ${v3}: render-api is down` },
        {
          event: "KeyPublished",
          detail: `primary key published as version ${v3}: rolled back`,
          evidence: { slot: "primary", version: v3, createdAt: at("10:10"), requestId: "request-6", ...notTried },
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
        readAtOnce: v3,
      },
    });
  });

  it.each([
    ["started", aRotation().started()],
    ["regenerated", aRotation().regenerated()],
  ])("from %s publishes nothing, as the previous key is still the newest", (_phase, state) => {
    const move = to.rolledBack(state, { version: v1, createdAt: at("10:00", 20) }, false, asked, when("10:10"));
    expect(move.state).toEqual({ phase: "adopting", active: thePrimary(), approval: null });
    expect(move.events.map(({ event }) => event)).toEqual(["RotationRolledBack", "Paused"]);
  });
});
