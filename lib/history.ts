import type { App } from "./app";
import type { AccountConfig } from "./rotation/account-config";
import { CorruptRecordError } from "./errors";
import { type ChainProblem, chainProblems, type StoredHistory } from "./history-chain";
import { clearedKind, type RotationEvent } from "./rotation/events";
import type { RotationRecord } from "./rotation/record";

export interface HistoryBody {
  readonly events: readonly (Omit<RotationEvent, "sequence" | "account" | "previousHash"> & {
    /** Of `AlarmCleared`: the alarm that has ended. */
    readonly kind?: string | null;
  })[];
  readonly next: string | null;
}

const longestPage = 500;

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
  };
};

export interface VerifiedHistory {
  readonly account: string;
  readonly intact: boolean;
  /** How many could be read. */
  readonly events: number;
  readonly problems: readonly ChainProblem[];
}

const mostLooks = 3;

/** Whether every event that should be in the history is there, and is as it was written. */
export const verifyHistory = async (app: App, config: AccountConfig): Promise<VerifiedHistory> => {
  for (let look = 1; ; look++) {
    const before = await recordOf(app, config);
    const read = await readAll(app, config);
    const after = await recordOf(app, config);
    // Events that were told or taken out in between would look like a hand's work.
    if (look < mostLooks && booksOf(before) !== booksOf(after)) continue;
    const problems = read.stopped === null ? chainProblems(read, after) : [read.stopped];
    return { account: config.name, intact: problems.length === 0, events: read.events.length, problems };
  }
};

const recordOf = async (app: App, config: AccountConfig): Promise<RotationRecord | null> =>
  (await app.ports.rotations.read(config.name, call(app)))?.record ?? null;

const booksOf = (record: RotationRecord | null): string =>
  JSON.stringify(record && [record.eventSequence, record.prunedThrough, record.outbox.map(({ id }) => id)]);

/** `stopped`: a row that has no place among the others, and hides those behind it. */
type Read = StoredHistory & { readonly stopped: ChainProblem | null };

/** All that can be read: a page with a row that cannot is asked for again in smaller ones, until that row is alone. */
const readAll = async (app: App, config: AccountConfig): Promise<Read> => {
  const events: RotationEvent[] = [];
  const unreadable = new Map<number, string>();
  const read = (stopped: ChainProblem | null): Read => ({ events: events.toReversed(), unreadable, stopped });
  let limit = longestPage;
  for (let before: number | null = null; ; ) {
    try {
      const page: Page = await app.ports.history.page(config.name, { limit, before }, call(app));
      events.push(...page.events);
      if (page.next === null) return read(null);
      before = page.next;
      limit = Math.min(longestPage, limit * 2);
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      if (limit === 1 && error.sequence === null) return read({ sequence: null, id: null, problem: error.problem });
      if (limit === 1 && error.sequence !== null) {
        unreadable.set(error.sequence, error.problem);
        before = error.sequence;
      }
      limit = Math.max(1, Math.floor(limit / 2));
    }
  }
};

type Page = Awaited<ReturnType<App["ports"]["history"]["page"]>>;

/** Oldest first. */
export const allEvents = async (app: App, config: AccountConfig): Promise<readonly RotationEvent[]> => {
  const events: RotationEvent[] = [];
  for (let before: number | null = null; ; ) {
    const page: Page = await app.ports.history.page(config.name, { limit: longestPage, before }, call(app));
    events.push(...page.events);
    if (page.next === null) return events.toReversed();
    before = page.next;
  }
};

const call = ({ ports, limits }: App) => ({ signal: ports.clock.abortAfter(limits.callMs) });
