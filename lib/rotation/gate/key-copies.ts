import type { AccountConfig } from "../account-config";
import { otherSlot, type Approval, type Published, type Slot } from "../phases";
import { type Instant, plusMs, toInstant } from "../time/time";
import { minutes } from "../time/units";

/** One place of the Batch account that holds a copy of a key, in words: never the key, nor a part of it. */
export interface KeyCopy {
  readonly slot: Slot;
  readonly place: string;
}

/** What one search of a Batch account has found. */
export interface AccountSearch {
  readonly copies: readonly KeyCopy[];
  /** The number of pools, jobs, job schedules and tasks that were searched. */
  readonly objects: number;
  /** Why not all of them were; null where all were. */
  readonly incomplete: string | null;
}

/** The result of the last search for copies of the key that dies after the present gate. */
export interface Searched {
  /** The published version whose gate it was. */
  readonly version: string;
  readonly at: Instant;
  /** Since when each search has found a copy; null where the last one found none. */
  readonly foundSince: Instant | null;
  /** What was found, or that nothing was. */
  readonly detail: string;
  /** Why not all objects of the account were searched; null where all were. */
  readonly incomplete: string | null;
}

/** A search that has found a copy is repeated after this: at every tick it would cost more than it shows. */
const searchAgainMs = minutes(15);
/** For as long a step that is tried again needs no search of its own. */
const goodForMs = minutes(5);

export const isSearched = ({ probe, gate }: Pick<AccountConfig, "probe" | "gate">): boolean =>
  gate.searchAccount && probe === "dataPlane";

/** The search that counts for this gate; null where there was none. */
const searchFor = (searched: Searched | null, { version }: Published): Searched | null =>
  searched?.version === version ? searched : null;

interface Copied {
  readonly reason: "KeyInAccount";
  readonly detail: string;
  readonly since: Instant;
}

/** What the last search has found, where it shuts the gate; null where it found nothing. */
export const copied = (
  config: AccountConfig,
  active: Published,
  searched: Searched | null,
  approval: Approval | null,
): Copied | null => {
  const last = searchFor(searched, active);
  if (last === null || last.foundSince === null || !isSearched(config)) return null;
  const again = `searched at ${last.at}, and again after ${plusMs(last.at, searchAgainMs)}`;
  const earlier = isApprovedAfter(approval, last.foundSince) ? null : approval;
  return { reason: "KeyInAccount", detail: `${last.detail}; ${again}${onceMore(earlier)}`, since: last.foundSince };
};

/** An operator who has approved may believe that this was enough. */
const onceMore = (earlier: Approval | null): string =>
  earlier === null
    ? ""
    : `; the approval of ${earlier.by} at ${earlier.at} is from before that: approve once more only if nothing needs ` +
      "that copy";

/** An approval from before a copy was found knew nothing of it. */
export const isApprovedAfter = (approval: Approval | null, since: Instant): boolean =>
  approval !== null && approval.at > since;

/** Whether the account must be searched before the gate lets the next step through. */
export const searchIsDue = (
  config: AccountConfig,
  active: Published,
  searched: Searched | null,
  now: Date,
): boolean => {
  if (!isSearched(config)) return false;
  const last = searchFor(searched, active);
  if (last === null) return true;
  return toInstant(now) >= plusMs(last.at, last.foundSince === null ? goodForMs : searchAgainMs);
};

/** Places that a text names; the rest is counted. */
const maxPlaces = 5;

/** The first places, in words. */
export const placesInWords = (copies: readonly KeyCopy[], most = maxPlaces): string => {
  const more = copies.length - most;
  const named = copies
    .slice(0, most)
    .map(({ place }) => place)
    .join("; ");
  return more > 0 ? `${named}; and ${more} more places` : named;
};

export const copyRemedy =
  "let its tasks use authenticationTokenSettings, or read the secret from Key Vault, in place of a copy of the key";

const objectsInWords = (count: number): string =>
  count === 1 ? "1 pool, job, job schedule or task" : `${count} pools, jobs, job schedules and tasks`;

/** The result of a search, as the record keeps it. `known`: that of the search before. */
export const searchResult = (
  { copies, objects, incomplete }: AccountSearch,
  active: Published,
  known: Searched | null,
  now: Date,
): Searched => {
  const slot = otherSlot(active.slot);
  const dying = copies.filter((copy) => copy.slot === slot);
  const at = toInstant(now);
  const found = dying.length > 0;
  return {
    version: active.version,
    at,
    foundSince: found ? (searchFor(known, active)?.foundSince ?? at) : null,
    detail: found
      ? `the account itself holds the ${slot} key, which dies next, in ${placesInWords(dying)}: ${copyRemedy}`
      : `no copy of the ${slot} key was found in ${objectsInWords(objects)}`,
    incomplete,
  };
};
