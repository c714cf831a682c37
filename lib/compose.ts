import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExplicitAccounts } from "./account-directory";
import { alarmConfigurationInvalid, type ConfigurationAlarm } from "./alarms/configuration-alarm";
import { HttpsHeartbeat, noHeartbeat } from "./alarms/heartbeat";
import { MemoryNotices } from "./alarms/memory-notices";
import type { NotifierPorts } from "./alarms/publish-notice";
import { noWebhook, Webhook } from "./alarms/webhook";
import type { App } from "./app";
import { AzureBatchKeys } from "./azure/batch/batch-keys";
import { KeyVaultSecrets } from "./azure/key-vault/key-vault-secrets";
import { AzureAuditLog } from "./azure/log-analytics/azure-audit-log";
import type { LogClientOptions } from "./azure/log-analytics/log-client";
import { AzureAppServices } from "./azure/platforms/app-services";
import { createCredential } from "./azure/sdk/credential";
import { ArmPermissions } from "./azure/sdk/permissions";
import { ArmAllowances } from "./azure/sdk/pipeline";
import { AzureContainerApps } from "./azure/platforms/container-apps";
import { AzureDataFactories } from "./azure/platforms/data-factories";
import { AzureResourceGraph } from "./azure/resource-graph/azure-resource-graph";
import { DiscoveryTable } from "./azure/tables/discovery-table";
import { FleetTable } from "./azure/tables/fleet-table";
import { FormSecretTable } from "./azure/tables/form-secret-table";
import { HistoryTable } from "./azure/tables/history-table";
import { NoticeTable } from "./azure/tables/notice-table";
import { RotationTable } from "./azure/tables/rotation-table";
import { TickNotesTable } from "./azure/tables/tick-notes-table";
import { SignalTable } from "./azure/tables/signal-table";
import type { TableStorage } from "./azure/tables/table-clients";
import { openTables } from "./azure/tables/tables";
import { builtIn } from "./config/schema/defaults";
import type { Environment } from "./config/settings/reader";
import { readAlarmSettings, readSettings, type Settings } from "./config/settings/settings";
import { accountLoader } from "./config/load-accounts";
import type { DiscoveryPorts } from "./discovery/ask-graph";
import { DiscoveredAccounts } from "./discovery/discovered-accounts";
import { withCurrentTags } from "./discovery/guarded-batch";
import { ConfigError } from "./errors";
import { EventMemory } from "./events/event-memory";
import { appRoot, readFunctionTimeout } from "./config/settings/host-json";
import { UlidIds, systemClock } from "./system";
import type { AppLimits } from "./limits";
import { logLine } from "./outgoing/log-line";
import { AttentionCache } from "./page/model/attention-cache";
import type { Alerts, Heartbeat } from "./ports/alerts";
import type { AuditLog } from "./ports/audit-log";
import type { Ports } from "./ports/ports";
import type { Log } from "./ports/system";
import { parseDuration } from "./rotation/time/duration";
import { toInstant } from "./rotation/time/time";
import { minutes, seconds } from "./rotation/time/units";
import { lookersOf } from "./sights/lookers";
import { FetchHealthChecks } from "./signals/health-client";
import { InstanceCounts } from "./signals/instance-counts";
import { RefusedProofLimiter } from "./signals/refused-proof-limiter";
import { ReportCache } from "./signals/report-cache";
import { VersionCache } from "./signals/version-cache";
/** Maximum of one external call. */
const callMs = seconds(30);

/** Writes one line of text at a level. */
export type LineWriter = (level: "info" | "warn" | "error", line: string) => void;

const logTo = (write: LineWriter): Log => ({ write: (level, line) => write(level, logLine(line)) });

