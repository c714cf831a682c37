import { alarmChanges, type Condition } from "../../../../lib/rotation/events/alarm-changes";
import { conditions } from "../../../../lib/rotation/events/alarm-conditions";
import { overdueAt } from "../../../../lib/rotation/events/overdue";
import { withEvents } from "../../../../lib/rotation/events/outbox";
import type { Searched } from "../../../../lib/rotation/gate/key-copies";
import type { StateOf } from "../../../../lib/rotation/phases";
import type { RaisedAlarm } from "../../../../lib/rotation/record";
import type { ReaderSeen } from "../../../../lib/rotation/gate/readers-seen";
import type { Sightings } from "../../../../lib/rotation/gate/sightings";
import type { InstanceReport } from "../../../../lib/rotation/gate/signals";
import type { FleetState } from "../../../../lib/rotation/fleet/fleet-state";
import { firstClosing } from "../../../../lib/rotation/time/window";
import { type AccountChanges, aConsumer, anAccount } from "../../../builders/account";
import {
  aDrivingConfiguration,
  aFailure,
  anEventContext,
  aPause,
  aRecord,
  type RecordChanges,
} from "../../../builders/record";
import { aFleet, aFleetState, anAdmission } from "../../../builders/fleet";
import { aCopyFound, noCopyFound } from "../../../builders/searched";
import { aReport, reported } from "../../../builders/report";
import { aReader, aReadersSeen } from "../../../builders/sight";
import { aLeakedKeyRequest, adopting, anApproval, aRotation, idle, thePrimary, v2 } from "../../../builders/state";
import { at, days, hours, minutes, when } from "../../../builders/time";

interface Situation {
  readonly config?: AccountChanges;
  readonly record?: RecordChanges;
  readonly reports?: readonly InstanceReport[];
  readonly seen?: Partial<Sightings>;
  readonly dryRun?: boolean;
  readonly now?: string;
  readonly fleet?: FleetState;
}

/** A rotation published at 10:00, seen at 10:15, with a healthy consumer. */
const found = ({ config, record, reports = [aReport()], seen, dryRun = false, now = "10:15", fleet }: Situation = {}) =>
  conditions({
    record: aRecord({
      state: aRotation().published(),
      ...record,
      phaseClock: { since: at("10:00"), ...record?.phaseClock },
    }),
    config: anAccount(config),
    sightings: { ...reported(...reports), ...seen },
    dryRun,
    ...(fleet === undefined ? {} : { fleet }),
    now: /^\d{4}/.test(now) ? new Date(now) : when(now),
  });

const kindsOf = (situation: Situation): readonly string[] => found(situation).map(({ kind }) => kind);
const twoHours = { stalledAfterMs: { published: hours(2) } };

const escaped = (text: string): string => text.replace(/[()]/g, "\\$&");
const alarm = (kind: string, since: string, reason: string | null, detail: string) => ({ kind, since, reason, detail });

it("an account without problems raises no alarm, nor does an idle one", () => {
  expect(found()).toEqual([]);
  expect(found({ record: { state: idle(), phaseClock: { since: at("10:00", 1) } }, reports: [] })).toEqual([]);
});

