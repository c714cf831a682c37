import type { AccountConfig, AccountSettings } from "./account-config";

const known = new WeakMap<AccountConfig, string>();

/**
 * Distinguishes effective configurations of one account: 64 bits in hex. Leaves out when it was loaded or found, and
 * `paused`: to end a pause is to go back to the configuration from before, which must not count as an older one. And
 * `fleet`: another blackout must not have the record of every account written.
 */
export const configurationHash = (config: AccountConfig): string => {
  const found = known.get(config);
  if (found !== undefined) return found;
  const hash = fnv64(textOf(membersOf(config)));
  known.set(config, hash);
  return hash;
};

/** By name, as an account inherits what it shares with others. Without a member of the settings it does not compile. */
const membersOf = (config: AccountConfig): Omit<AccountSettings, "paused"> => ({
  name: config.name,
  batch: config.batch,
  secret: config.secret,
  rotateEveryMs: config.rotateEveryMs,
  expireAfterMs: config.expireAfterMs,
  window: config.window,
  settleOn: config.settleOn,
  probe: config.probe,
  reconcileEveryMs: config.reconcileEveryMs,
  gate: config.gate,
  stalledAfterMs: config.stalledAfterMs,
  remindEveryMs: config.remindEveryMs,
});

/** Members that accounts share: of 100,000 accounts most have the same gate. */
const shared: ReadonlySet<string> = new Set(["gate", "stalledAfterMs"]);
const texts = new WeakMap<object, string>();

/** As JSON, but the order in which members were written does not count. */
const textOf = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([name, member]) => `${JSON.stringify(name)}:${memberOf(name, member)}`).join()}}`;
};

const memberOf = (name: string, value: unknown): string => {
  if (!shared.has(name) || typeof value !== "object" || value === null) return textOf(value);
  const text = texts.get(value) ?? textOf(value);
  texts.set(value, text);
  return text;
};

const prime = 0x100000001b3n;

/** FNV-1a. */
const fnv64 = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at += 1) hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * prime);
  return hash.toString(16).padStart(16, "0");
};
