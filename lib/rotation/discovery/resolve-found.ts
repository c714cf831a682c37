import type { AccountConfig, AccountSettings, Discovered, Held } from "../account-config";
import type { DiscoveryReason } from "../reasons";
import type { Instant } from "../time/time";
import { parseConsumers } from "./consumers-tag";
import type { Completed, Profiles } from "./discovery-config";
import { type AccountTags, type KnownAccount, resourceKey } from "./known-account";

/** An account with a tag that cannot be rotated. */
export interface FoundProblem {
  /** As it would be named; with a part of its own where another account or problem has that name. */
  readonly account: string;
  readonly resourceId: string;
  readonly reason: Extract<DiscoveryReason, "TagInvalid" | "NameTaken" | "SecretShared">;
  /** What is wrong, and the remedy. */
  readonly detail: string;
  readonly since: Instant;
}

export interface Resolved {
  /** The listed accounts, then those that were found, in the order in which they were. */
  readonly accounts: readonly AccountConfig[];
  readonly problems: readonly FoundProblem[];
}

/** What one process completes found accounts with. */
export interface ResolveContext {
  readonly explicit: readonly AccountConfig[];
  readonly profiles: Profiles;
  /** Of the settings of an account, and what this process adds to them, a new object. */
  readonly load: (account: AccountSettings) => AccountConfig;
  /** Eight characters that distinguish resource ids. */
  readonly shortHash: (text: string) => string;
}

/** Each entry is completed once in a process: unchanged entries keep their configuration, also as an object. */
export type ConfigCache = WeakMap<KnownAccount, AccountConfig>;

export const completeTags = (profiles: Profiles, entry: KnownOrFound, tags: AccountTags): Completed => {
  const parsed = parseConsumers(tags.consumers);
  if (parsed.kind === "invalid") return { kind: "incomplete", problems: [parsed.problem] };
  const { resourceId, location } = entry;
  return profiles.complete({ resourceId, location, profile: tags.profile.trim(), consumers: parsed.consumers });
};

type KnownOrFound = Pick<KnownAccount, "resourceId" | "location">;

/**
 * All accounts under rotation. A listed account wins over a found one of the same resource. Of two that share a name
 * or a secret, the one that was found first keeps it.
 */
export const resolveFound = (known: Iterable<KnownAccount>, context: ResolveContext, cache: ConfigCache): Resolved => {
  const taken = new Taken(context.explicit);
  const accounts = [...context.explicit];
  const discovered = new SharedInstants();
  const problems: FoundProblem[] = [];
  for (const entry of [...known].filter(isTagged).toSorted(inOrder)) {
    if (taken.hasResource(entry.resourceId)) continue;
    const config = cache.get(entry) ?? completed(entry, context, discovered);
    if ("problem" in config) {
      problems.push(problemOf(entry, "TagInvalid", config.problem));
      continue;
    }
    cache.set(entry, config);
    const clash = taken.clashOf(config);
    if (clash !== null) {
      problems.push(problemOf(entry, clash.reason, clash.detail));
      continue;
    }
    taken.add(config);
    accounts.push(config);
  }
  return { accounts, problems: distinct(problems, accounts, context) };
};

/** An entry with the tags that it has, or had last. */
type Tagged = KnownAccount & { readonly tags: AccountTags };

const isTagged = (entry: KnownAccount): entry is Tagged => entry.tags !== null;

const inOrder = (one: KnownAccount, other: KnownAccount): number => {
  if (one.taggedAt !== other.taggedAt) return one.taggedAt < other.taggedAt ? -1 : 1;
  return resourceKey(one.resourceId) < resourceKey(other.resourceId) ? -1 : 1;
};

/** By its tags, or else by the last ones that could be completed: it is held then. */
const completed = (
  entry: Tagged,
  context: ResolveContext,
  instants: SharedInstants,
): AccountConfig | { readonly problem: string } => {
  const { profiles, load } = context;
  const { taggedAt, missing, good } = entry;
  const now = completeTags(profiles, entry, entry.tags);
  if (now.kind === "complete") {
    if (missing === null) return withDiscovered(load(now.account), instants.of(taggedAt));
    return withDiscovered(load(now.account), { taggedAt, held: heldByLoss(missing) });
  }
  const problem = now.problems.join("; ");
  const before = good === null ? now : completeTags(profiles, entry, good);
  if (before.kind === "incomplete") return { problem };
  const held: Held =
    missing === null ? { reason: "TagInvalid", since: taggedAt, detail: problem } : heldByLoss(missing);
  return withDiscovered(load(before.account), { taggedAt, held });
};