describe("RotationOverdue in a fleet", () => {
  const full = aFleetState({ rotating: [anAdmission("a"), anAdmission("b")] });
  const state = idle({ keyMadeAt: at("10:00", 20), publishedAt: at("10:00", 20) });
  const due = { rotateEveryMs: days(4), expireAfterMs: days(10), fleet: aFleet() };
  const overdueAmong = (now: string, fleet: FleetState, config: AccountChanges = due) =>
    found({ config, record: { state, reconciledAt: now }, reports: [], now, fleet }).filter(
      ({ kind }) => kind === "RotationOverdue",
    );
  const kinds = (...given: Parameters<typeof overdueAmong>) => overdueAmong(...given).map(({ since }) => since);

  it("is not raised for what the fleet holds back", () => {
    expect(kinds(at("11:00"), aFleetState())).toEqual([at("11:00")]);
    expect(kinds(at("11:00"), full)).toEqual([]);
    expect(kinds(at("09:59:59.999", 30), full)).toEqual([]);
  });

  it("is raised once the secret has expired", () => {
    expect(overdueAmong(at("10:00", 30), full)).toEqual([
      alarm(
        "RotationOverdue",
        at("10:00", 30),
        "FleetLimit",
        "due since 2026-11-24T10:00:00.000Z and not started: 2 scheduled rotations are under way (a, b), as many as " +
          "fleet.maxRotating",
      ),
    ]);
  });

  it("is not raised in a blackout, nor before an hour after it", () => {
    const fleet = aFleet({ blackouts: [{ from: at("09:00"), to: at("12:00"), reason: "a release" }] });
    expect(kinds(at("11:59"), aFleetState(), { ...due, fleet })).toEqual([]);
    expect(kinds(at("12:59:59.999"), aFleetState(), { ...due, fleet })).toEqual([]);
    expect(kinds(at("13:00"), aFleetState(), { ...due, fleet })).toEqual([at("13:00")]);
  });

  it("gives what was held back a whole window of its own", () => {
    const window = { days: ["Tue", "Wed", "Thu"], from: "10:00", to: "11:00", timeZone: "UTC" } as const;
    const held = aFleetState({ heldUntil: at("10:30") });
    expect(kinds(at("11:00"), aFleetState(), { ...due, window })).toEqual([at("11:00")]);
    expect(kinds(at("10:59:59.999", 25), held, { ...due, window })).toEqual([]);
    expect(kinds(at("11:00", 25), held, { ...due, window })).toEqual([at("11:00", 25)]);
  });

  it("counts from the due date where the fleet held nothing back since", () => {
    expect(kinds(at("11:00"), aFleetState({ heldUntil: at("10:00") }))).toEqual([at("11:00")]);
  });

  it("is not put off for a request on demand that starts again", () => {
    const record = { state, reconciledAt: at("11:00"), restart: aLeakedKeyRequest, dueAgainAt: at("10:00") };
    const fleet = aFleetState({ ...full, heldUntil: at("10:30") });
    expect(found({ config: due, record, reports: [], now: "11:00", fleet }).map(({ kind }) => kind)).toContain(
      "RotationOverdue",
    );
  });
});

describe("UrgentRotationSuperseded", () => {
  const restart = aLeakedKeyRequest;
  const again =
    "the rotation with retireAfter that operator:ada requested (leaked) has not started again, " +
    "so the key may still be alive";

  it("lasts while the request waits to start again, with the reason to wait", () => {
    const record = { state: adopting({ active: thePrimary() }), restart, dueAgainAt: at("09:30") };
    expect(found({ record, reports: [] })).toEqual([
      alarm(
        "UrgentRotationSuperseded",
        at("09:30"),
        "NoSignalYet",
        expect.stringMatching(`^${escaped(again)}: no instance of render-api`),
      ),
    ]);
    expect(found({ record: { ...record, state: idle(), dueAgainAt: null } })).toContainEqual(
      alarm("UrgentRotationSuperseded", at("10:00"), null, again),
    );
  });

  it("is not raised for a rotation without retireAfter", () => {
    const record = { state: adopting({ active: thePrimary() }), restart: { ...restart, retireAfterMs: null } };
    expect(kindsOf({ record })).toEqual([]);
  });
});

