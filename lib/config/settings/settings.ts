import { type Cloud, cloudNames, clouds } from "../clouds";
import type { Configuration } from "../accounts";
import { type FilesBesideHost, readConfiguration } from "../configuration";
import { isGuid } from "../schema/field-types";
import { type HeartbeatSettings, readHeartbeat } from "./heartbeat";
import { readDefaultVault } from "../schema/identity-fields";
import { Problems } from "../problems";
import { type Environment, maxMs, SettingsReader } from "./reader";
import { parseNcrontab } from "../schedule";
import { readTablePrefix } from "./table-prefix";
import { everyFiveMinutes, readSchedule } from "./timer-schedule";
import { readStorage, type StorageSettings } from "./storage";
import { isPlainBase, parseUrl, withoutSlash } from "../urls";
import { readWebhook, type WebhookSettings } from "./webhook";
import type { Problem } from "../../errors";
import { containerAppSyncMs } from "../../rotation/platforms/container-app";
import { days, minutes, seconds } from "../../rotation/time/units";

/** What the host does with this app. `functionTimeoutMs` is how long it lets one call run, in milliseconds. */
interface HostLimits {
  readonly functionTimeoutMs: number;
}

/** All settings, checked, with every default filled in. */
export interface Settings extends Configuration {
  readonly storage: StorageSettings;
  readonly tablePrefix: string;
  /** Null where unset: the host knows no default for `%ROTATION_SCHEDULE%`. */
  readonly schedule: string | null;
  readonly dryRun: boolean;
  readonly emulated: boolean;
  /** Null where alarms go to the log only. */
  readonly webhook: WebhookSettings | null;
  /** Null where no outside service expects a heartbeat. */
  readonly heartbeat: HeartbeatSettings | null;
  /** With `ROTATION_ARM_ENDPOINT` applied. */
  readonly cloud: Cloud;
  /** With the vault's audit log; null where it is not asked. */
  readonly logWorkspaceId: string | null;
  /** `AZURE_CLIENT_ID`; null for the system-assigned identity. */
  readonly clientId: string | null;
  /** A tick that has to look at more accounts than this hands them to the queue. */
  readonly fanOutAbove: number;
  /** How long events stay in the history, in milliseconds. */
  readonly historyKeepMs: number;
  readonly claimMs: number;
  readonly quarantineMs: number;
  /** How long after a publication Container Apps has read the vault for certain. */
  readonly platformSyncMs: number;
  /** Optional settings that hold references which the platform has not resolved. */
  readonly unresolved: readonly Problem[];
}

/** Set by the platform in every app that runs in Azure. */
const inAzure = "WEBSITE_SITE_NAME";

const readEmulated = (env: Environment, reader: SettingsReader, problems: Problems): boolean => {
  const emulated = reader.flag("ROTATION_EMULATED");
  if (!emulated || !env[inAzure]) return emulated;
  problems.add("ROTATION_EMULATED", "must not be true in Azure: remove it");
  // The rest is then held to what counts in Azure, so that no second round of problems follows.
  return false;
};

const readCloud = (reader: SettingsReader): { readonly cloud: Cloud; readonly known: boolean } => {
  const name = reader.choice("ROTATION_CLOUD", cloudNames);
  const cloud = clouds[name ?? "AzurePublic"];
  const endpoint = (setting: "ROTATION_ARM_ENDPOINT" | "ROTATION_LOG_ENDPOINT"): string | null =>
    reader.matching(setting, "an https URL without user name, query and fragment", (text) => {
      const url = parseUrl(text);
      return url?.protocol === "https:" && isPlainBase(url);
    });
  const armEndpoint = parseUrl(endpoint("ROTATION_ARM_ENDPOINT") ?? cloud.armEndpoint);
  const logEndpoint = parseUrl(endpoint("ROTATION_LOG_ENDPOINT") ?? cloud.logEndpoint);
  return {
    cloud: {
      ...cloud,
      ...(armEndpoint === null ? {} : { armEndpoint: withoutSlash(armEndpoint) }),
      ...(logEndpoint === null ? {} : { logEndpoint: withoutSlash(logEndpoint) }),
    },
    known: name !== null || reader.text("ROTATION_CLOUD") === null,
  };
};

/** A length that only tests against emulators may change. */
const readTestLength = (
  reader: SettingsReader,
  name: "ROTATION_CLAIM" | "ROTATION_QUARANTINE" | "ROTATION_PLATFORM_SYNC",
  emulated: boolean,
  problems: Problems,
): number | null => {
  if (emulated) return reader.duration(name, seconds(1));
  if (reader.text(name) !== null) problems.add(name, "may be set only with ROTATION_EMULATED: remove it");
  return null;
};

