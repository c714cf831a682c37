import { RotationTable } from "../../lib/azure/tables/rotation-table";
import { openTables } from "../../lib/azure/tables/tables";
import { readSettings } from "../../lib/config/settings/settings";
import { callOptions } from "../../lib/limits";
import { concurrently } from "../../lib/concurrently";
import type { AccountConfig } from "../../lib/rotation/account-config";
import { configurationHash } from "../../lib/rotation/configuration-hash";
import { firstRecord } from "../../lib/rotation/first-record";
import { attentionOf } from "../../lib/rotation/attention/attention";
import { nothingSeen } from "../../lib/rotation/gate/sightings";
import { nextLook } from "../../lib/rotation/next-look";
import type { Published } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import { toInstant } from "../../lib/rotation/time/time";
import { systemClock, UlidIds } from "../../lib/system";
import { idle } from "../builders/state";

/** The record of an adopted account in which nothing is open. */
export const idleRecord = (
  config: AccountConfig,
  now: Date,
  accountEndpoint: string,
  active: Partial<Published>,
): RotationRecord => ({
  ...firstRecord(config, now),
  accountEndpoint,
  configuration: {
    hash: configurationHash(config),
    loadedAt: config.loadedAt,
    taggedAt: config.discovered?.taggedAt ?? null,
    replaced: [],
    olderSince: null,
    olderSeen: null,
  },
  state: idle(active),
  reconciledAt: toInstant(now),
});

export interface Seeding {
  readonly connectionString: string;
  readonly prefix: string;
  /** The settings of the app, and the text of the file that they name. */
  readonly env: Readonly<Record<string, string>>;
  readonly file: string;
  readonly stop: AbortSignal;
  readonly recordOf: (config: AccountConfig, now: Date) => RotationRecord;
}

/** The accounts of the app with these settings. */
export const configsOf = (env: Seeding["env"], file: string, now: Date): readonly AccountConfig[] => {
  const { accounts, fleet } = readSettings(env, { read: () => file });
  return accounts.map((settings) => ({ ...settings, loadedAt: toInstant(now), fleet }));
};

/** Of an account of which nothing is known beside its record. */
export const attentionIn = (record: RotationRecord, config: AccountConfig, now: Date): string =>
  attentionOf({ record, config, sightings: nothingSeen, dryRun: false, now });

/** Writes a record for each configured account through the app's own adapter. */
export const seedRecords = async ({ connectionString, prefix, env, file, stop, recordOf }: Seeding): Promise<void> => {
  const now = new Date();
  const storage = { kind: "connectionString", connectionString, allowInsecureConnection: true } as const;
  const rotations = new RotationTable(openTables(storage, prefix, new UlidIds(systemClock)).rotations);
  await concurrently(configsOf(env, file, now), 16, async (config) => {
    stop.throwIfAborted();
    const record = recordOf(config, now);
    const look = nextLook(record, config, now);
    await rotations.insert(record, {
      ...callOptions(systemClock, 60_000),
      look,
      attention: attentionIn(record, config, now),
    });
  });
};
