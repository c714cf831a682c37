import type { AccountConfig } from "./account-config";

const known = new WeakMap<AccountConfig, string>();

/**
 * Tells two effective configurations of one account apart: 64 bits in hex. Not of when it was loaded or found, and not
 * of `paused`: to end a pause is to go back to the configuration from before, which must not count as an older one. Not
 * of `fleet`: another blackout must not have the record of every account written.
 */
export const configurationHash = (config: AccountConfig): string => {
  const found = known.get(config);
  if (found !== undefined) return found;
  const { loadedAt: _loadedAt, paused: _paused, discovered: _discovered, fleet: _fleet, ...members } = config;
  const hash = fnv64(JSON.stringify(members, inOrder));
  known.set(config, hash);
  return hash;
};

/** The order in which members were written does not count. */
const inOrder = (_name: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
    : value;

const prime = 0x100000001b3n;

/** FNV-1a. */
const fnv64 = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at += 1) hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * prime);
  return hash.toString(16).padStart(16, "0");
};
