import { noKeyEvents } from "../../../../lib/rotation/key-events";
import { failed, moved, waitingOn } from "../../../../lib/rotation/moves/settle";
import type { Move } from "../../../../lib/rotation/moves/move";
import { rotationCompleted, targetRegenerated } from "../../../../lib/rotation/moves/transitions";
import { aClaim, aFailure, anEventContext, aQuarantine, aRecord } from "../../../builders/record";
import { aLeakedKeyRequest, adopting, aRotation, idle, thePrimary } from "../../../builders/state";
import { at, when } from "../../../builders/time";

describe("a move", () => {
  it("sets the next phase, and clears intent, failure and hold", () => {
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
      anEventContext("09:58"),
    );
    expect(next).toMatchObject({
      state: { phase: "regenerated", regeneratedAt: at("09:58") },
      phaseClock: { since: at("09:58"), pausedMs: 0, pausedSince: null },
      claim: { intent: null },
      failure: null,
      hold: null,
      chain: { sequence: 1 },
    });
    expect(next.publishing.outbox).toMatchObject([{ event: "KeyRegenerated", rotationId: "r1", sequence: 1 }]);
  });

  it("that ends a rotation writes an event with its id, and keeps its outcome", () => {
    const state = aRotation({ id: "r1" }).retired();
    const next = moved(aRecord({ state }), rotationCompleted(state, null, when("10:30")), anEventContext("10:30"));
    expect(next.publishing.outbox).toMatchObject([{ event: "RotationCompleted", rotationId: "r1" }]);
    expect(next.lastRotation).toMatchObject({ id: "r1", outcome: "completed" });
  });

  it("outside a rotation writes events without rotation id", () => {
    const move = { state: idle(), events: [{ event: "Adopted", detail: "" }] } as const;
    expect(moved(aRecord({ state: adopting() }), move, anEventContext("10:30")).publishing.outbox).toMatchObject([
      { rotationId: null },
    ]);
  });

  it("within a phase keeps the clock of that phase", () => {
    const record = aRecord({
      state: adopting(),
      phaseClock: { since: at("09:00"), pausedSince: at("09:30"), pausedMs: 5 },
    });
    const next = moved(record, { state: adopting(), events: [] }, anEventContext("10:00"));
    expect(next.phaseClock).toEqual({ since: at("09:00"), pausedMs: 5, pausedSince: at("09:30") });
  });

  it("to another phase while paused restarts the pause", () => {
    const record = aRecord({ state: idle(), phaseClock: { pausedSince: at("09:30") } });
    expect(moved(record, { state: adopting(), events: [] }, anEventContext("10:00")).phaseClock.pausedSince).toBe(
      at("10:00"),
    );
  });

  it.each([
    ["that rests on a comparison ends the one that an event asked for", { reconciledAt: at("10:30") }, null],
    ["of another kind leaves it owed", { dueAgainAt: null }, at("10:29")],
  ])("%s", (_what, also, lookSince) => {
    const record = aRecord({ keyEvents: { ...noKeyEvents, lookSince: at("10:29") } });
    const next = moved(record, { state: idle(), events: [], also }, anEventContext("10:30"));
    expect(next.keyEvents.lookSince).toBe(lookSince);
  });

  it.each([
    ["10:04:59.999", true],
    ["10:05", false],
  ])("at %s keeps a quarantine until 10:05: %s", (now, kept) => {
    const record = aRecord({ quarantine: aQuarantine({ until: at("10:05") }) });
    const next = moved(record, { state: adopting(), events: [] }, anEventContext(now));
    expect(next.quarantine).toEqual(kept ? aQuarantine() : null);
  });
});

describe("a hold", () => {
  const hold = { reason: "OldKeyStillAccepted", detail: "Batch still accepts the old primary key" } as const;

  it("is stored with its start, and clears failure and intent", () => {
    const record = waitingOn(
      aRecord({ failure: aFailure(), claim: aClaim({ intent: { slot: "primary", at: at("09:00") } }) }),
      hold,
      when("10:00"),
    );
    expect(record).toMatchObject({ failure: null, claim: { intent: null }, hold: { ...hold, since: at("10:00") } });
  });

  it("keeps its start while the reason is the same", () => {
    const first = waitingOn(aRecord(), hold, when("10:00"));
    expect(waitingOn(first, { ...hold, detail: "still" }, when("10:05")).hold).toEqual({
      reason: "OldKeyStillAccepted",
      detail: "still",
      since: at("10:00"),
    });
  });

  it("restarts with another reason", () => {
    const first = waitingOn(aRecord(), hold, when("10:00"));
    const other = { reason: "TargetKeyRefused", detail: "" } as const;
    expect(waitingOn(first, other, when("10:05")).hold?.since).toBe(at("10:05"));
  });

  it("ends when there is nothing to wait for", () => {
    expect(waitingOn(waitingOn(aRecord(), hold, when("10:00")), null, when("10:05")).hold).toBeNull();
  });
});

const withId = (id: string) => ({ blocked: null, detail: `Batch listKeys, status 503, request id ${id}: not done` });

