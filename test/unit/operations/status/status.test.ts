import { nothingSeen } from "../../../../lib/rotation/gate/sightings";
import { CorruptRecordError } from "../../../../lib/errors";
import type { State } from "../../../../lib/rotation/phases";
import type { InstanceReport } from "../../../../lib/rotation/gate/signals";
import { type StatusInput, corruptStatus, type StatusBody, statusOf } from "../../../../lib/operations/status/status";
import { aConsumer, anAccount } from "../../../builders/account";
import { aFailure, aLastRotation, aPause, aRecord } from "../../../builders/record";
import { aReport, reported } from "../../../builders/report";
import { adopting, aRotation, idle, thePrimary, v1, v2, v3 } from "../../../builders/state";
import { at, days, minutes, when } from "../../../builders/time";
import { words } from "../../../builders/words";

const view = (changes: Partial<StatusInput> = {}): StatusInput => ({
  config: anAccount(),
  record: aRecord(),
  sightings: nothingSeen,
  dryRun: false,
  now: when("10:15"),
  ...changes,
});

const statusIn = (state: State, reports: readonly InstanceReport[] = []): StatusBody =>
  statusOf(view({ record: aRecord({ state, phaseClock: { since: at("10:00") } }), sightings: reported(...reports) }));

const members = words(`
  account resourceId secret phase waitingFor blocked stalled overdue paused activeSlot rotation lastRotation nextDueAt
  keysUnusedSince consumers
`);

/** The body as a caller receives it, without undefined members. */
const sent = (body: StatusBody): Record<string, unknown> => ({ ...JSON.parse(JSON.stringify(body)) });
const membersOf = (value: unknown): readonly string[] => Object.keys(value ?? {});

const everyState: readonly (readonly [string, State | null])[] = [
  ["before its first reconcile", null],
  ["adopting, before its keys were read", adopting()],
  ["adopting", adopting({ active: thePrimary() })],
  ["idle", idle()],
  ["started", aRotation().started()],
  ["regenerated", aRotation().regenerated()],
  ["published", aRotation().published()],
  ["retired", aRotation().retired()],
  ["settling", aRotation().settling()],
];

