import type { App } from "../../app";
import { callOptions } from "../../limits";
import { concurrently } from "../../concurrently";
import { type AccountRead, readAccount } from "../../operations/status/read-status";
import type { AccountConfig } from "../../rotation/account-config";
import { attentionIn, type Attention } from "../../rotation/attention/attention";
import type { Instant } from "../../rotation/time/time";
import { type Standing, standingOrder, whoActs } from "../../rotation/attention/who-acts";
import type { Place } from "../links";

/** Rows on one page. With longest names and reasons they keep the page below 100 KB. */
export const pageSize = 40;
const maxConcurrent = 16;

/** An account in the list. `read`: null until it is on the page that is shown. */
export interface Listed extends Attention {
  readonly config: AccountConfig;
  readonly read: AccountRead | null;
}

export interface ListRead {
  /** When the rows were scanned. */
  readonly at: Instant;
  readonly counts: Readonly<Record<Standing, number>>;
  readonly rows: readonly Listed[];
  /** Of those that filter and state leave. */
  readonly found: number;
  readonly page: number;
  readonly pages: number;
  /** Whether all of it was read now; else the counts are what the last driver of each account has written. */
  readonly isCurrent: boolean;
}

/**
 * One page of all accounts, sorted by who must act. One filtered query says who, as the last driver of each account has
 * seen it; only the accounts on the page are read. Where few accounts are under way all of those are read.
 */
export const readList = async (app: App, { filter, state, page }: Place): Promise<ListRead> => {
  const all = await scanned(app);
  const awake = all.list.filter(({ standing }) => standing !== "idle");
  const isCurrent = awake.length <= pageSize;
  const list = isCurrent ? await withReads(app, all.list, awake) : all.list;
  const counts = countsOf(list);
  const wanted = sorted(list.filter((one) => holds(one.config, filter) && (state === null || one.standing === state)));
  const pages = Math.max(1, Math.ceil(wanted.length / pageSize));
  const shown = Math.min(page, pages);
  const rows = wanted.slice((shown - 1) * pageSize, shown * pageSize);
  const read = await withReads(
    app,
    rows,
    rows.filter((row) => row.read === null),
  );
  return { at: all.at, counts, rows: sorted(read), found: wanted.length, page: shown, pages, isCurrent };
};

const scanned = async (app: App): Promise<{ readonly at: Instant; readonly list: readonly Listed[] }> => {
  const { ports, limits, accounts, attention } = app;
  const [{ at, rows }, notices] = await Promise.all([
    attention.read({ signal: ports.clock.abortAfter(limits.requestMs) }),
    ports.notices.list(callOptions(ports.clock, limits.callMs)),
  ]);
  // An account whose record cannot be used has its alarm there.
  const unusable = new Map(
    notices.flatMap(({ notice: { account, alarms } }) => {
      const since = alarms.find(({ kind }) => kind === "RotationBlocked")?.since;
      return account === null || since === undefined ? [] : [[account, since] as const];
    }),
  );
  const now = ports.clock.now();
  const list = accounts.list().map((config): Listed => {
    const row = rows.get(config.name);
    const since = unusable.get(config.name);
    const idle: Attention = { standing: "idle", since: null };
    const known: Attention = row === undefined ? idle : attentionIn(row, now);
    return { config, read: null, ...(since === undefined ? known : { standing: "blocked", since }) };
  });
  return { at, list };
};

/** These accounts of a list, as their records and reports say it now. */
const withReads = async (app: App, list: readonly Listed[], chosen: readonly Listed[]): Promise<readonly Listed[]> => {
  const reads = await concurrently(chosen, maxConcurrent, async (one): Promise<Listed> => {
    const read = await readAccount(app, one.config);
    const { standing, since } = whoActs(read.status);
    return { ...one, read, standing, since: since ?? one.since };
  });
  const byName = new Map(reads.map((one) => [one.config.name, one]));
  return list.map((one) => byName.get(one.config.name) ?? one);
};

const countsOf = (list: readonly Listed[]): ListRead["counts"] => {
  const counts = { blocked: 0, stalled: 0, overdue: 0, person: 0, app: 0, moving: 0, idle: 0 };
  for (const { standing } of list) counts[standing] += 1;
  return counts;
};

/** A part of the name, of the Batch account's resource id or of the secret's name, in any case. */
const holds = ({ name, batch, secret }: AccountConfig, filter: string): boolean => {
  const text = filter.toLowerCase();
  return [name, batch.resourceId, secret.name].some((own) => own.toLowerCase().includes(text));
};

/** Those that must act first; of these, those that have waited longest. */
const sorted = (list: readonly Listed[]): readonly Listed[] =>
  list.toSorted(
    (one, other) =>
      standingOrder.indexOf(one.standing) - standingOrder.indexOf(other.standing) ||
      compared(one.since ?? "9", other.since ?? "9") ||
      compared(one.config.name, other.config.name),
  );

const compared = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
