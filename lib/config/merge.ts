import { builtIn } from "./schema/defaults";
import type { SchemaOptions } from "./schema/field-types";
import { batchIdParts, vaultNameOf } from "./schema/identity-fields";

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

/** The secret that a profile gives to this account. Where the region is not known, `{location}` stays in its name. */
const secretOfProfile = (secret: unknown, resourceId: unknown, location: string | null): unknown => {
  const batch = typeof resourceId === "string" ? batchIdParts(resourceId) : null;
  const name = asObject(secret)["name"];
  if (batch === null || typeof name !== "string" || !isObject(secret)) return secret;
  const named = name.replaceAll("{account}", batch.accountName);
  return { ...secret, name: location === null ? named : named.replaceAll("{location}", location) };
};

/** What the accounts of a configuration are merged with. */
export interface MergeContext {
  readonly defaults: unknown;
  readonly profiles: unknown;
  readonly rules: SchemaOptions;
}

/** Of an account that is found by a tag; null where it is listed, and nothing says which region it is in. */
type Location = string | null;

/** The profile that an account names; empty where it names none, or one that is not known. */
const profileOf = (profiles: unknown, account: unknown): Unchecked => {
  const name = asObject(account)["profile"];
  return typeof name === "string" && Object.hasOwn(asObject(profiles), name) ? asObject(asObject(profiles)[name]) : {};
};

/** The secret that an account comes to; undefined where nothing says which vault it is in. */
export const mergedSecret = (context: MergeContext, account: unknown, location: Location = null): unknown => {
  const { secret, resourceId } = asObject(account);
  const given = profileOf(context.profiles, account)["secret"];
  const ofProfile = given === undefined ? undefined : secretOfProfile(given, resourceId, location);
  return mergeSecret(secret === undefined ? ofProfile : secret, resourceId, context.rules);
};

/**
 * What an account comes to: its own keys, else those of its profile, else those of `defaults`, else the built-in or
 * derived ones.
 */
export const mergeAccount = (context: MergeContext, account: unknown, location: Location = null): Unchecked => {
  const { defaults, profiles } = context;
  const { profile: _profile, ...own } = asObject(account);
  const { secret: _secret, ...profile } = profileOf(profiles, account);
  const merged = overlay(overlay(overlay(builtIn, asObject(defaults)), profile), own);
  const secret = mergedSecret(context, account, location);
  return secret === undefined ? merged : { ...merged, secret };
};

/** What an account says beside its identity, as a text: of many accounts most say the same. */
export const textOfPolicy = (account: Unchecked): string => {
  const { name: _name, resourceId: _resourceId, secret: _secret, ...policy } = account;
  return JSON.stringify(policy);
};
