import type { ConsumerConfig, GateConfig } from "../account-config";
import { earliest, type Instant, msBetween, plusMs, toInstant } from "../time/time";
import { days, minutes } from "../time/units";
import type { ReadersSeen, ReaderSeen } from "./readers-seen";

/*
 * What the vault's audit log adds to the gate. It only ever shuts: a line that is late, lost or without a version
 * leaves the gate as it would be without the log.
 */

/** A read of the version that the log names. */
type VersionRead = ReaderSeen & { readonly version: string };

/** An app may hold for months what it read when it started. */
export const readsKeptMs = days(90);

/** A reader that has not read the secret for so long has gone. */
const knownReaderMs = days(30);

/** Between two questions to the log about one account, whichever process asks. */
const askReadersEveryMs = minutes(15);

/** The log is on time, as a rule, after so long. */
export const logDelayMs = minutes(10);

/** More readers of one account than these are counted and not kept. */
export const maxReadersKept = 300;

/** Whether the log may be asked about an account again. */
export const mayAskReaders = (readers: ReadersSeen | null, now: Date): boolean =>
  readers === null || plusMs(readers.askedAt, askReadersEveryMs) <= toInstant(now);

const readsOf = (readers: ReadersSeen | null, identity: string): readonly VersionRead[] =>
  (readers?.readers ?? []).filter((read): read is VersionRead => read.identity === identity && read.version !== null);

/** Its last reads. Of two at the same instant, that of the older version is the last. */
interface Reads {
  readonly last: VersionRead;
  readonly older: VersionRead | null;
  readonly newer: VersionRead | null;
}

const later = (one: VersionRead | null, other: VersionRead): VersionRead =>
  one === null || other.lastAt > one.lastAt ? other : one;

const lastReads = (reads: readonly VersionRead[], published: string): Reads | null => {
  let [older, newer]: [VersionRead | null, VersionRead | null] = [null, null];
  for (const read of reads) {
    if (read.version === published) newer = later(newer, read);
    else older = later(older, read);
  }
  const last = older === null || (newer !== null && newer.lastAt > older.lastAt) ? newer : older;
  return last && { last, older, newer };
};

/** What a consumer's own reports say since the last read of an older version. */
interface ReportedOn {
  readonly version: string;
  readonly at: Instant;
}

/**
 * The read by which a consumer may still hold an older version: its last one, where it has not reported the published
 * version since. Null where nothing shows that.
 */
export const readOfOlder = (
  { identity }: Pick<ConsumerConfig, "identity">,
  published: string,
  readers: ReadersSeen | null,
  reported: readonly ReportedOn[],
): VersionRead | null => {
  const found = identity === undefined ? null : lastReads(readsOf(readers, identity), published);
  if (found === null || found.last.version === published) return null;
  const { last } = found;
  return reported.some(({ version, at }) => version === published && at > last.lastAt) ? null : last;
};

/**
 * Since when nothing in the log speaks against a consumer that is good: it had read an older version, and later the
 * published one, or has reported since. Null where it has never read an older one.
 */
export const readsGoodSince = (
  { identity }: Pick<ConsumerConfig, "identity">,
  published: string,
  readers: ReadersSeen | null,
): Instant | null => {
  const found = identity === undefined ? null : lastReads(readsOf(readers, identity), published);
  if (found === null || found.older === null) return null;
  const { older, newer, last } = found;
  if (newer === null || last !== newer) return older.lastAt;
  return newer.firstAt > older.lastAt ? newer.firstAt : newer.lastAt;
};

const identitiesOf = ({ consumers }: Pick<GateConfig, "consumers">): ReadonlySet<string> =>
  new Set(consumers.flatMap(({ identity }) => identity ?? []));

/** The name of the consumer that has this identity; null where none has. */
export const consumerOfIdentity = ({ consumers }: Pick<GateConfig, "consumers">, identity: string): string | null =>
  consumers.find((consumer) => consumer.identity === identity)?.name ?? null;