describe("HistoryBehind", () => {
  const waiting = withEvents(aRecord(), [{ event: "Paused", detail: "" }], anEventContext("10:00")).publishing;

  it("begins when an event has waited for the history for an hour", () => {
    expect(kindsOf({ record: { publishing: waiting }, now: "10:59:59" })).not.toContain("HistoryBehind");
    expect(found({ record: { publishing: waiting }, now: "11:00", reports: [aReport({ at: at("11:00") })] })).toEqual([
      alarm(
        "HistoryBehind",
        at("10:00"),
        null,
        "1 events have waited for the history since 2026-11-24T10:00:00.000Z: log and webhook have them; " +
          "the line HistoryDelayed of the log says what is in the way",
      ),
    ]);
  });

  it("goes on where the record had no room for the first of them", () => {
    const evidence = { from: 1, through: 3, count: 3, since: at("10:00") };
    const shortened = [{ event: "HistoryShortened", detail: "", evidence }] as const;
    const { publishing } = withEvents(aRecord(), shortened, anEventContext("10:55"));
    expect(kindsOf({ record: { publishing }, now: "11:00" })).toContain("HistoryBehind");
  });
});

const withSearch = (searched: Searched | null, changes: Partial<StateOf<"published">> = {}) =>
  kindsOf({ record: { state: { ...aRotation().published(), ...changes }, searched } });
const approvedAt = (instant: string) => ({ approval: { ...anApproval(), at: at(instant) } });

describe("KeyInAccount", () => {
  it("lasts while a copy shuts the gate, whatever the consumers report", () => {
    expect(withSearch(aCopyFound())).toContain("KeyInAccount");
    expect(withSearch(noCopyFound())).not.toContain("KeyInAccount");
    expect(withSearch(null)).not.toContain("KeyInAccount");
  });

  it("ends with an approval that was given after the copy was found, and where no gate waits", () => {
    expect(withSearch(aCopyFound(), approvedAt("10:12"))).toContain("KeyInAccount");
    expect(withSearch(aCopyFound(), approvedAt("10:13"))).not.toContain("KeyInAccount");
    expect(kindsOf({ record: { state: idle(), searched: aCopyFound() } })).not.toContain("KeyInAccount");
  });
});

describe("SecretContested", () => {
  it("lasts while the newest version is contested, and names the secret, the other account and the remedy", () => {
    expect(found({ record: { contest: { by: "/subscriptions/s/other", since: at("09:00") } } })).toEqual([
      alarm(
        "SecretContested",
        at("09:00"),
        null,
        "secret renderweu-batch-key of https://render.vault.azure.net is also configured for /subscriptions/s/other, " +
          "whose rotator is blocked: name another secret for one of the two in ROTATION_ACCOUNTS; the alarm ends " +
          "when the newest version has no tag ContestedBy: remove it, or wait for the next publication",
      ),
    ]);
  });
});

describe("ConfigurationConflict", () => {
  const olderSeen = { since: at("08:15"), lastAt: at("10:10") };
  const conflicting = { record: { configuration: aDrivingConfiguration({ olderSeen }) } };

  it("begins when processes with different configurations have worked on the record for two hours", () => {
    expect(kindsOf({ ...conflicting, now: "10:14:59" })).toEqual([]);
    expect(found({ ...conflicting, now: "10:15" })).toEqual([
      alarm(
        "ConfigurationConflict",
        at("08:15"),
        null,
        "processes with another configuration have worked on this account since 2026-11-24T08:15:00.000Z, last at " +
          "2026-11-24T10:10:00.000Z, and only the newest configuration takes steps: where two apps share these " +
          "tables, give each its own ROTATION_TABLE_PREFIX; in one app, stop the processes from before its last " +
          "deployment",
      ),
    ]);
  });
});

describe("DiscoveryProblem", () => {
  it("lasts while the tags of an account that was found are not as they must be", () => {
    const held = { reason: "TagRemoved", since: at("09:00"), detail: "set the tag again" } as const;
    expect(found({ config: { discovered: { taggedAt: at("08:00"), held } } })).toEqual([
      alarm("DiscoveryProblem", at("09:00"), "TagRemoved", "set the tag again"),
    ]);
    expect(found({ config: { discovered: { taggedAt: at("08:00"), held: null } } })).toEqual([]);
  });
});

