import { attentionIn, attentionOf, stallsAt } from "../../../../lib/rotation/attention/attention";
import { type AccountChanges, anAccount } from "../../../builders/account";
import { aFailure, aPause, aRecord, type RecordChanges } from "../../../builders/record";
import { adopting, anApproval, aRotation, thePrimary } from "../../../builders/state";
import { at, days, hours, when } from "../../../builders/time";

const { started, published } = aRotation();
const inPhase = (changes: RecordChanges) => ({ phaseClock: { since: at("10:00") }, ...changes });
const of = (changes: RecordChanges, account: AccountChanges = {}) => attentionOf(aRecord(changes), anAccount(account));

const blocked = aFailure({ since: at("09:00"), blocked: { reason: "Forbidden", remedy: "grant the role" } });
const overdue = { kind: "RotationOverdue", since: at("08:00"), lastNotifiedAt: at("08:00") } as const;
const hold = { reason: "TargetKeyRefused", detail: "refused", since: at("10:00") } as const;
const stalls = "stalled 2026-11-25T10:00:00.000Z";

const paused = (pausedSince: string) =>
  stallsAt(aRecord({ state: published(), phaseClock: { since: at("10:00", 20), pausedSince } }), anAccount());

const row = (attention: string | null, phase: string | null = "published") =>
  attentionIn({ account: "render-weu", phase, phaseSince: at("10:00"), attention }, when("12:00"));

describe("what is written beside a record about who must act", () => {
  it.each<[string, RecordChanges, AccountChanges, string]>([
    ["idle, with nothing open", {}, {}, ""],
    ["idle and blocked", { failure: blocked }, {}, `blocked ${at("09:00")}`],
    ["idle and overdue", { publishing: { alarms: [overdue] } }, {}, `overdue ${at("08:00")}`],
    ["idle and paused", { pause: aPause({ since: at("07:00") }) }, {}, `person ${at("07:00")}`],
    ["waiting for its apps", inPhase({ state: published() }), {}, `${stalls};app ${at("10:00")}`],
    [
      "waiting for approval",
      inPhase({ state: published() }),
      { gate: { mode: "approval" } },
      `${stalls};person ${at("10:00")}`,
    ],
    [
      "approved, and waiting for its apps",
      inPhase({ state: published({ approval: anApproval() }) }),
      { gate: { mode: "approval" } },
      `${stalls};app ${at("10:00")}`,
    ],
    [
      "approved in spite of its apps",
      inPhase({ state: published({ approval: anApproval() }) }),
      {},
      `${stalls};moving ${at("10:00")}`,
    ],
    [
      "waiting for a delay, without apps",
      inPhase({ state: published() }),
      { gate: { mode: "delay", delayMs: days(7), consumers: [] } },
      `${stalls};moving ${at("10:00")}`,
    ],
    [
      "at its gate while a step fails",
      inPhase({ state: published(), failure: aFailure() }),
      {},
      `${stalls};moving ${at("10:00")}`,
    ],
    [
      "at its gate while a key is refused",
      inPhase({ state: published(), hold }),
      {},
      `${stalls};moving ${at("10:00")}`,
    ],
    [
      "on its way to the gate",
      inPhase({ state: started() }),
      {},
      `stalled 2026-11-24T10:30:00.000Z;moving ${at("10:00")}`,
    ],
    [
      "adopting before its key is known",
      inPhase({ state: adopting() }),
      {},
      `stalled 2026-11-27T10:00:00.000Z;moving ${at("10:00")}`,
    ],
    [
      "adopting a published key",
      inPhase({ state: adopting({ active: thePrimary() }) }),
      {},
      `stalled 2026-11-27T10:00:00.000Z;app ${at("10:00")}`,
    ],
  ])("of an account that is %s", (_what, changes, account, text) => {
    expect(of(changes, account)).toBe(text);
  });

  it("names no time of stalling while a pause stops the clock, unless it was stalled before", () => {
    expect(paused(at("09:59", 21))).toBeNull();
    expect(paused(at("10:00", 21))).toBe(at("10:00", 21));
  });

  it("counts the time that was spent paused", () => {
    const phaseClock = { since: at("10:00"), pausedMs: hours(2) };
    expect(stallsAt(aRecord({ state: published(), phaseClock }), anAccount())).toBe(at("12:00", 25));
  });
});

describe("what a row says about who must act", () => {
  it.each<[string, string, object]>([
    ["the first that is so by now", `${stalls};app ${at("10:00")}`, { standing: "app", since: at("10:00") }],
    ["at its very instant", `stalled ${at("12:00")};app ${at("10:00")}`, { standing: "stalled", since: at("12:00") }],
    ["not one that is to come", `stalled ${at("12:01")};app ${at("10:00")}`, { standing: "app" }],
    ["nothing of another form", `gone ${at("10:00")};app soon;person ${at("11:00")}`, { standing: "person" }],
  ])("is %s", (_what, text, expected) => {
    expect(row(text)).toMatchObject(expected);
  });

  it("is by its phase where it says nothing", () => {
    expect(row(null)).toEqual({ standing: "moving", since: at("10:00") });
    expect(row("", "idle")).toEqual({ standing: "idle", since: at("10:00") });
    expect(row(null, null)).toMatchObject({ standing: "moving" });
  });
});
