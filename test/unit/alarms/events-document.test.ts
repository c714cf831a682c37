import { alarmLostWork } from "../../../lib/operations/tick/lost-work";
import { doWork, type Work } from "../../../lib/operations/tick/work";
import { resumeFleet } from "../../../lib/operations/resume-fleet";
import { fleetCondition } from "../../../lib/rotation/fleet/alarm";
import { unreadableFleet } from "../../../lib/rotation/fleet/fleet-state";
import { aFleet, aFleetFailure, aFleetState } from "../../builders/fleet";
import { readFileSync } from "node:fs";
import path from "node:path";
import { TransientServiceError } from "../../../lib/errors";
import { parseEvents } from "../../../lib/events/parse-events";
import { receiveEvents } from "../../../lib/events/receive-events";
import { failed } from "../../../lib/rotation/moves/settle";
import { alarmChanges, type Condition } from "../../../lib/rotation/events/alarm-changes";
import { conditions } from "../../../lib/rotation/events/alarm-conditions";
import { alarmKinds, informationKinds, isAlarm } from "../../../lib/rotation/events/events";
import {
  configurationInvalid as wrongSettings,
  discoveryProblem,
  recordOrphaned,
  recordUnusable,
} from "../../../lib/rotation/events/notice";
import { withEvents } from "../../../lib/rotation/events/outbox";
import { type BlockedReason, blockedReasons, discoveryReasons, waitingReasons } from "../../../lib/rotation/reasons";
import type { RotationRecord } from "../../../lib/rotation/record";
import type { Looker } from "../../../lib/sights/looker";
import { receiveSignal } from "../../../lib/signals/receive-signal";
import { aConsumer, anAccount } from "../../builders/account";
import { aKeyOperation } from "../../builders/azure-event";
import { aDiscovery } from "../../builders/discovery";
import { otherKeyText } from "../../builders/key";
import { aDrivingConfiguration, aFailure, aPause, anEventContext, aRecord } from "../../builders/record";
import { aCopyFound } from "../../builders/searched";
import { aReport, reported } from "../../builders/report";
import { siteId } from "../../builders/sight";
import { aRotation, idle } from "../../builders/state";
import { at, days, hours, minutes, when } from "../../builders/time";
import { FakeAuditLog } from "../../fakes/world/fake-audit-log";
import { EmulatedAppService } from "../../emulators/platforms/app-service";
import { type Line, type Place, Rig } from "../../rig/rig";

const text = readFileSync(path.resolve(__dirname, "../../../docs/events.md"), "utf8");

const section = (mark: string, heading: string): string =>
  text.split(`\n${mark} ${heading}\n`)[1]?.split(new RegExp(`\n#{2,${mark.length}} `))[0] ?? "";

/** The cells of a table's rows without markup and without the header row. */
const tableIn = (part: string): readonly (readonly string[])[] =>
  part
    .split("\n")
    .filter((row) => row.startsWith("| "))
    .slice(1)
    .map((row) =>
      row
        .split("|")
        .map((cell) => cell.trim().replaceAll("`", ""))
        .slice(1, -1),
    );

const lineHeadings = [...text.matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name ?? "");

interface Members {
  readonly always: readonly string[];
  readonly sometimes: readonly string[];
}

const membersOf = (part: string): Members => {
  const names = tableIn(part).map(([name = ""]) => name);
  return {
    always: names.filter((name) => !name.startsWith("(")),
    sometimes: names.filter((name) => name.startsWith("(")).map((name) => name.slice(1, -1)),
  };
};

const [eventsPart = "", membersPart = ""] = section("##", "Events").split("Members of such a line:");
const documentedLine = new Map(lineHeadings.map((name) => [name, membersOf(section("###", `\`${name}\``))]));
const documentedLevels = new Map(
  lineHeadings.map((name) => {
    const [first = ""] = section("###", `\`${name}\``).trim().split("\n");
    return [
      name,
      ["info", "warn", "error"].filter((level) =>
        new RegExp(`\\b${level}\\b`).test(first.split("At every run")[0] ?? ""),
      ),
    ];
  }),
);

