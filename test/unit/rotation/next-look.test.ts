import { nothingSeen } from "../../../lib/rotation/gate/sightings";
import * as fc from "fast-check";
import { configurationHash } from "../../../lib/rotation/configuration-hash";
import { needsDriver } from "../../../lib/rotation/needs-driver";
import { atEveryTick, lookAtAllIsDue, lookIsDue, nextLook, type StoredLook } from "../../../lib/rotation/next-look";
import type { RaisedAlarm, RotationRecord } from "../../../lib/rotation/record";
import { plusMs, toMs } from "../../../lib/rotation/time/time";
import { waitingFor } from "../../../lib/rotation/waiting";
import type { AccountConfig } from "../../../lib/rotation/account-config";
import { type AccountChanges, anAccount } from "../../builders/account";
import {
  aClaim,
  aDelivery,
  aDrivingConfiguration,
  aFailure,
  aNewerConfiguration,
  aPause,
  aQuarantine,
  aRecord,
  changed,
  type RecordChanges,
} from "../../builders/record";
import { adopting, aRotation, idle } from "../../builders/state";
import { at, days, hours, minutes, when } from "../../builders/time";

const now = when("10:00");

/** The record of an account that is driven with this configuration. */
const recordOf = (config: AccountConfig, changes: RecordChanges = {}): RotationRecord =>
  aRecord({
    ...changes,
    configuration: { ...(changes.configuration ?? aDrivingConfiguration()), hash: configurationHash(config) },
  });

const lookOf = (changes: RecordChanges, account: AccountChanges = {}, config = anAccount(account)) =>
  nextLook(recordOf(config, changes), config, now);

const overdueSince = (lastNotifiedAt: string): RaisedAlarm => ({
  kind: "RotationOverdue",
  since: at("08:00"),
  lastNotifiedAt,
});

const tagRemoved = { reason: "TagRemoved", since: at("09:00"), detail: "set the tag again" } as const;
const paused = { pause: aPause(), phaseClock: { pausedSince: at("08:00") } } as const;
const olderSeen = (since: string) => aDrivingConfiguration({ olderSeen: { since: at(since), lastAt: at("09:40") } });
/** So that nothing else comes first. */
const rarely = { reconcileEveryMs: days(2) };
/** The key was made at 09:58 on the 20th. */
const due = { rotateEveryMs: days(4) };
const inTheEvening = { days: ["Tue"], from: "20:00", to: "23:00", timeZone: "UTC" } as const;

describe("an idle account is looked at again", () => {
  it.each([
    ["when vault and live keys are to be compared", {}, {}, at("15:00")],
    ["when it is due", {}, { rotateEveryMs: days(4) + minutes(30) }, at("10:28")],
    ["when its window opens, where it is due", {}, { ...due, ...rarely, window: inTheEvening }, at("20:00")],
    ["when it counts as overdue, where it is paused", paused, due, at("10:58")],
    [
      "when its alarm is to be repeated",
      { ...paused, publishing: { alarms: [overdueSince(at("08:00"))] } },
      { rotateEveryMs: days(3), remindEveryMs: hours(4) },
      at("12:00"),
    ],
    ["when an event is to be sent again", { publishing: { deliveries: [aDelivery()] } }, {}, at("10:05")],
    ["when an older configuration is forgotten", { configuration: olderSeen("09:30") }, {}, at("10:40")],
    ["when an older configuration becomes an alarm", { configuration: olderSeen("08:10") }, {}, at("10:10")],
  ] as const)("%s", (_, changes, account, expected) => {
    expect(lookOf(changes, account).nextLookAt).toBe(expected);
  });

  it("and the row says what it waits for until then", () => {
    expect(lookOf({}).waiting).toBeNull();
    expect(lookOf({}, { ...due, ...rarely, window: inTheEvening }).waiting).toBe("OutsideWindow");
    expect(lookOf({ ...paused }, due).waiting).toBe("Paused");
  });
});

describe("every tick looks at an account", () => {
  it.each([
    ["that is adopting", { state: adopting() }, {}],
    ["in the middle of a rotation", { state: aRotation().published() }, {}],
    ["with a claim", { claim: aClaim() }, {}],
    ["whose last attempt failed", { failure: aFailure({ nextAttemptAt: at("11:00") }) }, {}],
    ["that waits for Batch", { hold: { reason: "KeyListStale", detail: "stale", since: at("09:00") } }, {}],
    ["in quarantine", { quarantine: aQuarantine({ until: at("10:04") }) }, {}],
    ["that is due", {}, due],
    ["that was never compared", { reconciledAt: null }, {}],
    ["that is paused, which no driver has seen yet", {}, { paused: true }],
    ["that was another Batch account", { resourceId: "/subscriptions/other" }, {}],
    ["with an alarm that has ended", { publishing: { alarms: [overdueSince(at("09:59"))] } }, {}],
  ] as const)("%s", (_, changes, account) => {
    expect(lookOf(changes, account)).toMatchObject({ nextLookAt: atEveryTick, waiting: null });
  });

  it("that is driven by a newer configuration", () => {
    const record = aRecord({ configuration: aNewerConfiguration() });
    expect(nextLook(record, anAccount(), now).nextLookAt).toBe(atEveryTick);
  });
});

