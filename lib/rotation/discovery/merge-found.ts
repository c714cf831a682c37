import { type Instant, plusMs, toInstant } from "../time/time";
import { type AccountTags, type GraphAccount, type KnownAccount, type Missing, resourceKey } from "./known-account";
import { SharedParts } from "./shared-parts";

/** What is stored, by `resourceKey`. */
export type KnownAccounts = ReadonlyMap<string, KnownAccount>;

export interface Answer {
  readonly accounts: readonly GraphAccount[];
  /** False where the graph said that it left some out: what is not among them may exist all the same. */
  readonly isComplete: boolean;
}

/** Whether a profile can complete an account with these tags. */
type IsGood = (account: GraphAccount & { readonly tags: AccountTags }) => boolean;

/**
 * What is known after an answer of the graph. An account whose tag or whose resource is no longer found keeps its last
 * tags, so that its keys stay under the rotator's eyes. Entries that are as before are the same objects.
 */
export const mergeFound = (known: KnownAccounts, answer: Answer, isGood: IsGood, now: Date): KnownAccounts => {
  const merged = new Map<string, KnownAccount>();
  const parts = new SharedParts();
  for (const found of answer.accounts) {
    const key = resourceKey(found.resourceId);
    const before = known.get(key) ?? null;
    const after = mergeOne(before, found, isGood, toInstant(now));
    merged.set(key, after === before ? before : parts.of(after));
  }
  for (const [key, before] of known) {
    if (merged.has(key)) continue;
    if (!answer.isComplete) merged.set(key, before);
    else if (before.tags !== null) merged.set(key, withMissing(before, "AccountGone", toInstant(now)));
  }
  return merged;
};

const mergeOne = (before: KnownAccount | null, found: GraphAccount, isGood: IsGood, at: Instant): KnownAccount => {
  if (before === null) return { ...found, taggedAt: at, good: goodOf(found, isGood), missing: null };
  const { location, sharedKey } = found;
  if (found.tags === null) {
    const lost = before.tags === null ? before : withMissing(before, "TagRemoved", at);
    return unlessSame(before, { ...lost, location, sharedKey });
  }
  const isSame = sameTags(found.tags, before.tags) && before.missing === null;
  return unlessSame(before, {
    ...before,
    location,
    sharedKey,
    tags: found.tags,
    taggedAt: isSame ? before.taggedAt : laterThan(before.taggedAt, at),
    good: goodOf(found, isGood) ?? before.good,
    missing: null,
  });
};

const goodOf = (found: GraphAccount, isGood: IsGood): AccountTags | null =>
  found.tags !== null && isGood({ ...found, tags: found.tags }) ? found.tags : null;

/** The clocks of two processes differ, but the order of what they store must not. */
const laterThan = (before: Instant, at: Instant): Instant => (at > before ? at : plusMs(before, 1));

const withMissing = (before: KnownAccount, kind: Missing["kind"], at: Instant): KnownAccount =>
  before.missing?.kind === kind ? before : { ...before, missing: { kind, since: at } };

const sameTags = (one: AccountTags | null, other: AccountTags | null): boolean =>
  one?.profile === other?.profile && one?.consumers === other?.consumers;

/** The stored entry itself where nothing differs. */
const unlessSame = (before: KnownAccount, after: KnownAccount): KnownAccount =>
  sameEntry(before, after) ? before : after;

export const sameEntry = (one: KnownAccount, other: KnownAccount): boolean =>
  one.resourceId === other.resourceId &&
  one.location === other.location &&
  one.sharedKey === other.sharedKey &&
  one.taggedAt === other.taggedAt &&
  one.missing?.kind === other.missing?.kind &&
  one.missing?.since === other.missing?.since &&
  sameTags(one.tags, other.tags) &&
  sameTags(one.good, other.good);

/** What is known once these accounts are no longer under the rotator's eyes: no record of theirs is left. */
export const withoutForgotten = (known: KnownAccounts, forgotten: ReadonlySet<string>): KnownAccounts => {
  if (forgotten.size === 0) return known;
  const kept = new Map<string, KnownAccount>();
  for (const [key, entry] of known) {
    if (!forgotten.has(key)) kept.set(key, entry);
    else if (entry.missing?.kind === "TagRemoved") kept.set(key, { ...entry, tags: null, good: null, missing: null });
  }
  return kept;
};
