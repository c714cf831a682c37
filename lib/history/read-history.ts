import type { App } from "../app";
import { callOptions } from "../limits";
import { CorruptRecordError } from "../errors";
import { type ChainProblem, chainProblems, type StoredHistory } from "./hash-chain";
import type { HistoryPage, UnreadableRow } from "../ports/history";
import type { AccountConfig } from "../rotation/account-config";
import { clearedKind, type RotationEvent } from "../rotation/events/events";
import type { RotationRecord } from "../rotation/record";

export interface HistoryBody {
  readonly events: readonly (Omit<RotationEvent, "sequence" | "account" | "previousHash"> & {
    /** Of `AlarmCleared`: the alarm that has ended. */
    readonly kind?: string | null;
  })[];
  readonly next: string | null;
  /** Rows among these that hold no event; absent where there are none. */
  readonly unreadable?: readonly UnreadableRow[];
}

const maxPage = 500;

/** One page of an account's history, newest first. */
export const readHistory = async (
  app: App,
  config: AccountConfig,
  { limit, before }: { readonly limit: number; readonly before: number | null },
): Promise<HistoryBody> => {
  const page = await app.ports.history.page(config.name, { limit, before }, call(app));
  return {
    events: page.events.map(({ id, at, event, rotationId, by, reason, detail, evidence }) => ({
      id,
      at,
      event,
      rotationId,
      by,
      reason,
      detail,
      evidence,
      ...clearedKind({ event, reason }),
    })),
    next: page.next === null ? null : String(page.next),
    ...(page.unreadable.length === 0 ? {} : { unreadable: page.unreadable }),
  };
};

export interface VerifiedHistory {
  readonly account: string;
  readonly intact: boolean;
  /** How many could be read. */
  readonly events: number;
  readonly problems: readonly ChainProblem[];
}

const maxReads = 3;

/** Whether every event that should be in the history is there, and is as it was written. */
export const verifyHistory = async (app: App, config: AccountConfig): Promise<VerifiedHistory> => {
  for (let attempt = 1; ; attempt++) {
    const before = await recordOf(app, config);
    const read = await readAll(app, config);
    const after = await recordOf(app, config);
    // Events that were added or removed in between would be reported as manual changes.
    if (attempt < maxReads && historyPosition(before) !== historyPosition(after)) continue;
    const problems = [...read.unplacedRows, ...chainProblems(read, after)];
    return { account: config.name, intact: problems.length === 0, events: read.events.length, problems };
  }
};

const recordOf = async (app: App, config: AccountConfig): Promise<RotationRecord | null> =>
  (await app.ports.rotations.read(config.name, call(app)))?.record ?? null;

const historyPosition = (record: RotationRecord | null): string =>
  JSON.stringify(
    record && [record.chain.sequence, record.chain.prunedThrough, record.publishing.outbox.map(({ id }) => id)],
  );

/** `unplacedRows`: rows without a place among the others. */
type Read = StoredHistory & { readonly unplacedRows: readonly ChainProblem[] };

const readAll = async (app: App, config: AccountConfig): Promise<Read> => {
  const events: RotationEvent[] = [];
  const unreadable = new Map<number, string>();
  const unplacedRows: ChainProblem[] = [];
  for await (const page of pages(app, config)) {
    events.push(...page.events);
    for (const { sequence, problem } of page.unreadable) {
      if (sequence === null) unplacedRows.push({ sequence, id: null, problem });
      else unreadable.set(sequence, problem);
    }
  }
  return { events: events.toReversed(), unreadable, unplacedRows };
};

async function* pages(app: App, config: AccountConfig): AsyncGenerator<HistoryPage> {
  for (let before: number | null = null; ; ) {
    const page: HistoryPage = await app.ports.history.page(config.name, { limit: maxPage, before }, call(app));
    yield page;
    if (page.next === null) return;
    before = page.next;
  }
}

/**
 * Oldest first. Throws `CorruptRecordError` where there is a row that cannot be read: an audit must not go by the rest.
 */
export const allEvents = async (app: App, config: AccountConfig): Promise<readonly RotationEvent[]> => {
  const { events, unreadable, unplacedRows } = await readAll(app, config);
  const [first] = [...unplacedRows, ...[...unreadable].map(([sequence, problem]) => ({ sequence, problem }))];
  if (first !== undefined) throw new CorruptRecordError(config.name, first.problem, first.sequence);
  return events;
};

const call = ({ ports, limits }: App) => callOptions(ports.clock, limits.callMs);