/** What is known of accounts that are as they should be: many were found at the same instant. */
class SharedInstants {
  readonly #known = new Map<Instant, Discovered>();

  of(taggedAt: Instant): Discovered {
    const known = this.#known.get(taggedAt) ?? { taggedAt, held: null };
    this.#known.set(taggedAt, known);
    return known;
  }
}

/** In place: an account inherits what it shares with others. */
const withDiscovered = (account: AccountConfig, discovered: Discovered): AccountConfig =>
  Object.assign(account, { discovered });

const heldByLoss = ({ kind, since }: NonNullable<KnownAccount["missing"]>): Held => ({
  reason: kind,
  since,
  detail: kind === "TagRemoved" ? tagRemoved : accountGone,
});

const endsIt = "to end its rotation, delete the row with its name as PartitionKey in the Rotations table";

const tagRemoved = `the tag that named its profile was removed: set the tag again; ${endsIt}`;

const accountGone =
  "Resource Graph shows this Batch account no more: it was deleted or moved, is outside the scope of discovery, or " +
  `the rotator's identity may no longer read it: restore what is missing; ${endsIt}`;

const problemOf = (
  { resourceId, taggedAt }: KnownAccount,
  reason: FoundProblem["reason"],
  detail: string,
): FoundProblem => ({ account: nameOf(resourceId), resourceId, reason, detail, since: taggedAt });

/** Two regions may each have a Batch account of one name: their problems are reported beside each other. */
const distinct = (
  problems: readonly FoundProblem[],
  accounts: readonly AccountConfig[],
  { shortHash }: ResolveContext,
): readonly FoundProblem[] => {
  const names = new Set(accounts.map(({ name }) => name));
  const again = new Set<string>();
  for (const { account } of problems) (names.has(account) ? again : names).add(account);
  return problems.map((problem) =>
    again.has(problem.account)
      ? { ...problem, account: `${problem.account}-${shortHash(resourceKey(problem.resourceId))}` }
      : problem,
  );
};

const nameOf = (resourceId: string): string => resourceKey(resourceId).slice(resourceId.lastIndexOf("/") + 1);

/** What must differ between accounts, without case. */
class Taken {
  /** Of listed accounts: no two that were found are the same resource. */
  readonly #resources: ReadonlySet<string>;
  readonly #names = new Map<string, string>();
  readonly #secrets = new Map<string, string>();

  constructor(listed: readonly AccountConfig[]) {
    this.#resources = new Set(listed.map(({ batch }) => resourceKey(batch.resourceId)));
    for (const account of listed) this.add(account);
  }

  hasResource(resourceId: string): boolean {
    return this.#resources.has(resourceKey(resourceId));
  }

  add(config: AccountConfig): void {
    const { resourceId } = config.batch;
    this.#names.set(config.name, resourceId);
    this.#secrets.set(secretKey(config), resourceId);
  }

  clashOf(config: AccountConfig): Pick<FoundProblem, "reason" | "detail"> | null {
    const named = this.#names.get(config.name);
    if (named !== undefined)
      return { reason: "NameTaken", detail: `its name ${config.name} is that of ${named}: ${listIt("name")}` };
    const shared = this.#secrets.get(secretKey(config));
    const secret = `its secret ${config.secret.name} of ${config.secret.vaultUrl} is that of ${shared}`;
    return shared === undefined ? null : { reason: "SecretShared", detail: `${secret}: ${listIt("secret")}` };
  }
}

const listIt = (what: string): string => `list this account in ROTATION_ACCOUNTS with a ${what} of its own`;

const secretKey = ({ secret }: AccountConfig): string => `${secret.vaultUrl}/${secret.name}`.toLowerCase();