describe("RotationStalled", () => {
  const old = [aReport({ secretVersion: "11111111111111111111111111111111", at: at("11:55") })];

  it("begins at the limit, with the reason to wait", () => {
    expect(kindsOf({ config: twoHours, reports: old, now: "11:59:59" })).toEqual([]);
    expect(found({ config: twoHours, reports: old, now: "12:00" })).toEqual([
      alarm(
        "RotationStalled",
        at("12:00"),
        "OnPreviousKey",
        "in phase published for longer than PT2H: render-api/vm-1 reported version " +
          `11111111111111111111111111111111 at 2026-11-24T11:55:00.000Z, not ${v2}`,
      ),
    ]);
  });

  it("keeps its start while it lasts", () => {
    expect(found({ config: twoHours, reports: old, now: "13:30" })[0]?.since).toBe(at("12:00"));
  });

  it("is postponed by the time spent paused", () => {
    const record = { phaseClock: { pausedMs: minutes(30) } };
    expect(kindsOf({ config: twoHours, record, reports: old, now: "12:29:59" })).toEqual([]);
    expect(found({ config: twoHours, record, reports: old, now: "12:40" })[0]?.since).toBe(at("12:30"));
  });

  it("says that the account should have advanced when there is no reason to wait", () => {
    expect(found({ config: twoHours, reports: [aReport({ at: at("11:55") })], now: "12:00" })).toMatchObject([
      { reason: null, detail: "in phase published for longer than PT2H: it should have moved on by now" },
    ]);
  });

  it("names the remedy of a blocked account, in addition to RotationBlocked", () => {
    const failure = aFailure({ blocked: { reason: "Forbidden", remedy: "give it the role" }, detail: "status 403" });
    expect(found({ config: twoHours, record: { failure }, now: "12:00" })).toMatchObject([
      {
        kind: "RotationStalled",
        reason: "Forbidden",
        detail: "in phase published for longer than PT2H: give it the role",
      },
      { kind: "RotationBlocked" },
    ]);
  });
});

describe("RotationBlocked", () => {
  it("lasts from the first refusal while an operator is needed", () => {
    const blocked = { reason: "ResourceLocked", remedy: "remove the lock" } as const;
    const failure = aFailure({ blocked, detail: "status 409", since: at("10:02") });
    expect(found({ record: { failure } })).toEqual([
      { kind: "RotationBlocked", since: at("10:02"), reason: "ResourceLocked", detail: "status 409; remove the lock" },
    ]);
  });

  it("is not raised while a step only backs off", () => {
    expect(kindsOf({ record: { failure: aFailure() } })).toEqual([]);
  });
});

describe("RotationOverdue", () => {
  // Due at 10:00 on Tuesday the 24th.
  const due = { state: idle({ keyMadeAt: at("10:00", 20) }) };
  const config = { rotateEveryMs: days(4) };
  const window = { days: ["Tue", "Wed"], from: "09:00", to: "11:00", timeZone: "UTC" } as const;

  it("begins an hour after the due instant without a window", () => {
    expect(kindsOf({ config, record: due, now: "10:59:59.999" })).toEqual([]);
    expect(found({ config, record: due, now: "11:00" })).toEqual([
      alarm("RotationOverdue", at("11:00"), null, "due since 2026-11-24T10:00:00.000Z and not started"),
    ]);
  });

  it("begins when the window closes in which the rotation was due, with the reason to wait", () => {
    expect(kindsOf({ config: { ...config, window }, record: due, now: "10:59:59.999" })).toEqual([]);
    expect(found({ config: { ...config, window }, record: due, now: "11:00" })).toEqual([
      alarm(
        "RotationOverdue",
        at("11:00"),
        "OutsideWindow",
        "due since 2026-11-24T10:00:00.000Z and not started: due since 2026-11-24T10:00:00.000Z; the " +
          "maintenance window opens at 2026-11-25T09:00:00.000Z",
      ),
    ]);
  });

  it("begins at the end of the next window for a rotation that became due outside a window", () => {
    const nightly = { days: ["Thu"], from: "02:00", to: "05:00", timeZone: "UTC" } as const;
    const record = aRecord(due);
    expect(overdueAt(record, anAccount({ ...config, window: nightly }))).toBe(at("05:00", 26));
  });

  it("names a pause as the reason", () => {
    const record = { ...due, pause: aPause() };
    expect(found({ config, record, now: "11:00" })).toMatchObject([{ kind: "RotationOverdue", reason: "Paused" }]);
  });

  it("is raised for idle accounts only", () => {
    expect(overdueAt(aRecord({ state: aRotation().started() }), anAccount(config))).toBeNull();
    expect(overdueAt(aRecord({ state: adopting({ active: thePrimary() }) }), anAccount(config))).toBeNull();
  });
});

