import { DiscoveryTable } from "../../lib/azure/tables/discovery-table";
import { openTables } from "../../lib/azure/tables/tables";
import { readSettings } from "../../lib/config/settings/settings";
import { changedShards } from "../../lib/discovery/shards";
import { callOptions } from "../../lib/limits";
import type { AccountConfig } from "../../lib/rotation/account-config";
import { answeredHead, firstHead } from "../../lib/rotation/discovery/discovery-head";
import { type KnownAccount, resourceKey } from "../../lib/rotation/discovery/known-account";
import { resolveFound } from "../../lib/rotation/discovery/resolve-found";
import { days } from "../../lib/rotation/time/units";
import { toInstant } from "../../lib/rotation/time/time";
import { systemClock, UlidIds } from "../../lib/system";
import { resourceIdOf } from "./measures/idle-accounts";

/** The file of a configuration that lists no account, and looks for them once a day. */
export const foundConfiguration: string = JSON.stringify({
  profiles: { standard: { secret: { vaultUrl: "https://bench.vault.azure.net", name: "{account}-batch-key" } } },
  discovery: { tag: "batch-key-rotator", scope: { managementGroups: ["bench"] }, every: "P1D" },
});

const tags = { profile: "standard", consumers: "render-api:2 nightly-etl" };

/** So many accounts as discovery stores them. */
const knownAccounts = (count: number, now: Date): ReadonlyMap<string, KnownAccount> => {
  const common = { location: "westeurope", tags, good: tags, sharedKey: true, taggedAt: toInstant(now), missing: null };
  const ids = Array.from({ length: count }, (_, index) => resourceIdOf(index));
  return new Map(ids.map((resourceId) => [resourceKey(resourceId), { resourceId, ...common }]));
};

/** As an app with these settings completes them. */
export const foundConfigs = (
  count: number,
  env: Readonly<Record<string, string>>,
  now: Date,
): readonly AccountConfig[] => {
  const { profiles, fleet } = readSettings(env, { read: () => foundConfiguration });
  const context = {
    explicit: [],
    profiles,
    shortHash: (text: string) => text,
    load: (settings: Parameters<Parameters<typeof resolveFound>[1]["load"]>[0]) => ({
      ...settings,
      loadedAt: toInstant(now),
      fleet,
    }),
  };
  return resolveFound(knownAccounts(count, now).values(), context, new WeakMap()).accounts;
};

const call = () => callOptions(systemClock, 60_000);

/** Stores what discovery has found a moment ago, so that no tick asks for it. */
export const storeFound = async (
  { connectionString, prefix }: { readonly connectionString: string; readonly prefix: string },
  count: number,
  now: Date,
): Promise<void> => {
  const storage = { kind: "connectionString", connectionString, allowInsecureConnection: true } as const;
  const table = new DiscoveryTable(openTables(storage, prefix, new UlidIds(systemClock)).rotations);
  for (const shard of changedShards(new Map(), knownAccounts(count, now))) await table.writeShard(shard, null, call());
  const answer = { version: "1", incomplete: null, everyMs: days(1) };
  await table.writeHead(answeredHead(firstHead(now), answer, now), null, call());
};
