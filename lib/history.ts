import { createHash } from "node:crypto";
import type { App } from "./app";
import type { AccountConfig } from "./rotation/account-config";
import { clearedKind, hashedText, type RotationEvent } from "./rotation/events";
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

export interface ChainProblem {
  readonly sequence: number;
  readonly id: string | null;
  readonly problem: string;
}

export interface VerifiedHistory {
  readonly account: string;
  readonly intact: boolean;
  readonly events: number;
  readonly problems: readonly ChainProblem[];
}

/** Whether every event that should be in the history is there, and is as it was written: each carries the hash of the one before it. */
export const verifyHistory = async (app: App, config: AccountConfig): Promise<VerifiedHistory> => {
  const stored = await app.ports.rotations.read(config.name, call(app));
  const events = await allEvents(app, config);
  const record = stored?.record ?? null;
  const kept = events.filter(({ sequence }) => sequence > (record?.prunedThrough ?? 0));
  const problems = [...problemsInside(kept), ...(record === null ? [] : problemsAtEnds(kept, record))];
  return { account: config.name, intact: problems.length === 0, events: kept.length, problems };
};

/** Oldest first. */
export const allEvents = async (app: App, config: AccountConfig): Promise<readonly RotationEvent[]> => {
  const events: RotationEvent[] = [];
  for (let before: number | null = null; ; ) {
    const page: Awaited<ReturnType<App["ports"]["history"]["page"]>> = await app.ports.history.page(
      config.name,
      { limit: longestPage, before },
      call(app),
    );
    events.push(...page.events);
    if (page.next === null) return events.toReversed();
    before = page.next;
  }
};

const problemsInside = (events: readonly RotationEvent[]): readonly ChainProblem[] =>
  events.flatMap((event, index) => {
    const before = events[index - 1];
    if (before === undefined) return [];
    if (event.sequence !== before.sequence + 1) return missing(before.sequence + 1, event.sequence - 1);
    return event.previousHash === hashOf(before) ? [] : [altered(before)];
  });

/** The record knows how many there are, and the hash of the newest; what waits in its outbox is not in the history yet. */
const problemsAtEnds = (events: readonly RotationEvent[], record: RotationRecord): readonly ChainProblem[] => {
  const [waiting] = record.outbox;
  const last = (waiting?.sequence ?? record.eventSequence + 1) - 1;
  const hash = waiting === undefined ? record.eventHash : waiting.previousHash;
  const first = record.prunedThrough + 1;
  const [oldest, newest] = [events[0], events.at(-1)];
  if (oldest === undefined || newest === undefined) return last < first ? [] : missing(first, last);
  return [
    ...(oldest.sequence > first ? missing(first, oldest.sequence - 1) : []),
    ...(newest.sequence < last ? missing(newest.sequence + 1, last) : []),
    ...(newest.sequence === last && hash !== hashOf(newest) ? [altered(newest)] : []),
    // More than the record knows of: what waits in its outbox may have been delivered just now.
    ...(newest.sequence > record.eventSequence ? [unknown(newest)] : []),
  ];
};

const missing = (from: number, to: number): readonly ChainProblem[] =>
  Array.from({ length: Math.min(100, to - from + 1) }, (_, index) => ({
    sequence: from + index,
    id: null,
    problem: "is missing",
  }));

const altered = ({ sequence, id }: RotationEvent): ChainProblem => ({
  sequence,
  id,
  problem: "is not as it was written",
});
const unknown = ({ sequence, id }: RotationEvent): ChainProblem => ({
  sequence,
  id,
  problem: "is not one that the record knows of",
});

const hashOf = (event: RotationEvent): string => createHash("sha256").update(hashedText(event), "utf8").digest("hex");

const call = ({ ports, limits }: App) => ({ signal: ports.clock.abortAfter(limits.callMs) });
