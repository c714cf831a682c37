import { emptyFleet } from "../../../../lib/rotation/fleet/fleet-state";
import { attentionIn, attentionOf, stallsAt } from "../../../../lib/rotation/attention/attention";
import { nothingSeen, type Sightings } from "../../../../lib/rotation/gate/sightings";
import { type AccountChanges, anAccount } from "../../../builders/account";
import { aFleet, aFleetFailure } from "../../../builders/fleet";
import { aFailure, aPause, aRecord, type RecordChanges } from "../../../builders/record";
import { aReport, reported } from "../../../builders/report";
import { aCopyFound, noCopyFound } from "../../../builders/searched";
import { adopting, anApproval, aRotation, thePrimary } from "../../../builders/state";
import { at, days, hours, when } from "../../../builders/time";

const { started, published } = aRotation();
const inPhase = (changes: RecordChanges) => ({ phaseClock: { since: at("10:00") }, ...changes });
const atGate = inPhase({ state: published(), searched: noCopyFound() });

interface Seen {
  readonly now?: Date;
  readonly sightings?: Sightings;
  readonly dryRun?: boolean;
}

/** At 10:12 on the 24th, when no app has reported. */
const of = (changes: RecordChanges, account: AccountChanges = {}, seen: Seen = {}) =>
  attentionOf({
    record: aRecord(changes),
    config: anAccount(account),
    sightings: nothingSeen,
    dryRun: false,
    fleet: account.fleet === undefined ? null : { ...emptyFleet, failures: [aFleetFailure("another", "09:30")] },
    now: when("10:12"),
    ...seen,
  });

const blocked = aFailure({ since: at("09:00"), blocked: { reason: "Forbidden", remedy: "grant the role" } });
const hold = { reason: "TargetKeyRefused", detail: "refused", since: at("10:04") } as const;
const stalls = "stalled 2026-11-25T10:00:00.000Z";
const due = { rotateEveryMs: days(4) };
const stopped = aFleet({ breaker: { failures: 1, withinMs: days(1) } });

const paused = (pausedSince: string) =>
  stallsAt(aRecord({ state: published(), phaseClock: { since: at("10:00", 20), pausedSince } }), anAccount());

const row = (attention: string | null, phase: string | null = "published") =>
  attentionIn({ account: "render-weu", phase, phaseSince: at("10:00"), attention }, when("12:00"));

describe("what is written beside a record about who must act", () => {
  it.each<[string, RecordChanges, AccountChanges, Seen, string]>([
    ["idle, with nothing open", {}, {}, {}, ""],
    ["idle and blocked", { failure: blocked }, {}, {}, `blocked ${at("09:00")}`],
    [
      "idle, while a step fails",
      { failure: aFailure() },
      {},
      {},
      `overdue 2027-01-19T10:58:00.000Z;moving ${at("10:00")}`,
    ],
    ["overdue", {}, due, { now: when("10:58") }, `overdue ${at("10:58")}`],
    ["due, and not overdue yet", {}, due, {}, ""],
    [
      "due, in a fleet that is stopped",
      {},
      { ...due, fleet: stopped },
      {},
      "overdue 2027-02-18T10:00:00.000Z;person 2026-11-24T09:58:00.000Z",
    ],
    [
      "idle and paused",
      { pause: aPause({ since: at("07:00") }) },
      {},
      {},
      `overdue 2027-01-19T10:58:00.000Z;person ${at("07:00")}`,
    ],
    ["waiting for its apps", atGate, {}, {}, `${stalls};app ${at("10:00")}`],
    ["waiting for time", atGate, {}, { sightings: reported(aReport()) }, `${stalls};moving ${at("10:00")}`],
    [
      "waiting for a copy of its key",
      { ...atGate, searched: aCopyFound() },
      { gate: { soakMs: 0 } },
      { sightings: reported(aReport()) },
      `${stalls};person ${at("10:12")}`,
    ],
    ["waiting for approval", atGate, { gate: { mode: "approval" } }, {}, `${stalls};person ${at("10:00")}`],
    [
      "approved in spite of its apps",
      { ...atGate, state: published({ approval: anApproval() }) },
      {},
      {},
      `${stalls};moving ${at("10:00")}`,
    ],
    [
      "waiting for a delay, without apps",
      atGate,
      { gate: { mode: "delay", delayMs: days(7), consumers: [] } },
      {},
      `${stalls};moving ${at("10:00")}`,
    ],
    ["at its gate while a step fails", { ...atGate, failure: aFailure() }, {}, {}, `${stalls};moving ${at("10:00")}`],
    ["at its gate while a key is refused", { ...atGate, hold }, {}, {}, `${stalls};moving ${at("10:04")}`],
    [
      "on its way to the gate, in a dry run",
      inPhase({ state: started() }),
      {},
      { dryRun: true },
      `stalled 2026-11-24T10:30:00.000Z;person ${at("10:00")}`,
    ],
    [
      "adopting before its key is known",
      inPhase({ state: adopting() }),
      {},
      {},
      `stalled 2026-11-27T10:00:00.000Z;moving ${at("10:00")}`,
    ],
    [
      "adopting a published key",
      inPhase({ state: adopting({ active: thePrimary() }) }),
      {},
      {},
      `stalled 2026-11-27T10:00:00.000Z;app ${at("10:00", 20)}`,
    ],
  ])("of an account that is %s", (_what, changes, account, seen, text) => {
    expect(of(changes, account, seen)).toBe(text);
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
    [
      "one of another process, whose clock is ahead",
      `person ${at("12:01")}`,
      { standing: "person", since: at("12:01") },
    ],
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