/** Compared at 04:00 for the last time; so unchecked from 16:00 on. */
const compared = { state: idle(), reconciledAt: at("04:00"), phaseClock: { since: at("10:00", 20) } };
const sinceThen = "the vault's key could not be compared with the live keys since 2026-11-24T04:00:00.000Z";
const uncheckedWith = (record: RecordChanges) =>
  found({ record: { ...compared, ...record }, reports: [], now: "16:00" }).find(
    ({ kind }) => kind === "AccountUnchecked",
  );

describe("AccountUnchecked", () => {
  const blocked = { reason: "Forbidden", remedy: "grant the right" } as const;
  const hold = { reason: "TargetKeyRefused", detail: "Batch refuses it", since: at("10:00") } as const;

  it("begins when the last comparison is twice reconcileEvery old", () => {
    expect(kindsOf({ record: compared, now: "15:59:59.999" })).toEqual([]);
    expect(found({ record: compared, now: "16:00" })).toEqual([
      alarm("AccountUnchecked", at("16:00"), null, `${sinceThen}: it should have been compared by now`),
    ]);
  });

  it.each<[string, string, RecordChanges]>([
    ["BackingOff", "Batch regenerateKeys, status 429: not done", { failure: aFailure() }],
    ["Forbidden", "grant the right", { failure: aFailure({ blocked }) }],
    ["TargetKeyRefused", "Batch refuses it", { hold }],
  ])("names %s and why", (reason, why, record) => {
    const detail = expect.stringContaining(`${sinceThen}: ${why}`);
    expect(uncheckedWith(record)).toMatchObject({ reason, detail });
  });

  it.each<[string, RecordChanges, boolean]>([
    ["a rotation that is paused", { state: aRotation().published(), pause: aPause() }, true],
    ["an account that is being adopted", { state: adopting({ active: thePrimary() }) }, true],
    ["an account without a published key", { state: adopting() }, false],
  ])("of %s is raised or not: %#", (_what, record, raised) => {
    expect(uncheckedWith(record) !== undefined).toBe(raised);
  });

  it("counts from the phase's begin where no comparison is recorded", () => {
    const record = { ...compared, reconciledAt: null, phaseClock: { since: at("04:00") } };
    expect(kindsOf({ record, now: "15:59:59.999" })).toEqual([]);
    expect(found({ record, now: "16:00" })[0]?.detail).toMatch(/^the vault's key could not .* live keys: it should/);
  });

  it("is not raised in a dry run that only reports a difference", () => {
    expect(kindsOf({ record: compared, dryRun: true, now: "16:00" })).toEqual([]);
    expect(kindsOf({ record: { ...compared, failure: aFailure() }, dryRun: true, now: "16:00" })).toEqual([
      "AccountUnchecked",
    ]);
  });
});

describe("ConsumerUnhealthy", () => {
  const ill = { healthy: false, goodSince: null, unhealthySince: at("10:08") };

  it("lasts while a consumer is unhealthy at the gate", () => {
    expect(found({ reports: [aReport(ill)] })).toEqual([
      alarm(
        "ConsumerUnhealthy",
        at("10:08"),
        "Unhealthy",
        `render-api/vm-1 is unhealthy on version ${v2}, as reported at 2026-11-24T10:10:00.000Z`,
      ),
    ]);
  });

  it("is raised even when an earlier consumer has another reason to wait", () => {
    const config = { gate: { consumers: [aConsumer({ name: "nightly-etl" }), aConsumer()] } };
    expect(kindsOf({ config, reports: [aReport(ill)] })).toEqual(["ConsumerUnhealthy"]);
  });

  it.each<[string, Situation]>([
    ["for consumers that are not configured", { reports: [aReport(), aReport({ ...ill, consumer: "nightly-etl" })] }],
    ["for missing or late reports", { reports: [] }],
    ["in a phase without a gate", { record: { state: aRotation().retired() }, reports: [aReport(ill)] }],
  ])("is not raised %s", (_what, situation) => {
    expect(kindsOf(situation)).toEqual([]);
  });
});

const changes = (known: readonly RaisedAlarm[], now: string, ...there: readonly Condition[]) =>
  alarmChanges(known, there, hours(6), when(now));

describe("alarms", () => {
  const stalled: Condition = { kind: "RotationStalled", since: at("10:00"), reason: "OnPreviousKey", detail: "vm-1" };
  const unhealthy: Condition = { kind: "ConsumerUnhealthy", since: at("10:05"), reason: "Unhealthy", detail: "vm-2" };
  const raised: RaisedAlarm = { kind: "RotationStalled", since: at("10:00"), lastNotifiedAt: at("10:02") };

  it("are raised when they begin", () => {
    expect(changes([], "10:02", stalled)).toEqual({
      alarms: [{ kind: "RotationStalled", since: at("10:00"), lastNotifiedAt: at("10:02") }],
      drafts: [{ event: "RotationStalled", reason: "OnPreviousKey", detail: "vm-1" }],
    });
  });

  it("are repeated when the reminder is due, with the present detail", () => {
    const changed = { ...stalled, reason: "SignalStale", detail: "vm-1 is silent" };
    expect(changes([raised], "16:01:59.999", changed)).toEqual({ alarms: [raised], drafts: [] });
    expect(changes([raised], "16:02", changed)).toEqual({
      alarms: [{ ...raised, lastNotifiedAt: at("16:02") }],
      drafts: [{ event: "RotationStalled", reason: "SignalStale", detail: "vm-1 is silent" }],
    });
  });

  it("are cleared once, with their kind", () => {
    expect(changes([raised], "10:30")).toEqual({
      alarms: [],
      drafts: [
        {
          event: "AlarmCleared",
          reason: "RotationStalled",
          detail: "RotationStalled has ended; it had lasted since 2026-11-24T10:00:00.000Z",
        },
      ],
    });
    expect(changes([], "10:35")).toEqual({ alarms: [], drafts: [] });
  });

  it("are independent for each kind", () => {
    expect(changes([raised], "10:30", unhealthy)).toEqual({
      alarms: [{ kind: "ConsumerUnhealthy", since: at("10:05"), lastNotifiedAt: at("10:30") }],
      drafts: [
        { event: "ConsumerUnhealthy", reason: "Unhealthy", detail: "vm-2" },
        expect.objectContaining({ event: "AlarmCleared", reason: "RotationStalled" }),
      ],
    });
  });

  it("are raised again when they begin again", () => {
    const cleared = changes([raised], "10:30");
    const again = changes(cleared.alarms, "10:31", { ...stalled, since: at("10:31") });
    expect(again.drafts).toEqual([{ event: "RotationStalled", reason: "OnPreviousKey", detail: "vm-1" }]);
    expect(again.alarms[0]?.since).toBe(at("10:31"));
  });
});

const unknown = (...about: readonly string[]): Condition => ({
  kind: "UnknownReader",
  since: at("10:00"),
  reason: "UnknownReader",
  detail: about.join(),
  about,
});
describe("an alarm that several can cause", () => {
  const raised: RaisedAlarm = {
    kind: "UnknownReader",
    since: at("10:00"),
    lastNotifiedAt: at("10:02"),
    about: ["a", "b"],
  };

  it("names each of them when it begins", () => {
    expect(changes([], "10:02", unknown("a", "b")).alarms).toEqual([raised]);
  });

  it("is announced at once for another one, and not again for fewer", () => {
    expect(changes([raised], "10:20", unknown("b"))).toEqual({ alarms: [raised], drafts: [] });
    expect(changes([raised], "10:20", unknown("a", "c"))).toEqual({
      alarms: [{ ...raised, lastNotifiedAt: at("10:20"), about: ["a", "c"] }],
      drafts: [{ event: "UnknownReader", reason: "UnknownReader", detail: "a,c" }],
    });
  });

  it("is repeated when the reminder is due", () => {
    expect(changes([raised], "16:02", unknown("a", "b")).drafts).toHaveLength(1);
  });
});

const known = (readers: readonly ReaderSeen[]) => ({ readers: aReadersSeen({ readers }) });

describe("UnknownReader", () => {
  const stranger = { ...aReader, identity: "33333333-3333-4333-8333-333333333333" };

  it("is raised with the identity, whether it holds the gate or not, and at no gate as well", () => {
    for (const state of [aRotation().published(), idle()])
      expect(found({ record: { state }, seen: known([stranger]) })).toMatchObject([
        { kind: "UnknownReader", since: at("10:02"), about: [stranger.identity] },
      ]);
  });

  it("is not raised for a configured consumer", () => {
    const config = { gate: { consumers: [aConsumer({ identity: stranger.identity })] } };
    expect(kindsOf({ config, seen: known([stranger]) })).toEqual([]);
  });
});

describe("the next closing of a window", () => {
  const tuesdays = { days: ["Tue"], from: "02:00", to: "05:00", timeZone: "Europe/Amsterdam" } as const;

  it.each([
    ["that is open", "02:00", 24, at("04:00")],
    ["that opens later that day", "00:30", 24, at("04:00")],
    ["that closes now: the next one", "04:00", 24, "2026-12-01T04:00:00.000Z"],
    ["that was open earlier", "12:00", 24, "2026-12-01T04:00:00.000Z"],
  ])("%s", (_what, time, day, expected) => {
    expect(firstClosing(tuesdays, when(time, day))).toBe(expected);
  });

  it("belongs to the same opening up to its last millisecond", () => {
    expect(firstClosing(tuesdays, new Date(at("03:59:59.999")))).toBe(at("04:00"));
    expect(firstClosing(tuesdays, new Date(at("04:00")))).toBe("2026-12-01T04:00:00.000Z");
  });

  it("of a window across midnight is on the day after", () => {
    const nightly = { days: ["Tue"], from: "22:00", to: "02:00", timeZone: "Europe/Amsterdam" } as const;
    expect(firstClosing(nightly, when("00:30", 25))).toBe(at("01:00", 25));
    expect(firstClosing(nightly, when("01:00", 25))).toBe("2026-12-02T01:00:00.000Z");
  });

  // Clocks in Amsterdam go forward on 2027-03-28 at 02:00 (01:00 UTC), and back on 2026-10-25 at 03:00 (01:00 UTC).
  it.each([
    ["in summer time from its first day on", "Sun", "01:00", "05:00", "2027-03-28T00:00Z", "2027-03-28T03:00Z"],
    ["after the gap if clocks skip its end", "Sun", "01:00", "02:30", "2027-03-28T00:00Z", "2027-03-28T01:00Z"],
    ["a week later if clocks skip it wholly", "Sun", "02:10", "02:50", "2027-03-28T00:00Z", "2027-04-04T00:50Z"],
    ["the second time of its end if clocks go back", "Sun", "01:00", "02:30", "2026-10-25T00:00Z", "2026-10-25T01:30Z"],
    ["in winter time on the day after", "Mon", "01:00", "05:00", "2026-10-25T12:00Z", "2026-10-26T04:00Z"],
  ] as const)("is %s", (_what, weekday, from, to, instant, expected) => {
    const window = { days: [weekday], from, to, timeZone: "Europe/Amsterdam" };
    expect(firstClosing(window, new Date(instant))).toBe(new Date(expected).toISOString());
  });
});
