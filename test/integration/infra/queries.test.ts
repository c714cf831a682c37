import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { alarmKinds } from "../../../lib/rotation/events/events";
import { blockedReasons, waitingReasons } from "../../../lib/rotation/reasons";
import { infraFolder } from "../../unit/infra/bicep";
import { type Row, runKql, tracesOf } from "./kql";
import { loadKusto } from "./kusto";
import { eventsRead, queries, reasonsRead } from "./queries";

const bicep = ["alerts", "workbook"].map((name) =>
  readFileSync(path.join(infraFolder, `modules/${name}.bicep`), "utf8"),
);
const begun = Date.parse("2026-11-22T10:00:00Z");
const minute = 60_000;

/** Lines at intervals of one minute. */
const run = (name: string, lines: readonly object[]): readonly Row[] =>
  runKql(queries[name] ?? "", { AppTraces: tracesOf(lines, (i) => new Date(begun + i * minute)), AppRequests: [] });

const state = (account: string, members: object = {}): object => ({
  event: "AccountState",
  account,
  phase: "published",
  reason: "OnPreviousKey",
  detail: "render-api/vm-2 reported an older version",
  blocked: null,
  stalled: false,
  paused: false,
  rotationId: "01JD",
  phaseSeconds: 90_000,
  keyAgeSeconds: 5_184_000,
  nextDueAt: null,
  overdue: false,
  unchecked: false,
  historyBehind: false,
  ...members,
});

let sequence = 0;
const event = (kind: string, members: object = {}): object => ({
  id: `01JD${(sequence += 1)}`,
  sequence,
  at: new Date(begun + sequence * minute).toISOString(),
  event: kind,
  account: "render-weu",
  rotationId: "01JD",
  reason: null,
  detail: "in words",
  by: "schedule",
  ...members,
});

const settingsWrong = {
  event: "ConfigurationState",
  reason: "ConfigurationInvalid",
  detail: "ROTATION_DRY_RUN: must be …",
  problems: [{ at: "ROTATION_DRY_RUN", problem: "must be …" }],
};

const cleared = (): object => event("AlarmCleared", { reason: "ConsumerUnhealthy" });

const request = (members: object): Row => ({
  TimeGenerated: new Date(begun),
  OperationName: "rotateOnSchedule",
  Success: false,
  ResultCode: "0",
  ...members,
});

beforeEach(() => {
  sequence = 0;
});

describe("every query", () => {
  it.each(Object.keys(queries))("is used by an alert or the workbook: %s", (name) => {
    expect(bicep.filter((text) => text.includes(`loadTextContent('../queries/${name}.kql')`))).toHaveLength(1);
  });

  it.each(Object.entries(queries))("states the meaning of a row in its first line: %s", (_name, text) => {
    expect(text).toMatch(/^\/\/ [A-Z][^\n]{20,}\.\n/);
  });

  it.each(Object.entries(queries))("compares with existing reasons only: %s", (_name, text) => {
    const known = new Set([...Object.keys(waitingReasons), ...Object.keys(blockedReasons), ...alarmKinds]);
    expect(reasonsRead(text).filter((reason) => !known.has(reason))).toEqual([]);
  });

  it("covers every alarm together with the others", () => {
    const seenAs: Readonly<Record<string, readonly string[]>> = {
      RotationStalled: run("stalled", [state("one", { stalled: true })]).map(({ Account }) => String(Account)),
      RotationBlocked: run("blocked", [state("one", { blocked: "Forbidden" })]).map(({ Account }) => String(Account)),
      RotationOverdue: run("overdue", [state("one", { overdue: true })]).map(({ Account }) => String(Account)),
      HistoryBehind: run("history-behind", [state("one", { historyBehind: true })]).map(({ Account }) =>
        String(Account),
      ),
      AccountUnchecked: run("unchecked", [state("one", { unchecked: true })]).map(({ Account }) => String(Account)),
      ConfigurationInvalid: run("configuration-invalid", [settingsWrong]).map(() => "one"),
    };
    const read = Object.values(queries).flatMap(eventsRead);
    expect(alarmKinds.filter((kind) => !read.includes(kind) && seenAs[kind]?.[0] !== "one")).toEqual([]);
  });
});

