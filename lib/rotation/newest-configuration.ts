import type { AccountConfig } from "./account-config";
import { configurationHash } from "./configuration-hash";
import type { DrivingConfiguration, OlderSeen, RotationRecord } from "./record";
import { type Instant, plusMs, toInstant } from "./time/time";
import { days, hours, minutes } from "./time/units";

/*
 * While a deployment replaces one process after the other, some processes still have the configuration from before. One
 * of them may not know a consumer that still uses the previous key. So only processes with the newest configuration
 * that has driven the account take steps. The tags of an account that was found count as part of it: each has its own
 * order, so a new deployment with old tags and an old deployment with new tags both wait for one that has both.
 */

/** Of a process that has read its configuration later than the newest one was read: the deployment was rolled back. */
const restartedWaitMs = minutes(30);
/** Of a process from before: it has been left over. */
const leftOverWaitMs = days(1);
/** Clocks differ: what was read at about the same time may have been read later. */
const toleranceMs = minutes(5);
const maxReplaced = 8;
/** Two processes with different configurations for longer than this are no deployment. */
const deploymentMs = hours(2);
/** Each is one write of the record. */
const olderSeenEveryMs = minutes(10);
const olderForgottenMs = hours(1);

/** What keeps a process with an older configuration from taking steps, and until when; null with the newest one. */
export const waitsForNewer = (
  { configuration }: RotationRecord,
  config: AccountConfig,
  now: Date,
): { readonly since: Instant; readonly until: Instant } | null => {
  const hash = configurationHash(config);
  if (configuration === null || configuration.hash === hash) return null;
  const { loadedAt, replaced } = configuration;
  const tags = tagOrder(configuration, config);
  // A tag that is set back gives the hash of the configuration from before.
  if (config.loadedAt >= loadedAt && (tags === "newer" || (tags === "same" && !replaced.includes(hash)))) return null;
  const since = configuration.olderSince ?? toInstant(now);
  // Tags are read again at every tick: one that stays behind is left over.
  const restarted = tags !== "older" && config.loadedAt >= plusMs(loadedAt, -toleranceMs);
  const until = plusMs(since, restarted ? restartedWaitMs : leftOverWaitMs);
  return until <= toInstant(now) ? null : { since, until };
};

/** How the tags that this process knows compare with those of the newest configuration. */
const tagOrder = ({ taggedAt }: DrivingConfiguration, { discovered }: AccountConfig): "older" | "same" | "newer" => {
  const [known, own] = [taggedAt ?? "", discovered?.taggedAt ?? ""];
  // An account that is listed now, or was before, follows the deployments.
  if (known === "" || own === "" || known === own) return "same";
  return own < known ? "older" : "newer";
};

/**
 * The record as a driver with this configuration leaves it. The newest configuration answers an older one that waits,
 * and an older one takes over where no answer has come for long enough: else a deployment that is rolled back would
 * wait for ever.
 */
export const withConfigurationSeen = (record: RotationRecord, config: AccountConfig, now: Date): RotationRecord => {
  const { configuration } = record;
  const hash = configurationHash(config);
  if (configuration?.hash === hash)
    return changed(record, configuration, { olderSince: null, olderSeen: olderRemembered(configuration, now) });
  if (configuration !== null && waitsForNewer(record, config, now) !== null)
    return changed(record, configuration, {
      olderSince: configuration.olderSince ?? toInstant(now),
      olderSeen: olderSeenNow(configuration, now),
    });
  return { ...record, configuration: newest(configuration, hash, config) };
};

const newest = (
  before: DrivingConfiguration | null,
  hash: string,
  { loadedAt, discovered }: AccountConfig,
): DrivingConfiguration => ({
  hash,
  loadedAt,
  taggedAt: discovered?.taggedAt ?? null,
  replaced:
    before === null ? [] : [before.hash, ...before.replaced].filter((each) => each !== hash).slice(0, maxReplaced),
  olderSince: null,
  olderSeen: null,
});

type Older = Pick<DrivingConfiguration, "olderSince" | "olderSeen">;

/** The same record where nothing differs, so that an idle account costs no write. */
const changed = (record: RotationRecord, configuration: DrivingConfiguration, older: Older): RotationRecord =>
  older.olderSince === configuration.olderSince && older.olderSeen === configuration.olderSeen
    ? record
    : { ...record, configuration: { ...configuration, ...older } };

const olderRemembered = ({ olderSeen }: DrivingConfiguration, now: Date): OlderSeen | null =>
  olderSeen === null || plusMs(olderSeen.lastAt, olderForgottenMs) <= toInstant(now) ? null : olderSeen;

const olderSeenNow = (configuration: DrivingConfiguration, now: Date): OlderSeen => {
  const at = toInstant(now);
  const seen = olderRemembered(configuration, now);
  if (seen === null) return { since: at, lastAt: at };
  return plusMs(seen.lastAt, olderSeenEveryMs) <= at ? { ...seen, lastAt: at } : seen;
};

/** When a record in which processes with an older configuration were seen has to be looked at again. */
export const configurationChangesAt = ({ configuration }: RotationRecord): readonly Instant[] => {
  const seen = configuration?.olderSeen ?? null;
  return seen === null ? [] : [plusMs(seen.since, deploymentMs), plusMs(seen.lastAt, olderForgottenMs)];
};

/** Processes with different configurations that drive one record for longer than a deployment takes. */
export const configurationConflict = ({ configuration }: RotationRecord, now: Date): OlderSeen | null => {
  const seen = configuration === null ? null : olderRemembered(configuration, now);
  return seen !== null && plusMs(seen.since, deploymentMs) <= toInstant(now) ? seen : null;
};