/** Produces every failure in turn and one rotation, and returns the lines logged. */
const everyLine = async (): Promise<readonly Line[]> => {
  const lines: Line[] = [];
  const collect = (rig: Rig): void => void lines.push(...rig.lines);

  const place = await new Rig().place({ remindEveryMs: minutes(30) }).adopt();
  const { rig } = place;
  await place.rotate();
  rig.receiver.reacts = () => 410;
  rig.unavailable("rotations.read");
  await rig.tick();
  rig.unavailable("history.append");
  await place.report({ healthy: false, detail: "403" });
  await rig.tick();
  await place.report();
  await rig.tick();
  rig.batch.denied.add("listKeys");
  await place.confirm();
  rig.batch.denied.delete("listKeys");
  rig.unavailable("batch.regenerate");
  await place.order("resume");
  await rig.tick();
  rig.clock.advance(days(1));
  rig.unavailable("history.lastBefore");
  await rig.ticking(hours(7));
  rig.unavailable("rotations.scan");
  await rig.tickAfter(minutes(5));
  rig.tables.damage("render-weu");
  await rig.tick();
  collect(rig);

  const dry = new Rig({ limits: { dryRun: true } });
  dry.place();
  await dry.tick();
  collect(dry);

  collect(await fannedOut());
  collect((await pulled()).rig);
  collect(await stoppedFleet());
  collect((await foreign()).rig);
  collect(await receivingEvents());
  collect(await readByAnother());
  return [...lines, ...(await foundByTag()), ...(await configurationInvalid())];
};

const noToken = async (): Promise<never> => {
  throw new TransientServiceError({ operation: "managed identity token" });
};

/** Events of Azure: of another identity, of none, of an account whose record cannot be read, in another form. */
const receivingEvents = async (): Promise<Rig> => {
  const place = await new Rig().place({ remindEveryMs: days(1) }).adopt();
  const { rig } = place;
  const { batch } = place.config;
  const listed = aKeyOperation({ resourceId: batch.resourceId, operation: "listKeys", at: rig.clock.at });
  const receive = async (...events: readonly unknown[]): Promise<void> => {
    const sent = parseEvents(events, rig.clock.now());
    if (sent.kind === "valid" && "events" in sent.value) await receiveEvents(rig.app, sent.value);
  };
  rig.world.principal = "0a0a0a0a-0000-4000-8000-00000000000a";
  await receive(listed, {});
  rig.tables.damage(place.name);
  await receive(aKeyOperation({ resourceId: batch.resourceId, at: rig.clock.at }));
  rig.start({ ports: { permissions: { principalId: noToken, allows: async () => null } } });
  await receive(listed);
  return rig;
};

/** A reader that is no configured consumer. */
const readByAnother = async (): Promise<Rig> => {
  const rig = new Rig();
  const log = new FakeAuditLog();
  rig.world.auditLog = log;
  const { config } = rig.place();
  log.read(config.secret, { identity: "another", version: null, at: rig.clock.at });
  await rig.tick();
  await rig.tick();
  return rig;
};

/** Accounts that go to the queue: taken, left there, given up. */
const fannedOut = async (): Promise<Rig> => {
  const rig = new Rig({ limits: { fanOutAbove: 1 } });
  rig.place({ name: "one" });
  rig.place({ name: "two" });
  const sent: Work[] = [];
  const queue = { nextTickAt: null, send: (works: readonly Work[]) => void sent.push(...works) };
  await rig.ticker.tick(queue);
  await rig.ticker.tick(queue);
  for (const work of sent) {
    await doWork(rig.app, work);
    await doWork(rig.app, { ...work, until: work.at.replace("2026", "2025") });
    await alarmLostWork(rig.app, work);
  }
  await doWork(rig.app, null);
  return rig;
};

/** A fleet that is stopped while its row cannot be written, and resumed. */
const stoppedFleet = async (): Promise<Rig> => {
  const rig = new Rig();
  rig.fleet = aFleet({ breaker: { failures: 1, withinMs: days(1) } });
  const place = await rig.place({ rotateEveryMs: days(1) }).adopt();
  rig.clock.advance(days(2));
  await rig.tick();
  await place.report({ healthy: false, detail: "403" });
  rig.unavailable("fleet.update");
  await rig.tick();
  await rig.tick();
  await resumeFleet(rig.app, { reason: "fixed", by: "operator:ada" });
  return rig;
};

const blind: Looker = {
  kind: "readers",
  isDue: () => true,
  look: async () => {
    throw new Error("out of reach");
  },
};

const pulled = async (): Promise<Place> => {
  const consumer = {
    name: "render-api",
    instances: 1,
    proof: "optional",
    healthUrl: "https://render.example/health",
    platform: null,
  } as const;
  const place = new Rig({ lookers: () => [blind] }).place({ gate: { consumers: [consumer] } });
  await place.rig.tick();
  place.rig.unavailable("signals.update");
  await place.rig.tick();
  return place;
};

