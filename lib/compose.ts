import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod";
import { MemoryNotices } from "./alarms/memory-notices";
import { noWebhook, Webhook } from "./alarms/webhook";
import type { App } from "./app";
import { AzureBatchKeys } from "./azure/batch/batch-keys";
import { createCredential } from "./azure/sdk/credential";
import { HistoryTable } from "./azure/tables/history-table";
import { KeyVaultSecrets } from "./azure/key-vault/key-vault-secrets";
import { ArmPermissions } from "./azure/sdk/permissions";
import { NoticeTable } from "./azure/tables/notice-table";
import { RotationTable } from "./azure/tables/rotation-table";
import { SignalTable } from "./azure/tables/signal-table";
import { openTables, type TableStorage } from "./azure/tables/tables";
import { UlidIds } from "./ids";
import { type Environment, readSettings, readTellingSettings, type Settings } from "./config/settings";
import { builtIn } from "./config/defaults";
import { alarmConfigurationInvalid, type ConfigurationAlarm } from "./alarms/configuration-alarm";
import { ConfigError } from "./errors";
import { FetchHealthChecks } from "./signals/health-client";
import type { Alerts, Clock, Log } from "./ports";
import { parseDuration } from "./rotation/time/duration";
import { minutes, seconds } from "./rotation/time/units";
import type { NotifierPorts } from "./alarms/publish-notice";
import { RefusedProofLimiter } from "./signals/refused-proof-limiter";
import { ReportCache } from "./signals/report-cache";
import { VersionCache } from "./signals/version-cache";

/** The most that one external call may take. */
const callMs = seconds(30);

const systemClock: Clock = {
  now: () => new Date(),
  abortAfter: (ms) => AbortSignal.timeout(ms),
  sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
};

/** Writes one line of text at a level. */
export type LineWriter = (level: "info" | "warn" | "error", line: string) => void;

const logTo = (write: LineWriter): Log => ({ write: (level, line) => write(level, JSON.stringify(line)) });

/** Builds the app from the process's settings. Throws `ConfigError` with every problem at once. */
export const composeApp = (env: Environment, write: LineWriter): App => {
  const root = appRoot(env);
  const functionTimeoutMs = readFunctionTimeout(root, env);
  const settings = readSettings(env, { read: (file) => readFileSync(join(root, file), "utf8") }, { functionTimeoutMs });
  const ports = buildPorts(env, settings, logTo(write));
  return {
    ports,
    accounts: settings.accounts,
    versions: new VersionCache(ports.secrets, systemClock),
    reports: new ReportCache(ports.signals, systemClock),
    refusedProofs: new RefusedProofLimiter(systemClock),
    emulated: settings.emulated,
    limits: {
      claimMs: settings.claimMs,
      quarantineMs: settings.quarantineMs,
      callMs,
      dryRun: settings.dryRun,
      historyKeepMs: settings.historyKeepMs,
      tickMs: functionTimeoutMs / 2,
      requestMs: Math.min(functionTimeoutMs / 2, seconds(100)),
      claimWaitMs: seconds(3),
    },
  };
};

const buildPorts = (env: Environment, settings: Settings, log: Log): App["ports"] => {
  const { cloud, emulated } = settings;
  const clock = systemClock;
  const ids = new UlidIds(clock);
  const credential = createCredential({ env, clientId: settings.clientId, authorityHost: cloud.authorityHost });
  const tables = openTables(tableStorage(env, settings), settings.tablePrefix);
  return {
    clock,
    ids,
    log,
    batch: new AzureBatchKeys({ credential, armEndpoint: cloud.armEndpoint, armScope: cloud.armScope, clock }),
    secrets: new KeyVaultSecrets({ credential, emulated }),
    rotations: new RotationTable(tables.rotations, ids),
    notices: new NoticeTable(tables.rotations, ids),
    signals: new SignalTable(tables.signals, ids),
    health: new FetchHealthChecks(),
    permissions: new ArmPermissions({ credential, armEndpoint: cloud.armEndpoint, armScope: cloud.armScope }),
    alerts: openAlerts(env, settings.webhook),
    history: new HistoryTable(tables.history),
  };
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

/** The folder that holds host.json: the host says where; else it is beside the bundle or above it. */
const appRoot = (env: Environment): string => {
  const places = [env["AzureWebJobsScriptRoot"], __dirname, dirname(__dirname), process.cwd()];
  return places.find((place) => place && existsSync(join(place, "host.json"))) ?? process.cwd();
};

const hostSchema = z.object({ functionTimeout: z.string().optional() });

/** `functionTimeout` of host.json, or the setting that the host lets override it, in milliseconds; 5 minutes where it does not say. */
const readFunctionTimeout = (root: string, env: Environment): number => {
  const standard = minutes(5);
  try {
    const host: unknown = JSON.parse(readFileSync(join(root, "host.json"), "utf8"));
    const { functionTimeout } = hostSchema.parse(host);
    const text = env["AzureFunctionsJobHost__functionTimeout"] || (functionTimeout ?? "");
    const [, hours, minutes, seconds] = /^(\d+):(\d\d):(\d\d)$/.exec(text) ?? [];
    const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return ms > 0 ? ms : standard;
  } catch {
    return standard;
  }
};

/** Builds the alarm path from whichever settings are valid. */
const openConfigurationAlarm = (env: Environment, write: LineWriter): ConfigurationAlarm => {
  const { tables, webhook, emulated, cloud } = readTellingSettings(env);
  const ids = new UlidIds(systemClock);
  const toLog = { clock: systemClock, ids, log: logTo(write) };
  const toLogOnly: NotifierPorts = { ports: { ...toLog, notices: new MemoryNotices(), alerts: noWebhook }, callMs };
  const remindEveryMs = parseDuration(builtIn.remindEvery) ?? Number.POSITIVE_INFINITY;
  if (tables === null) return { notifier: toLogOnly, logOnly: toLogOnly, remindEveryMs };
  const { rotations } = openTables(tableStorage(env, { storage: tables.storage, emulated, cloud }), tables.tablePrefix);
  const notices = new NoticeTable(rotations, ids);
  return {
    notifier: { ports: { ...toLog, notices, alerts: openAlerts(env, webhook) }, callMs },
    logOnly: toLogOnly,
    remindEveryMs,
  };
};

/** The app, or the problems that keep it from running, and the alarm about them: one run of it logs and reports them. */
export type Composed =
  | { readonly kind: "ready"; readonly app: App }
  | { readonly kind: "invalid"; readonly problems: ConfigError["problems"]; readonly alarm: () => Promise<void> };

export const compose = (env: Environment, write: LineWriter): Composed => {
  try {
    return { kind: "ready", app: composeApp(env, write) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems } = error;
    const alarm = openConfigurationAlarm(env, write);
    return { kind: "invalid", problems, alarm: () => alarmConfigurationInvalid(alarm, problems) };
  }
};
