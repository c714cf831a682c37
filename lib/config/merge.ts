import { builtIn } from "./defaults";

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

/** What an account comes to: its own keys, else those of `defaults`, else the built-in ones. */
export const mergeAccount = (defaults: unknown, account: unknown): Unchecked =>
  overlay(overlay(builtIn, asObject(defaults)), asObject(account));