/** The secret belongs to another account, and that one cannot be shown so. */
const foreign = async (): Promise<Place> => {
  const place = await new Rig().place().adopt();
  const { rig, config } = place;
  place.publishManually("c29tZXRoaW5nIGVsc2U=");
  const newest = rig.vault.newest(config.secret);
  if (newest !== null) newest.tags = { ProviderAddress: "/subscriptions/s/other" };
  rig.vault.denied.add("update");
  rig.clock.advance(days(1));
  await rig.tick();
  return place;
};

const configurationInvalid = async (): Promise<readonly Line[]> => {
  const rig = new Rig();
  rig.place();
  rig.wrongSettings = [{ at: "ROTATION_ACCOUNTS", problem: "is required" }];
  await rig.fireTimer();
  return rig.lines;
};

/** Rotations with an operator's requests on an account that settles on primary, and keys published outside the app. */
const everyOtherEvent = async (): Promise<readonly Line[]> => {
  const place = await new Rig().place({ settleOn: "primary" }).adopt();
  const { rig, config } = place;
  const newest = (): string => rig.vault.versions(config.secret).at(-1)?.version ?? "";

  await place.order("pause");
  await place.order("resume");
  const signal = { consumer: "render-api", instance: "vm-1", healthy: true, leaving: false, detail: null };
  rig.clock.advance(1);
  await receiveSignal(rig.app, config, {
    ...signal,
    secretVersion: newest(),
    at: rig.clock.at,
    proof: Buffer.alloc(32).toString("base64"),
  });

  await place.rotate();
  await place.order("approve");
  await place.confirm();
  await place.confirm();

  await place.rotate();
  rig.batch.regenerateManually(config.batch, "primary");
  await expect(place.order("rollback")).rejects.toThrow("refused");
  await place.confirm();
  await place.confirm();
  await place.confirm();

  await place.rotate();
  await place.order("rollback");
  await place.order("resume");
  // A rotation that was rolled back is due again at once.
  await place.confirm();
  await rig.tick();
  place.publishManually(place.keys().primary);
  await rig.tickAfter(hours(7));
  place.publishManually(otherKeyText);
  await rig.tickAfter(hours(7));

  rig.accounts = [{ ...config, secret: { ...config.secret, name: "another" } }];
  rig.start();
  await rig.tick();
  return [...rig.lines, ...(await troubleWithHistory()), ...(await refreshed())];
};

/** With an account that is not under rotation, with none, and while graph and tables are out of reach. */
const foundByTag = async (): Promise<readonly Line[]> => {
  const lines: Line[] = [];
  for (const names of [["untagged"], []]) {
    const rig = new Rig({ discovery: aDiscovery() });
    for (const name of names) rig.batch.addAccount(name);
    rig.deploy([]);
    await rig.tick();
    rig.unavailable("graph.batchAccounts");
    await rig.tickAfter(hours(1));
    rig.unavailable("discoveries.head");
    await rig.tickAfter(hours(1));
    lines.push(...rig.lines);
  }
  return lines;
};

const fetch = () => ({ status: "Resolved", version: "v", value: "not for the log" }) as const;

/** The platform of the only app reads the secret again. */
const refreshed = async (): Promise<readonly Line[]> => {
  const rig = new Rig();
  const platform = { kind: "appService", resourceId: siteId, refresh: true, restart: false } as const;
  const { secret } = rig.place({ gate: { consumers: [aConsumer({ platform })] } }).config;
  const app = new EmulatedAppService({ now: () => rig.clock.now(), fetch, createName: () => "i1" });
  app.configure("KEY", `@Microsoft.KeyVault(SecretUri=${secret.vaultUrl}/secrets/${secret.name})`);
  rig.world.platforms.appServices.set(siteId, app);
  await rig.tick();
  await rig.tickAfter(minutes(5));
  return rig.lines;
};

/** The record is restored from an older copy, and then has no room for the events that wait. */
const troubleWithHistory = async (): Promise<readonly Line[]> => {
  const place = await new Rig().place().adopt();
  const { rig, record } = place;
  await place.order("pause");
  rig.tables.restore(record);
  await place.order("pause");
  rig.unavailable("history.append", Number.POSITIVE_INFINITY);
  for (let round = 0; round < 40; round++) {
    await place.order("resume", "ü".repeat(500));
    await place.order("pause", "ü".repeat(500));
  }
  return rig.lines;
};

const blockedBy = (reason: BlockedReason) => aFailure({ blocked: { reason, remedy: "fix it" } });
const everyBlockedReason = Object.keys(blockedReasons).filter((name): name is BlockedReason => name in blockedReasons);

const restart = { trigger: "demand", reason: "leaked", by: "ada", retireAfterMs: 1, idempotencyKey: null } as const;

const settingsAlarms = ([undefined, "SettingUnresolved"] as const).map((reason) =>
  wrongSettings("is required", when("12:00"), reason),
);

