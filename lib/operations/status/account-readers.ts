import type { App } from "../../app";
import { callOptions } from "../../limits";
import type { AuditLog } from "../../ports/audit-log";
import type { AccountConfig } from "../../rotation/account-config";
import { consumerOfIdentity } from "../../rotation/gate/readers";
import type { ReaderSeen } from "../../rotation/gate/readers-seen";
import type { Instant } from "../../rotation/time/time";
import { readersNow } from "../../sights/ask-readers";

/** What `GET /api/accounts/{account}/readers` shows. */
export interface ReadersBody {
  readonly readers: readonly (ReaderSeen & { readonly consumer: string | null })[];
  /** Reads up to then are known; null where the log has never answered. */
  readonly through: Instant | null;
  /** When the log was asked last: at most every 15 minutes. */
  readonly askedAt: Instant | null;
  /** How many more there are, at least, that are not shown. */
  readonly omitted: number;
  /** Why the log's own answer was not whole; null where it was. */
  readonly incomplete: string | null;
  /** Why the log has not answered when it was asked last; null where it has. */
  readonly problem: string | null;
}

/**
 * Who reads the account's secret. Just after the log was asked, by whatever process, what is stored of its answer.
 * Throws where the tables or the log do not answer.
 */
export const accountReaders = async (app: App, auditLog: AuditLog, config: AccountConfig): Promise<ReadersBody> => {
  const { ports, limits } = app;
  const known = await readersNow(app, auditLog, config, () => callOptions(ports.clock, limits.callMs));
  if (known === null) return { readers: [], through: null, askedAt: null, omitted: 0, incomplete: null, problem: null };
  const { seen, readers, more } = known;
  const { through, askedAt, incomplete, problem } = seen;
  return {
    readers: readers.map((reader) => ({ ...reader, consumer: consumerOfIdentity(config.gate, reader.identity) })),
    through,
    askedAt,
    omitted: readers === seen.readers ? seen.omitted : Number(more),
    incomplete,
    problem,
  };
};