describe("a failed step", () => {
  const throttled = { blocked: null, detail: "Batch regenerateKeys, status 429: not done, tried again later" } as const;
  const forbidden = {
    blocked: { reason: "Forbidden", remedy: "give the identity the role Batch Account Key Operator" },
    detail: "Batch listKeys, status 403",
  } as const;

  it("keeps the phase, counts the attempt, sets the next one, and writes one event", () => {
    const state = aRotation({ id: "r1" }).started();
    const before = aRecord({
      state,
      claim: aClaim({ intent: { slot: "secondary", at: at("10:00") } }),
      quarantine: aQuarantine(),
    });
    const after = failed(before, throttled, 1, at("10:01"), anEventContext("10:00"));
    expect(after).toMatchObject({
      state,
      claim: { intent: null },
      quarantine: aQuarantine(),
      failure: { ...throttled, since: at("10:00"), attempts: 1, nextAttemptAt: at("10:01") },
    });
    expect(after.publishing.outbox).toMatchObject([
      { event: "StepFailed", reason: "BackingOff", detail: throttled.detail, rotationId: "r1" },
    ]);
  });

  it("writes no further event and keeps its start while the failure is the same", () => {
    const first = failed(aRecord(), throttled, 1, at("10:01"), anEventContext("10:00"));
    const second = failed(first, throttled, 2, at("10:03"), anEventContext("10:01"));
    expect(second.publishing.outbox).toHaveLength(1);
    expect(second.failure).toMatchObject({ since: at("10:00"), attempts: 2, nextAttemptAt: at("10:03") });
  });

  it("is the same failure whatever its request id", () => {
    const first = failed(aRecord(), withId("a-1"), 1, at("10:01"), anEventContext("10:00"));
    const again = failed(first, withId("b.2"), 2, at("10:03"), anEventContext("10:01"));
    expect(again.publishing.outbox).toHaveLength(1);
    expect(again.failure?.detail).toBe(withId("b.2").detail);
  });

  it("writes another event when the failure changes", () => {
    const first = failed(aRecord(), throttled, 1, at("10:01"), anEventContext("10:00"));
    const second = failed(first, { ...throttled, detail: "connection reset" }, 2, at("10:03"), anEventContext("10:01"));
    expect(second.publishing.outbox.map(({ detail }) => detail)).toEqual([throttled.detail, "connection reset"]);
    expect(second.failure?.since).toBe(at("10:00"));
  });

  it("restarts when it becomes blocked, and writes an event with the remedy", () => {
    const first = failed(aRecord(), throttled, 1, at("10:01"), anEventContext("10:00"));
    const blocked = failed(first, forbidden, 2, at("10:03"), anEventContext("10:01"));
    expect(blocked.failure).toMatchObject({ blocked: forbidden.blocked, since: at("10:01") });
    expect(blocked.publishing.outbox.at(-1)).toMatchObject({
      event: "StepFailed",
      reason: "Forbidden",
      detail: "Batch listKeys, status 403; give the identity the role Batch Account Key Operator",
    });
  });
});

describe("a blocked step", () => {
  const blocked = { reason: "ResourceLocked", remedy: "remove the lock" } as const;

  it("writes one event whatever its request id, keeps its start, and restarts with another reason", () => {
    const first = failed(aRecord(), { blocked, detail: "request id a" }, 1, at("10:01"), anEventContext("10:00"));
    const again = failed(first, { blocked, detail: "request id b" }, 2, at("10:03"), anEventContext("10:01"));
    expect(again.failure).toMatchObject({ since: at("10:00"), attempts: 2 });
    expect(again.publishing.outbox).toHaveLength(1);
    const other = { reason: "Forbidden", remedy: "give it the role" } as const;
    const next = failed(again, { blocked: other, detail: "status 409" }, 3, at("10:05"), anEventContext("10:03"));
    expect(next.failure?.since).toBe(at("10:03"));
    expect(next.publishing.outbox).toHaveLength(2);
  });

  it("restarts as an ordinary failure when it is no longer blocked", () => {
    const first = failed(aRecord(), { blocked, detail: "status 409" }, 1, at("10:01"), anEventContext("10:00"));
    const next = failed(first, { blocked: null, detail: "status 503" }, 2, at("10:03"), anEventContext("10:01"));
    expect(next.failure).toMatchObject({ blocked: null, since: at("10:01") });
  });
});

const ended = (also: Move["also"]): Move => ({
  state: idle(),
  events: [{ event: "UrgentRotationSuperseded", detail: "ended" }],
  ...(also === undefined ? {} : { also }),
});

test("an adoption begins at first sight, however long the account was known before: as of then a delay counts", () => {
  const record = aRecord({ state: adopting(), phaseClock: { since: at("09:00"), pausedMs: 5 } });
  const seen: Move = { state: adopting({ active: thePrimary() }), events: [] };
  const first = moved(record, seen, anEventContext("10:00"));
  expect(first.phaseClock).toEqual({ since: at("10:00"), pausedSince: null, pausedMs: 0 });
  expect(moved(first, seen, anEventContext("10:05")).phaseClock.since).toBe(at("10:00"));
});

describe("the end of a rotation for a leaked key", () => {
  const restart = aLeakedKeyRequest;
  const context = anEventContext("10:30");

  it("is an alarm that lasts while its request has not started again", () => {
    expect(moved(aRecord(), ended({ restart }), context).publishing.alarms).toEqual([
      { kind: "UrgentRotationSuperseded", since: at("10:30"), lastNotifiedAt: at("10:30") },
    ]);
  });

  it("is announced once where nothing starts again", () => {
    expect(moved(aRecord(), ended(undefined), context).publishing.alarms).toEqual([]);
  });
});