describe("the status body", () => {
  it.each(everyState)("has every member, and no other, %s", (_when, state) => {
    const body = statusOf(view({ record: state === null ? null : aRecord({ state }), sightings: reported(aReport()) }));
    const got = sent(body);
    expect(membersOf(got)).toEqual(members);
    expect(membersOf(got["secret"])).toEqual(["vaultUrl", "name", "version"]);
    expect(got["consumers"]).toHaveLength(1);
    expect(membersOf(body.consumers[0])).toEqual(["name", "state", "evidence", "instances"]);
    expect(membersOf(body.consumers[0]?.instances[0])).toEqual(["id", "at", "secretVersion", "healthy", "proven"]);
  });

  it("of an account without a record has nulls", () => {
    expect(statusOf(view({ record: null }))).toEqual({
      account: "render-weu",
      resourceId: anAccount().batch.resourceId,
      secret: { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key", version: null },
      phase: null,
      waitingFor: null,
      blocked: null,
      stalled: false,
      overdue: false,
      paused: false,
      activeSlot: null,
      rotation: null,
      lastRotation: null,
      nextDueAt: null,
      keysUnusedSince: null,
      consumers: [{ name: "render-api", state: "NoSignalYet", evidence: null, instances: [] }],
    });
  });

  it("of an account without a record shows a pause by configuration", () => {
    expect(statusOf(view({ record: null, config: anAccount({ paused: true }) })).paused).toBe(true);
  });

  it("of an idle account shows the active key and the next due instant", () => {
    const body = statusOf(view({ record: aRecord({ state: idle({ keyMadeAt: at("10:00", 1) }) }) }));
    expect(body).toMatchObject({
      phase: "idle",
      activeSlot: "primary",
      secret: { version: v1 },
      nextDueAt: "2026-12-31T10:00:00.000Z",
      rotation: null,
      waitingFor: null,
    });
  });

  it("shows the last rotation without the members kept to recognise repeated requests", () => {
    expect(statusOf(view({ record: aRecord({ lastRotation: aLastRotation() }) })).lastRotation).toEqual({
      id: "01JDF00000000000000000LAST",
      outcome: "completed",
      startedAt: at("09:00", 20),
      endedAt: at("10:30", 20),
    });
  });

  it("shows a pause by operator or configuration, and the reason to wait", () => {
    const byOperator = statusOf(view({ record: aRecord({ pause: aPause(), state: aRotation().started() }) }));
    expect(byOperator).toMatchObject({ paused: true, waitingFor: { reason: "Paused" } });
    expect(statusOf(view({ config: anAccount({ paused: true }) })).paused).toBe(true);
  });

  it("shows a stall from the limit on", () => {
    const record = aRecord({ state: aRotation().started(), phaseClock: { since: at("10:00") } });
    const config = anAccount({ stalledAfterMs: { started: minutes(15) } });
    expect(statusOf(view({ config, record, now: when("10:14:59") })).stalled).toBe(false);
    expect(statusOf(view({ config, record, now: when("10:15") })).stalled).toBe(true);
  });

  it("shows the next step in a dry run", () => {
    const body = statusOf(view({ record: aRecord({ state: aRotation().started() }), dryRun: true }));
    expect(body.waitingFor).toMatchObject({ reason: "DryRun" });
  });
});

describe("a blocked account", () => {
  const failure = aFailure({
    blocked: { reason: "Forbidden", remedy: "give the identity the role" },
    since: at("10:02"),
    attempts: 3,
    nextAttemptAt: at("10:20"),
  });

  it("shows reason, remedy, start and next attempt, and no other reason to wait", () => {
    const body = statusOf(view({ record: aRecord({ failure, pause: aPause() }) }));
    expect(body.waitingFor).toBeNull();
    expect(body.blocked).toEqual({
      reason: "Forbidden",
      remedy: "give the identity the role",
      since: at("10:02"),
      attempts: 3,
      nextAttemptAt: at("10:20"),
    });
  });

  it("is not an account that backs off", () => {
    const body = statusOf(view({ record: aRecord({ state: aRotation().started(), failure: aFailure() }) }));
    expect(body.blocked).toBeNull();
    expect(body.waitingFor).toMatchObject({ reason: "BackingOff" });
  });
});

describe("the rotation under way", () => {
  const demand = { trigger: "demand", reason: "leaked", retireAfterMs: minutes(15) } as const;
  const common = {
    id: "01JDF0000000000000000ROTAT",
    trigger: "demand",
    reason: "leaked",
    target: "secondary",
    previous: "primary",
    startedAt: at("09:55"),
    retireAfter: "PT15M",
  };

  it.each<[string, State, object]>([
    ["started", aRotation(demand).started(), { publishedAt: null, secretVersion: null, retireAt: null }],
    ["regenerated", aRotation(demand).regenerated(), { publishedAt: null, secretVersion: null, retireAt: null }],
    [
      "published",
      aRotation(demand).published(),
      { publishedAt: at("10:00"), secretVersion: v2, retireAt: at("10:15") },
    ],
    ["retired", aRotation(demand).retired(), { publishedAt: at("10:00"), secretVersion: v2, retireAt: null }],
    ["settling", aRotation(demand).settling(), { publishedAt: at("10:21"), secretVersion: v3, retireAt: null }],
  ])("while %s", (_phase, state, expected) => {
    expect(statusIn(state).rotation).toEqual({ ...common, ...expected });
  });

  it("has nulls without a requested retireAfter", () => {
    expect(statusIn(aRotation().published()).rotation).toMatchObject({ retireAfter: null, retireAt: null });
  });

  it("has no next due instant", () => {
    expect(statusIn(aRotation().published()).nextDueAt).toBeNull();
    expect(statusIn(adopting({ active: thePrimary() })).nextDueAt).toBeNull();
  });
});

describe("the consumers", () => {
  it("are those of the configuration, each with its state and known instances", () => {
    const config = anAccount({ gate: { consumers: [aConsumer(), aConsumer({ name: "nightly-etl" })] } });
    const reports = [
      aReport({ instance: "vm-1", proven: true }),
      aReport({ instance: "vm-2", secretVersion: v1, at: at("10:12") }),
      aReport({ instance: "gone", at: at("10:14:59.999", 23) }),
      aReport({ instance: "just-known", at: at("10:15", 23) }),
      aReport({ consumer: "not-configured" }),
    ];
    const body = statusOf(
      view({ config, record: aRecord({ state: aRotation().published() }), sightings: reported(...reports) }),
    );
    expect(body.consumers).toEqual([
      {
        name: "render-api",
        state: "SignalStale",
        evidence: null,
        instances: [
          { id: "vm-1", at: at("10:10"), secretVersion: v2, healthy: true, proven: true },
          { id: "vm-2", at: at("10:12"), secretVersion: v1, healthy: true, proven: false },
          { id: "just-known", at: at("10:15", 23), secretVersion: v2, healthy: true, proven: false },
        ],
      },
      { name: "nightly-etl", state: "NoSignalYet", evidence: null, instances: [] },
    ]);
  });

  it("do not include a health URL as an instance", () => {
    const config = anAccount({ gate: { consumers: [aConsumer({ healthUrl: "https://render.example/health" })] } });
    const reports = [aReport(), aReport({ instance: "(healthUrl)" })];
    const record = aRecord({ state: aRotation().published() });
    const body = statusOf(view({ config, record, sightings: reported(...reports) }));
    expect(body.consumers[0]?.instances.map(({ id }) => id)).toEqual(["vm-1"]);
  });

  it("are shown as good when they are", () => {
    expect(statusIn(aRotation().published(), [aReport()]).consumers[0]).toMatchObject({
      state: "Good",
      evidence: "report",
    });
  });
});

test("a record that cannot be read needs an operator; its status has every member", () => {
  const body = corruptStatus(
    anAccount(),
    new CorruptRecordError("render-weu", "state.phase is unknown"),
    when("10:15"),
  );
  expect(membersOf(sent(body))).toEqual(members);
  expect(body).toMatchObject({
    phase: null,
    waitingFor: null,
    blocked: {
      reason: "RecordCorrupt",
      remedy: expect.stringMatching(/^state\.phase is unknown; .*PartitionKey render-weu/),
      since: at("10:15"),
    },
  });
});

test("a status of an old key shows an overdue rotation as due", () => {
  const old = aRecord({ state: idle({ keyMadeAt: at("10:00", 1) }) });
  const body = statusOf(view({ config: anAccount({ rotateEveryMs: days(1) }), record: old }));
  expect(body.nextDueAt).toBe(at("10:00", 2));
});