const readClientId = (reader: SettingsReader): string | null =>
  reader.matching("AZURE_CLIENT_ID", "the client id of a user-assigned identity, a GUID", isGuid);

const readWorkspace = (reader: SettingsReader): string | null =>
  reader.matching("ROTATION_LOG_WORKSPACE_ID", "the id of a Log Analytics workspace, a GUID", isGuid);

/** Where it is not known whether a key may be changed, none is. */
const readDryRun = (reader: SettingsReader): boolean =>
  reader.flag("ROTATION_DRY_RUN") || reader.isUnresolved("ROTATION_DRY_RUN");

/** Where it is not known how long events stay, all of them stay. */
const readHistoryKeep = (reader: SettingsReader, emulated: boolean): number => {
  const keepMs = reader.duration("ROTATION_HISTORY_KEEP", emulated ? seconds(1) : days(1));
  return keepMs ?? (reader.isUnresolved("ROTATION_HISTORY_KEEP") ? maxMs : days(400));
};

/** The settings that the alarm about invalid settings needs, as far as they are valid. */
interface AlarmSettings extends Pick<Settings, "emulated" | "webhook" | "heartbeat" | "cloud"> {
  /** Null where the settings of the tables are invalid too. */
  readonly tables: Pick<Settings, "storage" | "tablePrefix"> | null;
}

/**
 * Never throws; `readSettings` reports the problems. There is a webhook only with tables, which remember what was sent.
 */
export const readAlarmSettings = (env: Environment): AlarmSettings => {
  const ofTables = new Problems();
  const ofWebhook = new Problems();
  const others = new Problems();
  const reader = new SettingsReader(env, ofTables);
  const emulated = readEmulated(env, new SettingsReader(env, others), others);
  const { cloud } = readCloud(new SettingsReader(env, others));
  // It decides where the tables are; the other settings of a cloud do not.
  reader.choice("ROTATION_CLOUD", cloudNames);
  const context = { storageSuffix: cloud.storageSuffix, emulated, clientId: readClientId(reader) };
  const tables = { storage: readStorage(reader, context, ofTables), tablePrefix: readTablePrefix(reader) };
  const webhook = readWebhook(new SettingsReader(env, ofWebhook), emulated);
  return {
    emulated,
    cloud,
    tables: ofTables.isEmpty ? tables : null,
    webhook: ofTables.isEmpty && ofWebhook.isEmpty ? webhook : null,
    // It needs no memory, so no tables.
    heartbeat: readHeartbeat(new SettingsReader(env, others), emulated),
  };
};

/**
 * Checks all settings and the configuration.
 * Throws `ConfigError` with every problem at once, by name and remedy and without any value.
 */
export const readSettings = (
  env: Environment,
  files: FilesBesideHost,
  host: HostLimits = { functionTimeoutMs: minutes(5) },
): Settings => {
  const problems = new Problems();
  const unresolved = new Problems();
  const reader = new SettingsReader(env, problems, unresolved);
  const emulated = readEmulated(env, reader, problems);
  const { cloud, known } = readCloud(reader);
  const clientId = readClientId(reader);
  const schedule = readSchedule(reader);
  const ofCloud = { emulated, vaultDomain: known ? cloud.vaultDomain : null };
  const rules = {
    ...ofCloud,
    defaultVaultUrl: readDefaultVault(reader, ofCloud),
    schedule: parseNcrontab(reader.text("ROTATION_SCHEDULE") ?? everyFiveMinutes),
    asksLog: reader.isSet("ROTATION_LOG_WORKSPACE_ID"),
  };
  const settings: Omit<Settings, "unresolved"> = {
    storage: readStorage(reader, { storageSuffix: cloud.storageSuffix, emulated, clientId }, problems),
    tablePrefix: readTablePrefix(reader),
    schedule,
    ...readConfiguration(reader, files, rules, problems),
    dryRun: readDryRun(reader),
    emulated,
    webhook: readWebhook(reader, emulated),
    heartbeat: readHeartbeat(reader, emulated),
    cloud,
    logWorkspaceId: readWorkspace(reader),
    clientId,
    fanOutAbove: reader.wholeNumber("ROTATION_FAN_OUT", 1, 1_000_000) ?? 500,
    historyKeepMs: readHistoryKeep(reader, emulated),
    // Longer than any one call can run: a claim must outlast its holder.
    claimMs: readTestLength(reader, "ROTATION_CLAIM", emulated, problems) ?? host.functionTimeoutMs + minutes(1),
    quarantineMs: readTestLength(reader, "ROTATION_QUARANTINE", emulated, problems) ?? minutes(5),
    platformSyncMs: readTestLength(reader, "ROTATION_PLATFORM_SYNC", emulated, problems) ?? containerAppSyncMs,
  };
  problems.throwIfAny();
  return { ...settings, unresolved: unresolved.all };
};
