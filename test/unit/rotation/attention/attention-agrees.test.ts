import { type Arbitrary, assert, constant, constantFrom, integer, oneof, property, record, sample } from "fast-check";
import { statusOf } from "../../../../lib/operations/status/status";
import { attentionIn, attentionOf } from "../../../../lib/rotation/attention/attention";
import { emptyFleet } from "../../../../lib/rotation/fleet/fleet-state";
import { nothingSeen } from "../../../../lib/rotation/gate/sightings";
import type { AccountView } from "../../../../lib/rotation/waiting";
import { type Standing, standingOrder, whoActs } from "../../../../lib/rotation/attention/who-acts";
import { aConsumer, anAccount } from "../../../builders/account";
import { aFleet, aFleetFailure } from "../../../builders/fleet";
import { aClaim, aFailure, aNewerConfiguration, aPause, aQuarantine, aRecord } from "../../../builders/record";
import { aReport, reported } from "../../../builders/report";
import { aCopyFound, noCopyFound } from "../../../builders/searched";
import { aReadersSeen } from "../../../builders/sight";
import { adopting, anApproval, aRotation, idle, thePrimary, v1 } from "../../../builders/state";
import { at, days, hours, minutes } from "../../../builders/time";

const { started, regenerated, published, retired, settling } = aRotation();
const states = [
  adopting(),
  adopting({ active: thePrimary() }),
  idle(),
  started(),
  regenerated(),
  published(),
  published({ approval: anApproval() }),
  retired(),
  settling(),
];
const blocked = { reason: "Forbidden", remedy: "grant the role" } as const;
const discovered = {
  taggedAt: at("08:00"),
  held: { reason: "TagRemoved", detail: "its tag was removed", since: at("08:00") },
} as const;
const window = { days: ["Tue"], from: "02:00", to: "05:00", timeZone: "UTC" } as const;

/** Nothing mostly, so that not every account is held up by something. */
const rarely = <T>(...values: readonly T[]): Arbitrary<T | null> =>
  oneof({ weight: 7, arbitrary: constant(null) }, { weight: 1, arbitrary: constantFrom(...values) });

const records = record({
  state: constantFrom(...states),
  since: constantFrom(at("10:00"), at("10:00"), at("10:00", 20)),
  pausedSince: rarely(at("10:05")),
  failure: rarely(aFailure(), aFailure({ since: at("09:00"), blocked })),
  hold: rarely({ reason: "KeyListStale", detail: "old", since: at("10:00") } as const),
  pause: rarely(aPause()),
  claim: rarely(aClaim()),
  quarantine: rarely(aQuarantine(), aQuarantine({ slot: null })),
  newer: rarely(true),
  searched: constantFrom(null, aCopyFound(), noCopyFound(), noCopyFound()),
  dueAgainAt: rarely(at("09:00")),
}).map(({ since, pausedSince, newer, ...rest }) =>
  aRecord({
    ...rest,
    phaseClock: { since, pausedSince },
    ...(newer === true ? { configuration: aNewerConfiguration() } : {}),
  }),
);

const configs = record({
  rotateEveryMs: constantFrom(days(4), days(60)),
  paused: rarely(true).map((value) => value ?? false),
  window: rarely(window),
  fleet: constantFrom(undefined, aFleet(), aFleet({ breaker: { failures: 1, withinMs: days(1) } })),
  isHeld: rarely(true),
  mode: constantFrom("signals", "signals", "approval"),
  consumers: constantFrom([], [aConsumer()], [aConsumer()]),
  unknownReaders: constantFrom("report", "block"),
  soakMs: constantFrom(0, minutes(10)),
}).map(({ fleet, isHeld, mode, consumers, unknownReaders, soakMs, ...rest }) =>
  anAccount({
    ...rest,
    ...(fleet === undefined ? {} : { fleet }),
    ...(isHeld === true ? { discovered } : {}),
    gate: { mode, consumers, unknownReaders, soakMs } as object,
  }),
);

const sightings = constantFrom(
  nothingSeen,
  reported(aReport()),
  reported(aReport({ secretVersion: v1 })),
  reported(aReport({ healthy: false, goodSince: null, unhealthySince: at("10:05") })),
  { ...reported(aReport()), readers: aReadersSeen() },
);

const views: Arbitrary<AccountView> = record({
  record: records,
  config: configs,
  sightings,
  dryRun: rarely(true).map((value) => value ?? false),
  fleet: constantFrom(null, emptyFleet, { ...emptyFleet, failures: [aFleetFailure("another", "09:30")] }),
  now: integer({ min: 0, max: 48 }).map((halfHours) => new Date(Date.parse(at("09:00")) + minutes(30) * halfHours)),
});

const byStatus = (view: AccountView): Standing => whoActs(statusOf(view)).standing;

const byRow = (view: AccountView, now = view.now): Standing => {
  const { account, state, phaseClock } = view.record;
  const attention = attentionOf(view) || null;
  return attentionIn({ account, phase: state.phase, phaseSince: phaseClock.since, attention }, now).standing;
};

describe("a row and the status of its account", () => {
  it("say the same about who must act, in every state", () => {
    assert(
      property(views, (view) => expect(byRow(view)).toBe(byStatus(view))),
      { numRuns: 500 },
    );
  });

  it("say the same once it has stalled, though no driver has written the row since", () => {
    assert(
      property(views, integer({ min: 1, max: 100 }), (view, later) => {
        const then = new Date(view.now.getTime() + hours(later));
        expect(byRow(view, then) === "stalled").toBe(byStatus({ ...view, now: then }) === "stalled");
      }),
      { numRuns: 300 },
    );
  });

  it("are compared in every state", () => {
    const found = new Set(sample(views, { numRuns: 200, seed: 1 }).map(byStatus));
    expect(standingOrder.filter((standing) => !found.has(standing))).toEqual([]);
  });
});
