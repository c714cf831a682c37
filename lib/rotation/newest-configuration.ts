import type { AccountConfig } from "./account-config";
import { configurationHash } from "./configuration-hash";
import type { DrivingConfiguration, RotationRecord } from "./record";
import { type Instant, plusMs, toInstant } from "./time/time";
import { days, minutes } from "./time/units";

/*
 * While a deployment replaces one process after the other, some processes still have the configuration from before. One
 * of them may not know a consumer that still uses the previous key. So only processes with the newest configuration
 * that has driven the account take steps.
 */

/** Of a process that has read its configuration later than the newest one was read: the deployment was rolled back. */
const restartedWaitMs = minutes(30);
/** Of a process from before: it has been left over. */
const leftOverWaitMs = days(1);
/** Clocks differ: what was read at about the same time may have been read later. */
const toleranceMs = minutes(5);
const maxReplaced = 8;

/** What keeps a process with an older configuration from taking steps, and until when; null with the newest one. */
export const waitsForNewer = (
  { configuration }: RotationRecord,
  config: AccountConfig,
  now: Date,
): { readonly since: Instant; readonly until: Instant } | null => {
  const hash = configurationHash(config);
  if (configuration === null || configuration.hash === hash) return null;
  const { loadedAt, replaced } = configuration;
  if (config.loadedAt >= loadedAt && !replaced.includes(hash)) return null;
  const since = configuration.olderSince ?? toInstant(now);
  const restarted = config.loadedAt >= plusMs(loadedAt, -toleranceMs);
  const until = plusMs(since, restarted ? restartedWaitMs : leftOverWaitMs);
  return until <= toInstant(now) ? null : { since, until };
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
    return configuration.olderSince === null
      ? record
      : { ...record, configuration: { ...configuration, olderSince: null } };
  if (configuration !== null && waitsForNewer(record, config, now) !== null)
    return configuration.olderSince === null
      ? { ...record, configuration: { ...configuration, olderSince: toInstant(now) } }
      : record;
  return { ...record, configuration: newest(configuration, hash, config.loadedAt) };
};

const newest = (before: DrivingConfiguration | null, hash: string, loadedAt: Instant): DrivingConfiguration => ({
  hash,
  loadedAt,
  replaced:
    before === null ? [] : [before.hash, ...before.replaced].filter((each) => each !== hash).slice(0, maxReplaced),
  olderSince: null,
});