describe("Microsoft's parser", () => {
  let problemsOf: (text: string) => readonly string[];
  beforeAll(() => {
    problemsOf = loadKusto();
  });

  it.each(Object.entries(queries))("accepts the query over existing tables: %s", (_name, text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  it("rejects a misspelt column", () => {
    expect(problemsOf((queries["failed"] ?? "").replace("ResultCode", "ResultCodes"))).toHaveLength(1);
  });
});

describe("stalled", () => {
  it("has one row for an account that is stalled now", () => {
    const rows = run("stalled", [state("one"), state("one", { stalled: true }), state("two")]);
    expect(rows).toEqual([
      {
        TimeGenerated: new Date(begun + minute),
        Account: "one",
        Phase: "published",
        Reason: "OnPreviousKey",
        Detail: "render-api/vm-2 reported an older version",
        PhaseSeconds: 90_000,
      },
    ]);
  });

  it("has none for one that has advanced since", () => {
    expect(run("stalled", [state("one", { stalled: true }), state("one")])).toEqual([]);
  });
});

describe("blocked", () => {
  it("shows the remedy", () => {
    const rows = run("blocked", [state("one", { blocked: "Forbidden", detail: "grant the right" }), state("two")]);
    expect(rows).toEqual([
      { TimeGenerated: new Date(begun), Account: "one", Reason: "Forbidden", Detail: "grant the right" },
    ]);
  });

  it("includes an account with an unreadable record, which has no phase", () => {
    const line = { event: "AccountState", account: "one", phase: null, blocked: "RecordCorrupt", detail: "restore it" };
    expect(run("blocked", [line])).toMatchObject([{ Account: "one", Reason: "RecordCorrupt" }]);
    expect(run("stalled", [line])).toEqual([]);
  });
});

test("overdue shows the start", () => {
  const due = "2026-11-20T02:00:00.000Z";
  const rows = run("overdue", [
    state("one", { phase: "idle", overdue: true, nextDueAt: due, reason: "OutsideWindow" }),
  ]);
  expect(rows).toMatchObject([{ Account: "one", Reason: "OutsideWindow", NextDueAt: new Date(due) }]);
});

describe("unhealthy", () => {
  it("lasts from the alarm until it is cleared", () => {
    expect(run("unhealthy", [event("ConsumerUnhealthy")])).toMatchObject([
      { Account: "render-weu", Detail: "in words" },
    ]);
    expect(run("unhealthy", [event("ConsumerUnhealthy"), cleared()])).toEqual([]);
    expect(run("unhealthy", [event("ConsumerUnhealthy"), cleared(), event("ConsumerUnhealthy")])).toHaveLength(1);
  });

  it("does not end with another alarm", () => {
    const other = event("AlarmCleared", { reason: "RotationStalled", detail: "was not ConsumerUnhealthy" });
    expect(run("unhealthy", [event("ConsumerUnhealthy"), other])).toHaveLength(1);
  });
});

test.each(["drift", "rolled-back"])(
  "events without repetition are counted once, however often they are logged: %s",
  (name) => {
    const logged = event(name === "drift" ? "DriftRepaired" : "RotationRolledBack");
    expect(
      run(name, [logged, logged, event("KeyPublished", { detail: "after DriftRepaired and RotationRolledBack" })]),
    ).toEqual([{ TimeGenerated: new Date(begun), Account: "render-weu", Detail: "in words" }]);
  },
);

const dropped = (account: string | null) => ({
  event: "AlertDropped",
  account,
  detail: "event 01JD (DriftRepaired)",
});

test("alert-dropped has one row for each account with an event that was given up", () => {
  const rows = run("alert-dropped", [dropped("one"), dropped("one"), dropped(null), event("DriftRepaired")]);
  expect(rows.map(({ Account, Detail }) => [Account, Detail])).toEqual([
    ["one", "event 01JD (DriftRepaired)"],
    ["", "event 01JD (DriftRepaired)"],
  ]);
});

test("rotator-dead counts ticks, and returns 0 without any", () => {
  expect(run("rotator-dead", [{ event: "Tick", accounts: 1 }, state("one", { detail: "Tick" })])).toEqual([
    { Ticks: 1 },
  ]);
  expect(run("rotator-dead", [])).toEqual([{ Ticks: 0 }]);
});

test("failed counts failed functions and failed processing of accounts", () => {
  const rows = runKql(queries["failed"] ?? "", {
    AppRequests: [
      request({}),
      request({}),
      request({ Success: true }),
      request({ OperationName: "receiveSignal", ResultCode: "400" }),
      request({ OperationName: "receiveSignal", ResultCode: "503" }),
    ],
    AppTraces: tracesOf([{ event: "AccountFailed", account: "one", detail: "…" }], () => new Date(begun)),
  });
  expect(rows).toEqual([
    { What: "rotateOnSchedule", Failures: 2 },
    { What: "receiveSignal", Failures: 1 },
    { What: "one", Failures: 1 },
  ]);
});

const fleetStopped = (detail: string) => event("FleetStopped", { account: null, rotationId: null, detail });
const fleetWentOn = () => event("AlarmCleared", { account: null, rotationId: null, reason: "FleetStopped" });

describe("fleet-stopped", () => {
  it("shows one row with the newest detail while the alarm lasts", () => {
    const waits = state("one", { phase: "idle", reason: "FleetStopped" });
    expect(
      run("fleet-stopped", [fleetStopped("first"), fleetStopped("again"), waits]).map(({ Detail }) => Detail),
    ).toEqual(["again"]);
  });

  it("shows none once it has ended", () => {
    expect(run("fleet-stopped", [fleetStopped("first"), fleetWentOn()])).toEqual([]);
  });
});

describe("manual-regeneration", () => {
  const account = "/subscriptions/1/resourcegroups/render/providers/microsoft.batch/batchaccounts/renderweu";
  const query = (queries["manual-regeneration"] ?? "")
    .replace("__ROTATOR_PRINCIPAL_ID__", "the-rotator")
    .replace("__ROTATOR_CLIENT_ID__", "its-client-id")
    .replace("__ACCOUNT_RESOURCE_IDS__", ["/other", account.toUpperCase()].join('","'));
  const activity = (members: object): Row => ({
    TimeGenerated: new Date(begun),
    OperationNameValue: "MICROSOFT.BATCH/BATCHACCOUNTS/REGENERATEKEYS/ACTION",
    ActivityStatusValue: "Success",
    _ResourceId: account,
    Caller: "another@example.com",
    CallerIpAddress: "203.0.113.7",
    ...members,
  });
  const rowsFor = (members: object): readonly Row[] => runKql(query, { AzureActivity: [activity(members)] });

  it("reports other callers, and not the rotator", () => {
    expect(rowsFor({})).toEqual([
      {
        TimeGenerated: new Date(begun),
        Account: "renderweu",
        Caller: "another@example.com",
        CallerIpAddress: "203.0.113.7",
      },
    ]);
    expect(rowsFor({ Caller: "the-rotator" })).toEqual([]);
    expect(rowsFor({ Caller: "ITS-CLIENT-ID" })).toEqual([]);
  });

  it("ignores other accounts, other operations and failed attempts", () => {
    expect(rowsFor({ _ResourceId: "/subscriptions/1/another" })).toEqual([]);
    expect(rowsFor({ OperationNameValue: "MICROSOFT.BATCH/BATCHACCOUNTS/LISTKEYS/ACTION" })).toEqual([]);
    expect(rowsFor({ ActivityStatusValue: "Start" })).toEqual([]);
  });
});

describe("the workbook's queries", () => {
  it("show the age of each key, oldest first", () => {
    const rows = run("key-age", [
      state("young", { keyAgeSeconds: 86_400 }),
      state("old"),
      state("old", { keyAgeSeconds: 5_184_060 }),
    ]);
    expect(rows.map(({ Account, KeyAgeDays }) => [Account, KeyAgeDays])).toEqual([
      ["old", 60],
      ["young", 1],
    ]);
  });

  it("show only the consumers that still use the old key", () => {
    const rows = run("consumers-on-old-key", [state("one"), state("two", { reason: "SoakNotElapsed" })]);
    expect(rows.map(({ Account, Reason }) => [Account, Reason])).toEqual([["one", "OnPreviousKey"]]);
  });

  it("show every account's phase and reason now", () => {
    expect(run("state-now", [state("two"), state("one"), state("two", { phase: "idle", reason: null })])).toMatchObject(
      [
        { Account: "one", Phase: "published", PhaseHours: 25, Reason: "OnPreviousKey" },
        { Account: "two", Phase: "idle", Reason: "" },
      ],
    );
  });

  it("count each rotation once in its month", () => {
    const ended = event("RotationCompleted", { at: "2026-10-31T23:59:59.000Z" });
    const rows = run("rotations-by-month", [
      ended,
      ended,
      event("RotationRolledBack", { at: "2026-11-01T00:00:00.000Z" }),
    ]);
    expect(rows).toEqual([
      { Month: new Date("2026-11-01T00:00:00Z"), Account: "render-weu", Outcome: "RotationRolledBack", Rotations: 1 },
      { Month: new Date("2026-10-01T00:00:00Z"), Account: "render-weu", Outcome: "RotationCompleted", Rotations: 1 },
    ]);
  });

  it("show how long a rotation took from milestone to milestone", () => {
    const kinds = ["RotationStarted", "KeyRegenerated", "KeyPublished", "KeyRetired", "RotationCompleted"];
    expect(
      run(
        "phase-times",
        kinds.map((kind) => event(kind)),
      ),
    ).toMatchObject([
      { Account: "render-weu", ToRegenerate: 1, ToPublish: 1, AtTheGate: 1, ToFinish: 1, RotationId: "01JD" },
    ]);
  });

  it("show the problems of the settings", () => {
    expect(
      run("configuration-invalid", [settingsWrong, settingsWrong, event("ConfigurationInvalid", { account: null })]),
    ).toEqual([
      {
        TimeGenerated: new Date(begun + minute),
        Reason: "ConfigurationInvalid",
        Detail: "ROTATION_DRY_RUN: must be …",
      },
    ]);
  });
});

test("the workbook's layout names existing queries", () => {
  const layout = JSON.parse(readFileSync(path.join(infraFolder, "workbook.json"), "utf8"));
  const named = layout.items
    .filter(({ type }: { type: number }) => type === 3)
    .map(({ content }: { content: { query: string } }) => content.query);
  expect(named).toHaveLength(5);
  expect(named.filter((name: string) => !existsSync(path.join(infraFolder, `queries/${name}.kql`)))).toEqual([]);
});