/** The last read of each reader that is no configured consumer, and its first one; the newest reader first. */
export const unknownReaders = (
  gate: Pick<GateConfig, "consumers">,
  readers: ReadersSeen | null,
  now: Date,
): readonly ReaderSeen[] => {
  const from = plusMs(toInstant(now), -knownReaderMs);
  const known = identitiesOf(gate);
  const unknown = new Map<string, ReaderSeen>();
  for (const read of readers?.readers ?? []) {
    if (read.lastAt < from || known.has(read.identity)) continue;
    const other = unknown.get(read.identity) ?? read;
    const last = read.lastAt > other.lastAt ? read : other;
    unknown.set(read.identity, { ...last, firstAt: earliest(read.firstAt, other.firstAt) });
  }
  return [...unknown.values()].toSorted((one, other) => (one.firstAt < other.firstAt ? 1 : -1));
};

/** `Microsoft.Web/sites/render-web`; null where the log names no resource. */
const resourceName = ({ resource }: Pick<ReaderSeen, "resource">): string | null =>
  resource === null ? null : (/\/providers\/(.+)$/i.exec(resource)?.[1] ?? resource);

/** A reader, as a sentence names it. */
export const describeReader = (read: ReaderSeen): string => {
  const { identity, address, client } = read;
  const more = [
    resourceName(read),
    address === null ? null : `from ${address}`,
    client === null ? null : `by ${client}`,
  ];
  const known = more.filter((part) => part !== null);
  return known.length === 0 ? `identity ${identity}` : `identity ${identity} (${known.join(", ")})`;
};

const maxNamed = 5;

/** With more unknown readers than this, which of them are kept changes at every look: then they are one. */
const maxUnknown = 100;

interface UnknownReaderFault {
  readonly detail: string;
  readonly since: Instant;
  /** Each is announced once. */
  readonly identities: readonly string[];
}

/** What is wrong with readers that are no configured consumers, and the remedy; null where there are none. */
export const unknownReaderFault = (
  gate: Pick<GateConfig, "consumers">,
  readers: ReadersSeen | null,
  now: Date,
): UnknownReaderFault | null => {
  const unknown = unknownReaders(gate, readers, now);
  const oldest = unknown.at(-1);
  if (oldest === undefined) return null;
  const named = unknown.slice(0, maxNamed).map((read) => `${describeReader(read)} ${lastRead(read)}`);
  const more = unknown.length - named.length;
  const identities = unknown.map(({ identity }) => identity);
  return {
    detail:
      `${named.join("; ")}${more === 0 ? "" : `; and ${more} more`}: no configured consumer has this identity: ` +
      'give it as "identity" to the consumer that it belongs to, or take its right to read the secret away',
    since: oldest.firstAt,
    identities: identities.length > maxUnknown ? ["many"] : identities.toSorted(),
  };
};

/** Why it is not known who has read the secret, where the log has not answered in full since the publication. */
export const unreadLog = (
  readers: ReadersSeen | null,
  { version, publishedAt }: { readonly version: string; readonly publishedAt: Instant },
): { readonly detail: string; readonly since: Instant } | null => {
  const through = readers?.through ?? null;
  const isAnswered = through !== null && plusMs(through, logDelayMs) >= publishedAt;
  if (isAnswered && readers?.incomplete === null) return null;
  const why = isAnswered ? readers?.incomplete : (readers?.problem ?? "it has not been asked yet");
  const detail = `the vault's audit log has not shown all readers since version ${version} was published: ${why}`;
  return { detail, since: publishedAt };
};

const lastRead = ({ version, lastAt }: ReaderSeen): string =>
  `read ${version === null ? "the secret" : `version ${version}`} last at ${lastAt}`;

/**
 * What is kept of the log's answer: reads of configured consumers first, then the newest. `more`: how many the answer
 * itself has left out, at least.
 */
export const keptReaders = (
  gate: Pick<GateConfig, "consumers">,
  readers: readonly ReaderSeen[],
  more: number,
): Pick<ReadersSeen, "readers" | "omitted"> => {
  const known = identitiesOf(gate);
  const rank = ({ identity }: ReaderSeen): number => (known.has(identity) ? 0 : 1);
  const sorted = readers.toSorted((one, other) => rank(one) - rank(other) || msBetween(one.lastAt, other.lastAt));
  const kept = sorted.slice(0, maxReadersKept);
  return { readers: kept, omitted: sorted.length - kept.length + more };
};
