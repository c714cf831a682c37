import type { ReadersAnswer, ReadersQuestion } from "../../../lib/ports/audit-log";
import type { SecretRef } from "../../../lib/rotation/account-config";
import type { ReaderSeen } from "../../../lib/rotation/gate/readers-seen";
import { toInstant } from "../../../lib/rotation/time/time";
import { secretName } from "./fake-vault";

/** One value of a secret that was handed out. */
export interface FakeRead {
  readonly identity: string;
  readonly version: string | null;
  readonly at: string;
  readonly resource?: string | null;
  readonly address?: string | null;
  readonly client?: string | null;
}

type StoredRead = FakeRead & { readonly secret: string };

/** The audit log of a world's vaults. */
export class FakeAuditLog {
  /** Milliseconds until a read is shown. */
  delayMs = 0;
  /** The most rows of an answer. */
  maxRows = 25_000;
  incomplete: string | null = null;
  isDenied = false;
  /** How often it was asked. */
  asked = 0;
  readonly #reads: StoredRead[] = [];

  read(secret: SecretRef, read: FakeRead): void {
    this.#reads.push({ ...read, secret: secretName(secret) });
  }

  answer(secret: SecretRef, { from, to, consumers, rotator }: ReadersQuestion, now: number): ReadersAnswer {
    const shownTo = toInstant(new Date(now - this.delayMs));
    const shown = this.#reads.filter(
      (read) => read.secret === secretName(secret) && read.at >= from && read.at <= to && read.at <= shownTo,
    );
    const groups = new Map<string, StoredRead[]>();
    for (const read of shown.filter(({ identity }) => identity.toLowerCase() !== rotator)) {
      const key = `${read.identity.toLowerCase()}/${read.version ?? ""}`;
      groups.set(key, [...(groups.get(key) ?? []), read]);
    }
    const rank = ({ identity }: ReaderSeen): number => (consumers.includes(identity) ? 0 : 1);
    const readers = [...groups.values()]
      .map(readerOf)
      .toSorted((one, other) => rank(one) - rank(other) || (one.lastAt < other.lastAt ? 1 : -1));
    const { maxRows, incomplete } = this;
    return { readers: readers.slice(0, maxRows), more: readers.length > maxRows, incomplete };
  }
}

const readerOf = (reads: readonly StoredRead[]): ReaderSeen => {
  const sorted = reads.toSorted((one, other) => (one.at < other.at ? -1 : 1));
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) throw new Error("a group has a read");
  const { identity, version, resource = null, address = null, client = null } = last;
  return {
    identity: identity.toLowerCase(),
    resource,
    version,
    firstAt: first.at,
    lastAt: last.at,
    reads: reads.length,
    address,
    client,
  };
};