const fleetAlarms = [
  [aFleetState({ failures: ["a", "b", "c"].map((name) => aFleetFailure(name, "11:00")) }), aFleet()] as const,
  [unreadableFleet, aFleet()] as const,
  [aFleetState(), aFleet({ canaries: ["typo"] })] as const,
]
  .map(([state, fleet]) => fleetCondition(state, fleet, () => false, when("12:00")))
  .filter((condition) => condition !== null);

/** The alarms of an account at its gate, and of one that is idle and due, for every cause. */
const everyCondition = (): readonly Condition[] => {
  const unhealthy = aReport({ healthy: false, at: at("11:55") });
  const stopped: readonly Partial<RotationRecord>[] = [
    {},
    { pause: aPause() },
    { failure: aFailure() },
    { hold: { reason: "TargetKeyRefused", detail: "Batch refuses it", since: at("10:00") } },
    { restart },
    { restart, pause: aPause() },
    ...everyBlockedReason.map((reason) => ({ failure: blockedBy(reason) })),
    withEvents(aRecord(), [{ event: "Paused", detail: "" }], anEventContext("10:00")),
    { searched: aCopyFound({ at: at("11:50"), foundSince: at("11:50") }) },
    { contest: { by: "/subscriptions/s/other", since: at("10:00") } },
    { configuration: aDrivingConfiguration({ olderSeen: { since: at("09:00"), lastAt: at("11:55") } }) },
  ];
  const states = [
    { state: aRotation().published(), phaseClock: { since: at("10:00", 20), pausedSince: null, pausedMs: 0 } },
    { state: aRotation().regenerated(), phaseClock: { since: at("10:00", 20), pausedSince: null, pausedMs: 0 } },
    { state: idle({ keyMadeAt: at("10:00", 1), publishedAt: at("10:00", 1) }) },
  ];
  const config = anAccount({ rotateEveryMs: days(1) });
  const found = states.flatMap((state) =>
    stopped.flatMap((stop) =>
      conditions({
        record: aRecord({ reconciledAt: at("10:00", 20), ...state, ...stop }),
        config,
        sightings: reported(unhealthy),
        dryRun: false,
        now: when("12:00"),
      }),
    ),
  );
  const unusable = everyBlockedReason.map((reason) => recordUnusable({ reason, remedy: "fix it" }, when("12:00")));
  const problems = [null, ...Object.keys(discoveryReasons)].map((reason) =>
    discoveryProblem({ reason, since: at("10:00"), detail: "fix it" }),
  );
  const orphaned = recordOrphaned("was under way", when("12:00"));
  return [...found, ...unusable, orphaned, ...settingsAlarms, ...problems, ...fleetAlarms];
};

/** The reasons that the code gives each event; null for none. */
const reasonsGiven = async (): Promise<ReadonlyMap<string, ReadonlySet<string | null>>> => {
  const given = new Map<string, Set<string | null>>();
  const add = (event: string, reason: unknown): void => {
    given.set(event, (given.get(event) ?? new Set()).add(typeof reason === "string" ? reason : null));
  };
  const lasting = everyCondition();
  const raised = lasting.map(({ kind, since }) => ({ kind, since, lastNotifiedAt: since }));
  for (const { kind, reason } of lasting) add(kind, reason);
  for (const { event, reason } of alarmChanges(raised, [], hours(6), when("12:00")).drafts) add(event, reason);
  for (const { blocked } of [aFailure(), ...everyBlockedReason.map(blockedBy)]) {
    const after = failed(aRecord(), { blocked, detail: "not done" }, 1, at("12:00"), anEventContext("12:00"));
    for (const { event, reason } of after.publishing.outbox) add(event, reason);
  }
  const events = new Set<string>([...alarmKinds, ...informationKinds]);
  for (const { event, reason } of [...(await everyLine()), ...(await everyOtherEvent())]) {
    if (events.has(event)) add(event, reason);
  }
  return given;
};

const lastingAlarms = [
  "RotationStalled",
  "RotationBlocked",
  "RotationOverdue",
  "AccountUnchecked",
  "ConsumerUnhealthy",
  "ConfigurationInvalid",
  "RecordOrphaned",
  "UrgentRotationSuperseded",
  "HistoryBehind",
  "SecretContested",
  "ConfigurationConflict",
  "DiscoveryProblem",
  "FleetStopped",
  "KeyInAccount",
];
const listsOfReasons: Readonly<Record<string, readonly string[]>> = {
  "a waiting reason": Object.keys(waitingReasons),
  "a blocked reason": Object.keys(blockedReasons),
  "the alarm's kind": lastingAlarms,
  "a discovery reason": Object.keys(discoveryReasons),
};