describe("what a row says", () => {
  const config = anAccount();
  const right: StoredLook = lookOf({}, {}, config);
  const isDue = (change: Partial<StoredLook>, other = config): boolean =>
    lookIsDue({ ...right, ...change }, other, now);

  it("keeps a tick away until its instant", () => {
    expect(isDue({})).toBe(false);
    expect(isDue({ nextLookAt: at("10:00:00.001") })).toBe(false);
    expect(isDue({ nextLookAt: at("10:00") })).toBe(true);
    expect(isDue({ nextLookAt: atEveryTick })).toBe(true);
  });

  it.each([
    ["there is no instant", { nextLookAt: null }],
    ["it is no instant", { nextLookAt: "tomorrow" }],
    ["it is an instant in another form", { nextLookAt: "2026-11-24T11:00:00Z" }],
    ["it is later than the next comparison and any difference of clocks", { nextLookAt: at("16:10:00.001") }],
    ["it is beyond all dates", { nextLookAt: "9999-12-31T23:59:59.999Z" }],
    ["it does not say with which configuration", { lookedWith: null }],
  ])("says nothing where %s: the account is looked at", (_, change) => {
    expect(isDue(change)).toBe(true);
  });

  it.each([
    ["its apps", anAccount({ gate: { soakMs: minutes(1) } })],
    ["the interval", anAccount({ rotateEveryMs: days(30) })],
    ["the pause", anAccount({ paused: true })],
    ["a tag that was removed", anAccount({ discovered: { taggedAt: at("08:00"), held: tagRemoved } })],
  ])("says nothing for another configuration: %s", (_, other) => {
    expect(isDue({}, other)).toBe(true);
  });

  it("may be as late as the next comparison, by the clock of another process", () => {
    expect(isDue({ nextLookAt: at("16:10") })).toBe(false);
  });
});

it("all accounts are looked at once an hour, and where it is unknown when they were", () => {
  expect(lookAtAllIsDue(null, now)).toBe(true);
  expect(lookAtAllIsDue(at("09:00:00.001"), now)).toBe(false);
  expect(lookAtAllIsDue(at("09:00"), now)).toBe(true);
  expect(lookAtAllIsDue(at("10:00"), now)).toBe(false);
  expect(lookAtAllIsDue(at("10:00:00.001"), now)).toBe(true);
});

const ago = (ms: number): string => plusMs(at("10:00"), -ms);

/** Any record of an idle account, and its configuration. */
const anyCase = fc
  .record({
    rotateEvery: fc.integer({ min: -hours(8), max: hours(8) }),
    reconciled: fc.integer({ min: 0, max: hours(7) }),
    reconcileEvery: fc.constantFrom(hours(1), hours(6)),
    remindEvery: fc.constantFrom(hours(1), hours(6)),
    window: fc.constantFrom(null, inTheEvening, { ...inTheEvening, from: "09:00", to: "10:30" }),
    pausedBy: fc.constantFrom("none", "operator", "configuration"),
    notified: fc.option(fc.integer({ min: 0, max: hours(7) })),
    delivery: fc.option(fc.integer({ min: -minutes(5), max: hours(2) })),
    isNewest: fc.boolean(),
    older: fc.option(fc.tuple(fc.integer({ min: 0, max: hours(3) }), fc.integer({ min: 0, max: hours(1) }))),
    dueAgain: fc.option(fc.integer({ min: -hours(1), max: hours(8) })),
  })
  .map((drawn) => {
    const config = anAccount({
      rotateEveryMs: toMs(at("10:00")) - toMs(idle().active.keyMadeAt) + drawn.rotateEvery,
      reconcileEveryMs: drawn.reconcileEvery,
      remindEveryMs: drawn.remindEvery,
      window: drawn.window,
      paused: drawn.pausedBy === "configuration",
    });
    const newest = drawn.isNewest ? {} : { hash: "0123456789abcdef", loadedAt: at("09:00"), olderSince: at("09:30") };
    const [since, last] = drawn.older ?? [0, 0];
    const record = recordOf(config, {
      reconciledAt: ago(drawn.reconciled),
      pause: drawn.pausedBy === "operator" ? aPause() : null,
      phaseClock: { pausedSince: drawn.pausedBy === "none" ? null : at("08:00") },
      dueAgainAt: drawn.dueAgain === null ? null : ago(-drawn.dueAgain),
      configuration: aDrivingConfiguration({
        olderSeen: drawn.older === null ? null : { since: ago(since + last), lastAt: ago(last) },
      }),
      publishing: {
        alarms: drawn.notified === null ? [] : [overdueSince(ago(drawn.notified))],
        deliveries: drawn.delivery === null ? [] : [aDelivery({ nextAttemptAt: ago(-drawn.delivery) })],
      },
    });
    return {
      record: changed(record, { configuration: aDrivingConfiguration({ ...record.configuration, ...newest }) }),
      config,
    };
  });

it("until then nothing has to be done, and the account waits for what the row says", () => {
  fc.assert(
    fc.property(anyCase, fc.double({ min: 0, max: 0.999999, noNaN: true }), ({ record, config }, part) => {
      const { nextLookAt, waiting } = nextLook(record, config, now);
      if (nextLookAt === atEveryTick) return;
      expect(nextLookAt > now.toISOString()).toBe(true);
      const between = new Date(now.getTime() + Math.floor(part * (toMs(nextLookAt) - now.getTime())));
      expect(needsDriver(record, config, nothingSeen, between)).toBe(false);
      expect(waitingFor({ record, config, sightings: nothingSeen, dryRun: false, now: between })?.reason ?? null).toBe(
        waiting,
      );
      expect(lookIsDue({ nextLookAt, lookedWith: nextLook(record, config, now).lookedWith }, config, now)).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});