/** Builds the app from the process's settings. Throws `ConfigError` with every problem at once. */
const composeApp = (env: Environment, write: LineWriter): Pick<Ready, "app" | "heartbeat"> => {
  const root = appRoot(env);
  const functionTimeoutMs = readFunctionTimeout(root, env);
  const settings = readSettings(env, { read: (file) => readFileSync(join(root, file), "utf8") }, { functionTimeoutMs });
  const limits = limitsOf(settings, functionTimeoutMs);
  const { ports, accounts, lookers } = buildPorts(env, settings, limits, logTo(write));
  const app: App = {
    ports,
    accounts,
    fleet: settings.fleet,
    versions: new VersionCache(ports.secrets, systemClock),
    attention: new AttentionCache(ports.rotations, systemClock),
    reports: new ReportCache(ports.signals, systemClock),
    instances: new InstanceCounts(ports.signals, systemClock),
    refusedProofs: new RefusedProofLimiter(systemClock),
    lookers,
    events: new EventMemory(ports),
    emulated: settings.emulated,
    unresolved: settings.unresolved,
    limits,
  };
  return { app, heartbeat: openHeartbeat(settings.heartbeat) };
};

const limitsOf = (
  { claimMs, quarantineMs, dryRun, historyKeepMs, fanOutAbove }: Settings,
  functionTimeoutMs: number,
): AppLimits => ({
  claimMs,
  quarantineMs,
  // A test setting that shortens the quarantine shortens this too.
  keyListLagMs: Math.min(minutes(2), quarantineMs),
  callMs,
  dryRun,
  historyKeepMs,
  tickMs: functionTimeoutMs / 2,
  fanOutAbove,
  requestMs: Math.min(functionTimeoutMs / 2, seconds(100)),
  claimWaitMs: seconds(3),
});

const buildPorts = (
  env: Environment,
  settings: Settings,
  limits: AppLimits,
  log: Log,
): Pick<App, "ports" | "accounts" | "lookers"> => {
  const { cloud, emulated, platformSyncMs } = settings;
  const clock = systemClock;
  const ids = new UlidIds(clock);
  const credential = createCredential({ env, clientId: settings.clientId, authorityHost: cloud.authorityHost });
  const tables = openTables(tableStorage(env, settings), settings.tablePrefix, ids);
  const allowances = new ArmAllowances();
  const arm = { credential, armEndpoint: cloud.armEndpoint, armScope: cloud.armScope, allowances };
  const base: Ports = {
    clock,
    ids,
    log,
    batch: new AzureBatchKeys({ ...arm, clock }),
    secrets: new KeyVaultSecrets({ credential, emulated }),
    rotations: new RotationTable(tables.rotations),
    ticks: new TickNotesTable(tables.rotations),
    notices: new NoticeTable(tables.rotations),
    fleet: new FleetTable(tables.rotations, clock),
    formSecret: new FormSecretTable(tables.rotations),
    signals: new SignalTable(tables.signals, settings.logWorkspaceId !== null),
    health: new FetchHealthChecks(),
    permissions: new ArmPermissions(arm),
    auditLog: openAuditLog(credential, settings),
    alerts: openAlerts(env, settings.webhook),
    history: new HistoryTable(tables.history),
  };
  const graph = new AzureResourceGraph({ ...arm, sleep: (ms, signal) => clock.sleep(ms, signal) });
  const platforms = {
    ...base,
    appServices: new AzureAppServices(arm),
    containerApps: new AzureContainerApps(arm),
    dataFactories: new AzureDataFactories(arm, () => clock.now()),
  };
  const ofGraph = { graph, discoveries: new DiscoveryTable(tables.rotations) };
  return { ...withDirectory(base, settings, limits, ofGraph), lookers: lookersOf(platforms, platformSyncMs) };
};

/** The accounts, and the ports of which no regenerate is sent with tags that have changed. */
const withDirectory = (
  ports: Ports,
  { accounts, discovery, profiles, fleet }: Settings,
  { callMs: each, tickMs: askMs }: AppLimits,
  ofGraph: Pick<DiscoveryPorts, "graph" | "discoveries">,
): Pick<App, "ports" | "accounts"> => {
  const load = accountLoader({ loadedAt: toInstant(systemClock.now()), fleet });
  const explicit = accounts.map(load);
  if (discovery === null) return { ports, accounts: new ExplicitAccounts(explicit) };
  const task = { discovery, profiles, callMs: each, askMs };
  const directory = new DiscoveredAccounts({ ...task, explicit, load, ports: { ...ports, ...ofGraph } });
  const batch = withCurrentTags(ports.batch, (ref, options) => directory.isCurrent(ref, options));
  return { ports: { ...ports, batch }, accounts: directory };
};

