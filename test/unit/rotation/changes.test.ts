import { createHash } from "node:crypto";
import { activeQuarantine, claimed, claimIsAbsurd, claimIsLive, quarantined } from "../../../lib/rotation/claim";
import { failed, moved, waitingOn } from "../../../lib/rotation/settle";
import { firstRecord, isFor } from "../../../lib/rotation/first-record";
import { pauseInForce, withPauseSeen } from "../../../lib/rotation/pause";
import { withBacklog, withEvents } from "../../../lib/rotation/events/outbox";
import type { Quarantine } from "../../../lib/rotation/record";
import { rotationCompleted, targetRegenerated } from "../../../lib/rotation/transitions";
import { anAccount } from "../../builders/account";
import { aClaim, aFailure, aPause, aPen, aRecord } from "../../builders/record";
import { adopting, aRotation, idle } from "../../builders/state";
import { at, minutes, when } from "../../builders/time";

const aQuarantine = (changes: Partial<Quarantine> = {}): Quarantine => ({
  slot: "secondary",
  since: at("10:00"),
  until: at("10:05"),
  ...changes,
});

describe("the first record of an account", () => {
  it("adopts what the configuration names, and knows nothing else", () => {
    const config = anAccount();
    expect(firstRecord(config, when("10:00"))).toMatchObject({
      account: "render-weu",
      resourceId: config.batch.resourceId,
      secret: { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key" },
      accountEndpoint: null,
      state: { phase: "adopting", active: null, approval: null },
      phaseClock: { since: "2026-11-24T10:00:00.000Z", pausedSince: null, pausedMs: 0 },
      pause: null,
      claim: null,
      quarantine: null,
      failure: null,
      hold: null,
      reconciledAt: null,
      lastRotation: null,
      chain: { sequence: 0 },
      publishing: { outbox: [], announcedThrough: 0 },
    });
  });
});

describe("a claim", () => {
  it("is absurd where it lasts for more than a day beyond the longest", () => {
    const record = aRecord({ claim: aClaim({ until: at("10:06", 25) }) });
    const sixMinutes = 360_000;
    expect(claimIsAbsurd(record, sixMinutes, when("10:00"))).toBe(false);
    expect(claimIsAbsurd(record, sixMinutes, when("09:59:59.999"))).toBe(true);
    expect(claimIsAbsurd(aRecord(), sixMinutes, when("10:00"))).toBe(false);
  });

  it.each([
    ["10:05:59.999", true],
    ["10:06", false],
  ])("until 10:06 is live at %s: %s", (now, live) => {
    expect(claimIsLive(aRecord({ claim: aClaim({ until: at("10:06") }) }), when(now))).toBe(live);
  });

  it("is not live where there is none", () => {
    expect(claimIsLive(aRecord({ claim: null }), when("10:00"))).toBe(false);
  });

  it("taken after another was let go adds no quarantine", () => {
    const record = claimed(aRecord({ claim: null }), aClaim(), minutes(5));
    expect(record).toMatchObject({ claim: aClaim(), quarantine: null });
  });

  it("taken after another was let go keeps a quarantine", () => {
    const record = claimed(aRecord({ claim: null, quarantine: aQuarantine() }), aClaim(), minutes(5));
    expect(record.quarantine).toEqual(aQuarantine());
  });

  it("taken after one that ran out with an intent counts the answer as lost at that claim's end", () => {
    const cutOff = aRecord({
      claim: aClaim({ id: "dead", until: at("10:06"), intent: { slot: "primary", at: at("10:01") } }),
    });
    expect(claimed(cutOff, aClaim({ id: "mine" }), minutes(5))).toMatchObject({
      claim: { id: "mine", intent: null },
      quarantine: { slot: "primary", since: "2026-11-24T10:06:00.000Z", until: "2026-11-24T10:11:00.000Z" },
    });
  });

  it("taken after one that ran out without an intent leaves no slot in doubt, but a late publish may be in flight", () => {
    const cutOff = aRecord({ claim: aClaim({ until: at("10:06") }) });
    expect(claimed(cutOff, aClaim(), minutes(5)).quarantine).toEqual({
      slot: null,
      since: "2026-11-24T10:06:00.000Z",
      until: "2026-11-24T10:11:00.000Z",
    });
  });
});

describe("a quarantine", () => {
  it.each([
    ["10:04:59.999", true],
    ["10:05", false],
  ])("until 10:05 is in force at %s: %s", (now, inForce) => {
    const record = aRecord({ quarantine: aQuarantine({ until: at("10:05") }) });
    expect(activeQuarantine(record, when(now))).toEqual(inForce ? aQuarantine() : null);
  });

  it("is not in force where there is none", () => {
    expect(activeQuarantine(aRecord(), when("10:00"))).toBeNull();
  });

  const added = aQuarantine({ slot: null, since: at("10:05"), until: at("10:10") });
  it.each([
    ["none", null, added],
    ["one that has ended by then", aQuarantine({ until: at("10:05") }), added],
    [
      "one that lasts: its slot stays in doubt",
      aQuarantine({ until: at("10:05:00.001") }),
      { ...added, slot: "secondary" },
    ],
    ["one that lasts longer", aQuarantine({ until: at("10:30") }), { ...added, slot: "secondary", until: at("10:30") }],
  ])("added to %s", (_what, known, expected) => {
    expect(quarantined(known, added)).toEqual(expected);
  });

  it("of a slot takes the place of one of none", () => {
    const known = aQuarantine({ slot: null, until: at("10:07") });
    expect(quarantined(known, { ...added, slot: "primary" })).toEqual({ ...added, slot: "primary" });
  });
});

/** As an auditor would compute it. */
const sha256 = (members: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(members)).digest("hex");

describe("events", () => {
  it("are numbered on, told with who and when, and wait in the outbox", () => {
    const record = aRecord({ state: aRotation({ id: "r1" }).started(), chain: { sequence: 7 } });
    const first = withEvents(record, [{ event: "Paused", detail: "for a release" }], aPen("10:00", "operator:ada"));
    const drafts = [
      { event: "Resumed", detail: "done", reason: "Forbidden", evidence: { requestId: "r" } },
      { event: "Approved", detail: "yes" },
    ] as const;
    const next = withEvents(first, drafts, { ...aPen("10:01"), nextId: () => "later" });
    expect(next.chain.sequence).toBe(10);
    expect(next.publishing.outbox).toEqual([
      {
        id: "event-1",
        sequence: 8,
        at: "2026-11-24T10:00:00.000Z",
        event: "Paused",
        account: "render-weu",
        rotationId: "r1",
        reason: null,
        detail: "for a release",
        by: "operator:ada",
        evidence: null,
        previousHash: null,
      },
      {
        id: "later",
        sequence: 9,
        at: "2026-11-24T10:01:00.000Z",
        event: "Resumed",
        account: "render-weu",
        rotationId: "r1",
        reason: "Forbidden",
        detail: "done",
        by: "schedule",
        evidence: { requestId: "r" },
        previousHash: expect.any(String),
      },
      expect.objectContaining({ sequence: 10, event: "Approved" }),
    ]);
  });

  it("are chained: each carries the hash of every member of the one before it, across writes", () => {
    const first = withEvents(aRecord(), [{ event: "Paused", detail: "a" }], aPen("10:00"));
    const drafts = [
      { event: "Resumed", detail: "b", evidence: { n: 1 } },
      { event: "Approved", detail: "c", reason: "Forbidden" },
    ] as const;
    const record = withEvents(first, drafts, { ...aPen("10:01", "operator:ada"), nextId: () => "later" });
    const account = "render-weu";
    const one = ["event-1", 1, at("10:00"), "Paused", account, null, null, "a", "schedule", null, null];
    const two = ["later", 2, at("10:01"), "Resumed", account, null, null, "b", "operator:ada", { n: 1 }, sha256(one)];
    const three = [
      "later",
      3,
      at("10:01"),
      "Approved",
      account,
      null,
      "Forbidden",
      "c",
      "operator:ada",
      null,
      sha256(two),
    ];
    expect(record.publishing.outbox.map(({ previousHash }) => previousHash)).toEqual([null, sha256(one), sha256(two)]);
    expect(record.chain.hash).toBe(sha256(three));
  });

  it("say 4,000 characters at most, so that each can be delivered", () => {
    const record = withEvents(aRecord(), [{ event: "Paused", detail: "x".repeat(4_001) }], aPen("10:00"));
    expect(record.publishing.outbox[0]?.detail).toBe("x".repeat(4_000));
  });

  it("say whole characters only: half of one could not be stored as it was hashed", () => {
    const halved = `${"x".repeat(3_999)}\u{1f511}`;
    const drafts = [
      { event: "Paused", detail: halved },
      { event: "Resumed", detail: "sent with \ud83d and without its half" },
      { event: "Approved", detail: "whole \u{1f511}" },
    ] as const;
    const record = withEvents(aRecord(), drafts, aPen("10:00"));
    expect(record.publishing.outbox.map(({ detail }) => detail)).toEqual([
      `${"x".repeat(3_999)}\ufffd`,
      "sent with \ufffd and without its half",
      "whole \u{1f511}",
    ]);
  });

  it("belong to no rotation where none is under way", () => {
    const record = withEvents(aRecord(), [{ event: "Paused", detail: "" }], aPen("10:00"));
    expect(record.publishing.outbox.map(({ rotationId }) => rotationId)).toEqual([null]);
  });
});

describe("a move", () => {
  it("takes the record to its next phase and clears what the last tries left behind", () => {
    const record = aRecord({
      state: aRotation({ id: "r1" }).started(),
      phaseClock: { since: at("09:55"), pausedMs: 1_000 },
      claim: aClaim({ intent: { slot: "secondary", at: at("09:57") } }),
      failure: aFailure(),
      hold: { reason: "NewKeyNotAcceptedYet", detail: "", since: at("09:56") },
    });
    const next = moved(
      record,
      targetRegenerated(aRotation({ id: "r1" }).started(), null, when("09:58")),
      aPen("09:58"),
    );
    expect(next).toMatchObject({
      state: { phase: "regenerated", regeneratedAt: "2026-11-24T09:58:00.000Z" },
      phaseClock: { since: "2026-11-24T09:58:00.000Z", pausedMs: 0, pausedSince: null },
      claim: { intent: null },
      failure: null,
      hold: null,
      chain: { sequence: 1 },
    });
    expect(next.publishing.outbox).toMatchObject([{ event: "KeyRegenerated", rotationId: "r1", sequence: 1 }]);
  });

  it("that ends a rotation tells so under its id, and keeps its outcome", () => {
    const state = aRotation({ id: "r1" }).retired();
    const next = moved(aRecord({ state }), rotationCompleted(state, null, when("10:30")), aPen("10:30"));
    expect(next.publishing.outbox).toMatchObject([{ event: "RotationCompleted", rotationId: "r1" }]);
    expect(next.lastRotation).toMatchObject({ id: "r1", outcome: "completed" });
  });

  it("outside any rotation belongs to none", () => {
    const move = { state: idle(), events: [{ event: "Adopted", detail: "" }] } as const;
    expect(moved(aRecord({ state: adopting() }), move, aPen("10:30")).publishing.outbox).toMatchObject([
      { rotationId: null },
    ]);
  });

  it("within a phase leaves the clock of that phase running", () => {
    const record = aRecord({
      state: adopting(),
      phaseClock: { since: at("09:00"), pausedSince: at("09:30"), pausedMs: 5 },
    });
    const next = moved(record, { state: adopting(), events: [] }, aPen("10:00"));
    expect(next.phaseClock).toEqual({
      since: "2026-11-24T09:00:00.000Z",
      pausedMs: 5,
      pausedSince: "2026-11-24T09:30:00.000Z",
    });
  });

  it("to another phase while paused counts the pause from there on", () => {
    const record = aRecord({ state: idle(), phaseClock: { pausedSince: at("09:30") } });
    expect(moved(record, { state: adopting(), events: [] }, aPen("10:00")).phaseClock.pausedSince).toBe(
      "2026-11-24T10:00:00.000Z",
    );
  });

  it.each([
    ["10:04:59.999", true],
    ["10:05", false],
  ])("at %s keeps a quarantine until 10:05: %s", (now, kept) => {
    const record = aRecord({ quarantine: aQuarantine({ until: at("10:05") }) });
    const next = moved(record, { state: adopting(), events: [] }, aPen(now));
    expect(next.quarantine).toEqual(kept ? aQuarantine() : null);
  });
});

describe("a look that found something to wait for", () => {
  const hold = { reason: "OldKeyStillAccepted", detail: "Batch still accepts the old primary key" } as const;

  it("is kept with the instant of its beginning", () => {
    const record = waitingOn(
      aRecord({ failure: aFailure(), claim: aClaim({ intent: { slot: "primary", at: at("09:00") } }) }),
      hold,
      when("10:00"),
    );
    expect(record).toMatchObject({
      failure: null,
      claim: { intent: null },
      hold: { ...hold, since: "2026-11-24T10:00:00.000Z" },
    });
  });

  it("does not begin anew while the reason is the same", () => {
    const first = waitingOn(aRecord(), hold, when("10:00"));
    expect(waitingOn(first, { ...hold, detail: "still" }, when("10:05")).hold).toEqual({
      reason: "OldKeyStillAccepted",
      detail: "still",
      since: "2026-11-24T10:00:00.000Z",
    });
  });

  it("begins anew with another reason", () => {
    const first = waitingOn(aRecord(), hold, when("10:00"));
    const other = { reason: "TargetKeyRefused", detail: "" } as const;
    expect(waitingOn(first, other, when("10:05")).hold?.since).toBe("2026-11-24T10:05:00.000Z");
  });

  it("is over when nothing is found", () => {
    expect(waitingOn(waitingOn(aRecord(), hold, when("10:00")), null, when("10:05")).hold).toBeNull();
  });
});

describe("a step that did not get done", () => {
  const throttled = { blocked: null, detail: "Batch regenerateKeys, status 429: not done, tried again later" } as const;
  const forbidden = {
    blocked: { reason: "Forbidden", remedy: "give the identity the role Batch Account Key Operator" },
    detail: "Batch listKeys, status 403",
  } as const;

  it("keeps the phase, counts the try, says when the next is, and tells it once", () => {
    const state = aRotation({ id: "r1" }).started();
    const before = aRecord({
      state,
      claim: aClaim({ intent: { slot: "secondary", at: at("10:00") } }),
      quarantine: aQuarantine(),
    });
    const after = failed(before, throttled, 1, at("10:01"), aPen("10:00"));
    expect(after).toMatchObject({
      state,
      claim: { intent: null },
      quarantine: aQuarantine(),
      failure: {
        ...throttled,
        since: "2026-11-24T10:00:00.000Z",
        attempts: 1,
        nextAttemptAt: "2026-11-24T10:01:00.000Z",
      },
    });
    expect(after.publishing.outbox).toMatchObject([
      { event: "StepFailed", reason: "BackingOff", detail: throttled.detail, rotationId: "r1" },
    ]);
  });

  it("is not told again while it fails the same way, and its beginning stays", () => {
    const first = failed(aRecord(), throttled, 1, at("10:01"), aPen("10:00"));
    const second = failed(first, throttled, 2, at("10:03"), aPen("10:01"));
    expect(second.publishing.outbox).toHaveLength(1);
    expect(second.failure).toMatchObject({
      since: "2026-11-24T10:00:00.000Z",
      attempts: 2,
      nextAttemptAt: "2026-11-24T10:03:00.000Z",
    });
  });

  it("is told again when it fails in another way", () => {
    const first = failed(aRecord(), throttled, 1, at("10:01"), aPen("10:00"));
    const second = failed(first, { ...throttled, detail: "connection reset" }, 2, at("10:03"), aPen("10:01"));
    expect(second.publishing.outbox.map(({ detail }) => detail)).toEqual([throttled.detail, "connection reset"]);
    expect(second.failure?.since).toBe("2026-11-24T10:00:00.000Z");
  });

  it("begins anew when it becomes an operator's to mend, and tells the remedy", () => {
    const first = failed(aRecord(), throttled, 1, at("10:01"), aPen("10:00"));
    const blocked = failed(first, forbidden, 2, at("10:03"), aPen("10:01"));
    expect(blocked.failure).toMatchObject({ blocked: forbidden.blocked, since: "2026-11-24T10:01:00.000Z" });
    expect(blocked.publishing.outbox.at(-1)).toMatchObject({
      event: "StepFailed",
      reason: "Forbidden",
      detail: "Batch listKeys, status 403; give the identity the role Batch Account Key Operator",
    });
  });
});

describe("a step that stays blocked", () => {
  const blocked = { reason: "ResourceLocked", remedy: "remove the lock" } as const;

  it("is told once, whatever its request id, keeps its beginning, and begins anew when it is blocked by something else", () => {
    const first = failed(aRecord(), { blocked, detail: "request id a" }, 1, at("10:01"), aPen("10:00"));
    const again = failed(first, { blocked, detail: "request id b" }, 2, at("10:03"), aPen("10:01"));
    expect(again.failure).toMatchObject({ since: "2026-11-24T10:00:00.000Z", attempts: 2 });
    expect(again.publishing.outbox).toHaveLength(1);
    const other = { reason: "Forbidden", remedy: "give it the role" } as const;
    const next = failed(again, { blocked: other, detail: "status 409" }, 3, at("10:05"), aPen("10:03"));
    expect(next.failure?.since).toBe("2026-11-24T10:03:00.000Z");
    expect(next.publishing.outbox).toHaveLength(2);
  });

  it("begins anew as an ordinary failure when the block has gone", () => {
    const first = failed(aRecord(), { blocked, detail: "status 409" }, 1, at("10:01"), aPen("10:00"));
    const next = failed(first, { blocked: null, detail: "status 503" }, 2, at("10:03"), aPen("10:01"));
    expect(next.failure).toMatchObject({ blocked: null, since: "2026-11-24T10:01:00.000Z" });
  });
});

describe("the pause in force", () => {
  const paused = anAccount({ paused: true });
  const record = aRecord({ phaseClock: { since: at("09:00") } });

  it.each([
    ["none", record, anAccount(), null],
    ["an operator's", { ...record, pause: aPause() }, anAccount(), aPause()],
    ["an operator's before the configuration's", { ...record, pause: aPause() }, paused, aPause()],
    [
      "the configuration's, since a driver saw it",
      { ...record, phaseClock: { ...record.phaseClock, pausedSince: at("09:30") } },
      paused,
      { since: at("09:30"), by: "configuration", reason: '"paused": true' },
    ],
    [
      "the configuration's, since the phase began where no driver has seen it",
      record,
      paused,
      { since: at("09:00"), by: "configuration", reason: '"paused": true' },
    ],
  ])("is %s", (_what, of, config, expected) => {
    expect(pauseInForce(of, config)).toEqual(expected);
  });
});

describe("the books on time spent paused", () => {
  it("begin when a driver first sees the pause", () => {
    const record = aRecord({ pause: aPause() });
    expect(withPauseSeen(record, anAccount(), when("10:10")).phaseClock).toMatchObject({
      pausedSince: "2026-11-24T10:10:00.000Z",
      pausedMs: 0,
    });
  });

  it("add up when it has ended", () => {
    const record = aRecord({ pause: null, phaseClock: { pausedSince: at("10:00"), pausedMs: minutes(3) } });
    expect(withPauseSeen(record, anAccount(), when("10:10")).phaseClock).toMatchObject({
      pausedSince: null,
      pausedMs: minutes(13),
    });
  });

  it("never lose time to a clock that was set back", () => {
    const record = aRecord({ pause: null, phaseClock: { pausedSince: at("10:00"), pausedMs: minutes(3) } });
    expect(withPauseSeen(record, anAccount(), when("09:00")).phaseClock.pausedMs).toBe(minutes(3));
  });

  it.each([
    ["a pause that lasts", aRecord({ pause: aPause(), phaseClock: { pausedSince: at("10:00") } })],
    ["no pause", aRecord()],
  ])("stay as they are with %s", (_what, record) => {
    expect(withPauseSeen(record, anAccount(), when("10:10"))).toBe(record);
  });
});

describe("a record is for an account", () => {
  const { batch, secret } = anAccount();

  it.each([
    ["of the same names in other case, as Azure compares them", { resourceId: batch.resourceId.toUpperCase() }, true],
    ["in another vault's case", { secret: { vaultUrl: "HTTPS://RENDER.vault.azure.net", name: secret.name } }, true],
    ["in another secret's case", { secret: { ...secret, name: "RenderWeu-Batch-Key" } }, true],
    ["but not of another Batch account", { resourceId: `${batch.resourceId}2` }, false],
    ["but not in another vault", { secret: { ...secret, vaultUrl: "https://other.vault.azure.net" } }, false],
    ["but not of another secret", { secret: { ...secret, name: "other" } }, false],
  ])("%s", (_what, changes, same) => {
    expect(isFor(aRecord(changes), anAccount())).toBe(same);
  });
});

describe("what was told while the record could not be read", () => {
  it("is numbered on for the history, under its own ids, and told no second time", () => {
    const before = withEvents(aRecord(), [{ event: "Paused", detail: "a release" }], aPen("10:00"));
    const told = {
      id: "told-1",
      at: at("08:00"),
      event: "RotationBlocked",
      account: "render-weu",
      rotationId: null,
      reason: "RecordCorrupt",
      detail: "restore the row",
      by: "schedule",
    } as const;
    const after = withBacklog(before, [told, { ...told, id: "told-2" }], aPen("11:00").hash);
    expect(after.publishing.outbox.map(({ id, sequence }) => [id, sequence])).toEqual([
      ["event-1", 1],
      ["told-1", 2],
      ["told-2", 3],
    ]);
    expect(after.publishing.outbox[1]).toEqual({
      ...told,
      sequence: 2,
      evidence: null,
      previousHash: before.chain.hash,
    });
    expect([after.chain.sequence, after.publishing.announcedThrough]).toEqual([3, 3]);
  });
});
