import { sha256 } from "../hash";
import type { StoredShard } from "../ports/discovery";
import { type KnownAccount, resourceKey } from "../rotation/discovery/known-account";
import { type KnownAccounts, sameEntry } from "../rotation/discovery/merge-found";

/**
 * One of 256 by the first byte of the hash. A row of a table holds 1 MiB: of 100,000 accounts each shard holds 390,
 * with tags of the greatest length a quarter of that. All are read in about ten requests, and a change writes one.
 */
const shardOf = (key: string): number => Number.parseInt(sha256(key).slice(0, 2), 16);

/** The accounts of all shards. Entries that are as before stay the same objects. */
export const joinShards = (shards: readonly StoredShard[], before: KnownAccounts): KnownAccounts => {
  const joined = new Map<string, KnownAccount>();
  for (const { accounts } of shards)
    for (const account of accounts) {
      const key = resourceKey(account.resourceId);
      const known = before.get(key);
      joined.set(key, known !== undefined && sameEntry(known, account) ? known : account);
    }
  return joined;
};

/** The shards that differ from what is stored. */
export const changedShards = (before: KnownAccounts, after: KnownAccounts): readonly Omit<StoredShard, "etag">[] => {
  const changed = new Set<number>();
  for (const [key, account] of after) if (before.get(key) !== account) changed.add(shardOf(key));
  for (const key of before.keys()) if (!after.has(key)) changed.add(shardOf(key));
  if (changed.size === 0) return [];
  const members = new Map<number, KnownAccount[]>([...changed].map((index) => [index, []]));
  for (const [key, account] of after) members.get(shardOf(key))?.push(account);
  return [...members].map(([index, accounts]) => ({ index, accounts }));
};