const openAuditLog = (
  credential: LogClientOptions["credential"],
  { cloud, logWorkspaceId }: Settings,
): AuditLog | null => {
  const { logEndpoint, logScope } = cloud;
  return logWorkspaceId === null
    ? null
    : new AzureAuditLog({ credential, logEndpoint, logScope, workspaceId: logWorkspaceId });
};

const openAlerts = (env: Environment, webhook: Settings["webhook"]): Alerts =>
  webhook === null
    ? noWebhook
    : new Webhook({
        url: webhook.url,
        format: webhook.format,
        secret: webhook.secret === null ? null : Buffer.from(webhook.secret.replace(/^whsec_/, ""), "base64"),
        wanted: webhook.events,
        site: env["WEBSITE_SITE_NAME"] || "local",
        clock: systemClock,
      });

const tableStorage = (
  env: Environment,
  { storage, emulated, cloud }: Pick<Settings, "storage" | "emulated" | "cloud">,
): TableStorage =>
  storage.kind === "connectionString"
    ? { ...storage, allowInsecureConnection: emulated }
    : {
        kind: "identity",
        tableServiceUri: storage.tableServiceUri,
        credential: createCredential({ env, clientId: storage.clientId, authorityHost: cloud.authorityHost }),
      };

const openHeartbeat = (heartbeat: Settings["heartbeat"]): Heartbeat =>
  heartbeat === null ? noHeartbeat : new HttpsHeartbeat({ ...heartbeat, clock: systemClock });

/** Builds the alarm path from whichever settings are valid. */
const openConfigurationAlarm = (env: Environment, write: LineWriter): ConfigurationAlarm => {
  const { tables, webhook, emulated, cloud } = readAlarmSettings(env);
  const ids = new UlidIds(systemClock);
  const base = { clock: systemClock, ids, log: logTo(write) };
  const logOnly: NotifierPorts = { ports: { ...base, notices: new MemoryNotices(), alerts: noWebhook }, callMs };
  const remindEveryMs = parseDuration(builtIn.remindEvery) ?? Number.POSITIVE_INFINITY;
  if (tables === null) return { notifier: logOnly, logOnly, remindEveryMs };
  const storage = tableStorage(env, { storage: tables.storage, emulated, cloud });
  const notices = new NoticeTable(openTables(storage, tables.tablePrefix, ids).rotations);
  return {
    notifier: { ports: { ...base, notices, alerts: openAlerts(env, webhook) }, callMs },
    logOnly,
    remindEveryMs,
  };
};

interface Ready {
  readonly kind: "ready";
  readonly app: App;
  readonly heartbeat: Heartbeat;
}

/** The problems that keep the app from running. One run of `alarm` logs and reports them. */
interface Invalid {
  readonly kind: "invalid";
  readonly problems: ConfigError["problems"];
  readonly alarm: () => Promise<void>;
  readonly heartbeat: Heartbeat;
}

export type Composed = Ready | Invalid;

/** An app that was built elsewhere, without a heartbeat. */
export const readyWith = (app: App): Composed => ({ kind: "ready", app, heartbeat: noHeartbeat });

export const compose = (env: Environment, write: LineWriter): Composed => {
  try {
    return { kind: "ready", ...composeApp(env, write) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems } = error;
    const alarm = openConfigurationAlarm(env, write);
    const heartbeat = openHeartbeat(readAlarmSettings(env).heartbeat);
    return { kind: "invalid", problems, alarm: () => alarmConfigurationInvalid(alarm, problems), heartbeat };
  }
};
