import { builtIn } from "./defaults";
import type { SchemaOptions } from "./field-types";
import { batchIdParts, vaultNameOf } from "./identity-fields";

/** An object as JSON gives it, not yet checked. */
export type Unchecked = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Unchecked =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object, or an empty one in place of anything else: what is no object has been reported by then. */
export const asObject = (value: unknown): Unchecked => (isObject(value) ? value : {});

/** `over` where it says something, else `under`; two objects key by key. */
const mergeKey = (under: unknown, over: unknown): unknown => {
  if (over === undefined) return under;
  return isObject(under) && isObject(over) ? { ...under, ...over } : over;
};

/** Keys whose objects are merged; a window or a secret is one thing and replaced as one. */
const mergedKeys = ["gate", "stalledAfter"] as const;

const overlay = (under: Unchecked, over: Unchecked): Unchecked => ({
  ...under,
  ...over,
  ...Object.fromEntries(mergedKeys.map((key) => [key, mergeKey(under[key], over[key])])),
});

/** Stands in where the cloud is not known: that is reported by itself, and nothing is published then. */
const anyDomain = ".vault.azure.net";

/** The vault of a secret that gives no address: that of its resource id, else the vault of all such accounts. */
const vaultOf = ({ vaultResourceId }: Unchecked, rules: SchemaOptions): string | null => {
  if (vaultResourceId === undefined) return rules.defaultVaultUrl;
  const name = vaultNameOf(vaultResourceId);
  return name === null ? null : `https://${name}${rules.vaultDomain ?? anyDomain}`;
};

/** The secret with what can be derived filled in; unchanged where nothing says which vault it is in. */
const mergeSecret = (secret: unknown, resourceId: unknown, rules: SchemaOptions): unknown => {
  if (secret !== undefined && !isObject(secret)) return secret;
  const written = asObject(secret);
  const vaultUrl = vaultOf(written, rules);
  if (vaultUrl === null && (secret === undefined || written["vaultUrl"] === undefined)) return secret;
  const batch = typeof resourceId === "string" ? batchIdParts(resourceId) : null;
  return { vaultUrl, ...(batch === null ? {} : { name: `${batch.accountName}-batch-key` }), ...written };
};

/** What an account comes to: its own keys, else those of `defaults`, else the built-in or derived ones. */
export const mergeAccount = (defaults: unknown, account: unknown, rules: SchemaOptions): Unchecked => {
  const merged = overlay(overlay(builtIn, asObject(defaults)), asObject(account));
  const secret = mergeSecret(merged["secret"], merged["resourceId"], rules);
  return secret === undefined ? merged : { ...merged, secret };
};