/** The reasons as documented: two or more of a list by the list's name, one by its own. */
const asDocumented = (reasons: ReadonlySet<string | null>): readonly string[] => {
  const left = new Set(reasons);
  const named: string[] = [];
  // Some alarms have the name of a reason: the list that explains most of them comes first.
  const explains = (list: readonly string[]): number => list.filter((reason) => reasons.has(reason)).length;
  const lists = Object.entries(listsOfReasons).toSorted(([, one], [, other]) => explains(other) - explains(one));
  for (const [name, list] of lists) {
    const ofList = list.filter((reason) => left.has(reason));
    if (ofList.length < 2) continue;
    named.push(name);
    for (const reason of ofList) left.delete(reason);
  }
  return [...named, ...[...left].map((reason) => reason ?? "none")].toSorted();
};

const reasonsListedAs = (name: string): readonly string[] => {
  const line = text.split("\n").find((each) => each.startsWith(`- *${name}*`)) ?? "";
  return [...line.matchAll(/`(\w+)`/g)].map(([, reason = ""]) => reason);
};

describe("docs/events.md", () => {
  const events = tableIn(eventsPart);

  it("lists every kind of event once, alarms first, and no unknown kind", () => {
    expect(events.map(([kind]) => kind)).toEqual([...alarmKinds, ...informationKinds]);
  });

  it("gives alarms the level error, and every other event the level info", () => {
    const levels = [...alarmKinds, ...informationKinds].map((kind) => [kind, isAlarm(kind) ? "error" : "info"]);
    expect(events.map(([kind, level]) => [kind, level])).toEqual(levels);
  });

  it("says when each event is raised", () => {
    expect(events.filter(([, , occasion = ""]) => occasion.length < 10)).toEqual([]);
  });

  it("lists exactly the reasons of each event", async () => {
    const given = await reasonsGiven();
    const documented = events.map(([kind = "", , , reason = ""]) => [
      kind,
      reason === "" ? ["none"] : reason.split(/, | or /).toSorted(),
    ]);
    expect(documented).toEqual(events.map(([kind = ""]) => [kind, asDocumented(given.get(kind) ?? new Set())]));
  });

  it("lists every waiting reason and every blocked reason", () => {
    expect(reasonsListedAs("Waiting reasons")).toEqual(Object.keys(waitingReasons));
    expect(reasonsListedAs("Blocked reasons")).toEqual(Object.keys(blockedReasons));
  });
});

const isLine = ({ event }: Line): boolean => documentedLine.has(event);
const namesIn = ({ event: _event, level: _level, ...members }: Line): readonly string[] => Object.keys(members);

describe("logged lines", () => {
  let lines: readonly Line[];
  const kinds: readonly string[] = [...alarmKinds, ...informationKinds];

  beforeAll(async () => {
    lines = await everyLine();
  });
  afterAll(() => jest.restoreAllMocks());

  it("are all documented", () => {
    expect(lines.filter((line) => !isLine(line) && !kinds.includes(line.event)).map(({ event }) => event)).toEqual([]);
  });

  it.each(lineHeadings.filter((name) => name !== "RequestFailed"))(
    "%s has the documented members and levels",
    (name) => {
      const found = lines.filter(({ event }) => event === name);
      expect(found).not.toEqual([]);
      const { always = [], sometimes = [] } = documentedLine.get(name) ?? {};
      for (const line of found) {
        const names = namesIn(line);
        expect(names.filter((member) => !sometimes.includes(member)).toSorted()).toEqual(always.toSorted());
        expect(documentedLevels.get(name)).toContain(line.level);
      }
    },
  );

  it("of events have the documented members and level", () => {
    const documented = membersOf(membersPart).always;
    const found = lines.filter((line) => !isLine(line));
    expect(new Set(found.map(({ event }) => event)).size).toBeGreaterThan(8);
    for (const line of found) {
      const expected = documented.filter(
        (member) => member !== "event" && (member !== "kind" || line.event === "AlarmCleared"),
      );
      expect([line.event, namesIn(line).toSorted()]).toEqual([line.event, expected.toSorted()]);
      expect([line.event, line.level]).toEqual([
        line.event,
        kinds.indexOf(line.event) < alarmKinds.length ? "error" : "info",
      ]);
    }
  });

  it("contain neither the webhook's URL nor a key", () => {
    const everything = JSON.stringify(lines);
    expect(everything).not.toContain("not-for-the-log");
    expect(everything).not.toMatch(/[A-Za-z0-9+/]{86}/);
  });
});
