import { type Instant, msBetween, plusMs, toInstant } from "./time/time";
import { days, minutes, seconds } from "./time/units";

/*
 * What events of Azure report about an account's keys. An event is a claim of its sender: it has vault and live keys
 * compared, and its words are shown as such. It decides nothing.
 */

/** One operation on the keys by another identity, in the words of its event: already cleaned, and short. */
export interface KeyOperation {
  /** Stable across deliveries of one event. */
  readonly id: string;
  readonly at: Instant;
  /** The object id of the identity. */
  readonly identity: string;
  /** Its name; null where the event has none. */
  readonly name: string | null;
  readonly role: string | null;
  /** The address that it called from. */
  readonly address: string | null;
}

/** An identity that has listed the keys, and when the history last got an event about it. */
interface KeyListing {
  readonly identity: string;
  readonly at: Instant;
}

export interface KeyEvents {
  /** Since when a comparison is owed because of an event; null once there was one that is complete. */
  readonly lookSince: Instant | null;
  /** When the last looks began, oldest first. */
  readonly looks: readonly Instant[];
  /** Oldest first. */
  readonly regenerations: readonly KeyOperation[];
  /** Those of the last day. */
  readonly listings: readonly KeyListing[];
}

export const noKeyEvents: KeyEvents = { lookSince: null, looks: [], regenerations: [], listings: [] };

/** At most two looks at an account in any 5 seconds, whatever is sent. */
const maxLooks = 2;
/** A second more than that: the requests of one look come sooner after its begin than those of another. */
const lookWindowMs = seconds(6);

/** As many are enough to say who did it; a record must not grow because events are sent. */
export const maxRegenerations = 3;
/** Of one account in one day: the history must not be filled by invented identities. */
export const maxListings = 20;

/** From when on the account may be looked at again; null for at once. Clocks of two processes differ. */
export const nextEventLookAt = ({ looks }: KeyEvents, now: Date): Instant | null => {
  const first = looks.slice(-maxLooks)[0];
  if (first === undefined || looks.length < maxLooks) return null;
  const sinceMs = msBetween(first, toInstant(now));
  return Math.abs(sinceMs) < lookWindowMs ? plusMs(first, lookWindowMs) : null;
};

/** Written before the look: the comparison is owed until it is complete, whatever crashes. */
export const lookBegun = (known: KeyEvents, found: readonly KeyOperation[], now: Date): KeyEvents => ({
  ...withRegenerations(known, found),
  lookSince: known.lookSince ?? toInstant(now),
  looks: [...known.looks, toInstant(now)].slice(-maxLooks),
});

const withRegenerations = (known: KeyEvents, found: readonly KeyOperation[]): KeyEvents => {
  const byId = new Map([...known.regenerations, ...found].map((operation) => [operation.id, operation]));
  const inOrder = [...byId.values()].toSorted((one, other) => (one.at < other.at ? -1 : 1));
  return { ...known, regenerations: inOrder.slice(-maxRegenerations) };
};

export const compared = (known: KeyEvents): KeyEvents => ({ ...known, lookSince: null });

/** Those of which the history says nothing within the last day, each identity once. */
export const newListings = (
  { listings }: KeyEvents,
  found: readonly KeyOperation[],
  now: Date,
): readonly KeyOperation[] => {
  const recent = listings.filter((listing) => isRecent(listing, now));
  const byIdentity = new Map(found.map((operation) => [operation.identity, operation]));
  const unknown = [...byIdentity.values()].filter(
    ({ identity }) => !recent.some((listing) => listing.identity === identity),
  );
  return unknown.slice(0, Math.max(0, maxListings - recent.length));
};

export const withListings = (known: KeyEvents, recorded: readonly KeyOperation[], now: Date): KeyEvents => ({
  ...known,
  listings: [
    ...known.listings.filter((listing) => isRecent(listing, now)),
    ...recorded.map(({ identity }) => ({ identity, at: toInstant(now) })),
  ],
});

/** A clock that was set back must not silence an identity. */
const isRecent = ({ at }: KeyListing, now: Date): boolean => Math.abs(msBetween(at, toInstant(now))) < days(1);

/** Clocks of Azure and of a process differ. */
const toleranceMs = minutes(5);

/** Who regenerated a key, by what events report. */
export interface Reported {
  readonly last: KeyOperation;
  /** How many of the time in question are known, this one included. */
  readonly count: number;
}

/** Null where no event reports a regeneration of the time since this instant. */
export const reportedSince = ({ regenerations }: KeyEvents, at: Instant): Reported | null => {
  const since = plusMs(at, -toleranceMs);
  const later = regenerations.filter((operation) => operation.at >= since);
  const last = later.at(-1);
  return last === undefined ? null : { last, count: later.length };
};

/** The event's word: the reader must not take it for proof. */
export const sentenceOf = ({ last, count }: Reported): string =>
  `an event of Azure (not verified) reports that regenerateKeys was called by ${wordsOf(last)}` +
  (count === 1 ? "" : `, and ${count - 1} more before it`);

export const wordsOf = ({ at, identity, name, role, address }: KeyOperation): string => {
  const who = name === null ? identity : `${name} (${identity})`;
  return `${who}${role === null ? "" : ` with the role ${role}`}${address === null ? "" : ` from ${address}`} at ${at}`;
};
