import { type ExitCode, exitCodes } from "../exit-codes";
import { type AccountList, listAccounts, readStatus } from "../requests";
import type { Session } from "../session";
import { accountText, byUrgency, explained, type Judged, judged, type ListedStatus } from "../status-view";
import { needsPerson, statusTable, unusedAccounts } from "../status-view";
import { printable } from "../text";

export interface StatusOptions {
  readonly state?: string;
  readonly all: boolean;
}

/** Of idle accounts no more are listed, unless all are asked for. */
const maxIdle = 20;

const codeFor = (accounts: readonly Judged<ListedStatus>[], other = false): ExitCode =>
  other || accounts.some(needsPerson) ? exitCodes.personMustAct : exitCodes.fine;

/** One account in full, or all of them by urgency. */
export const showStatus = async (
  session: Session,
  account: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> => (account === undefined ? showAll(session, options) : showOne(session, account));

const showOne = async (session: Session, account: string): Promise<ExitCode> => {
  const found = judged(await readStatus(session, account));
  const now = session.surroundings.now();
  session.show(() => accountText(found, now, session.colours), { ...found.status, acts: found.acts });
  return codeFor([found]);
};

const showAll = async (session: Session, { state, all }: StatusOptions): Promise<ExitCode> => {
  const list = await listAccounts(session);
  const accounts = byUrgency(list.accounts).filter(({ acts }) => state === undefined || acts.standing === state);
  const shown = all ? accounts : withFewIdle(accounts);
  session.show(() => listText(session, shown, list), {
    ...list,
    accounts: accounts.map(({ status, acts }) => ({ ...status, acts })),
  });
  if (shown.length < accounts.length && session.options.output === "table")
    session.say(`${accounts.length - shown.length} more idle accounts: --all shows them`);
  return codeFor(accounts, otherProblems(list).length > 0);
};

const withFewIdle = <T extends ListedStatus>(accounts: readonly Judged<T>[]): readonly Judged<T>[] => {
  const busy = accounts.filter(({ acts }) => acts.standing !== "idle");
  return [...busy, ...accounts.filter(({ acts }) => acts.standing === "idle").slice(0, maxIdle)];
};

/** What belongs to no account of the list. */
const otherProblems = ({ orphanedRecords = [], discoveryProblems = [] }: AccountList): readonly string[] =>
  [...orphanedRecords.map((each) => ({ reason: "RecordOrphaned", ...each })), ...discoveryProblems].map(
    ({ account, reason, detail, remedy }) =>
      printable(`${account ?? "discovery"}: ${[reason, detail, remedy].filter(Boolean).join("; ")}`),
  );

/** The table, then each account that waits for a person or an app, explained. */
export const listText = (
  { surroundings, colours }: Session,
  accounts: readonly Judged<ListedStatus>[],
  list: AccountList,
): string => {
  const now = surroundings.now();
  const waiting = accounts.filter(({ acts }) => acts.standing !== "idle" && acts.standing !== "moving");
  const parts = [statusTable(accounts, now, colours), ...waiting.map((each) => explained(each, now, colours))];
  const others = otherProblems(list).map((line) => `${colours.red(line)}\n`);
  return [...parts, others.join(""), unusedAccounts(accounts)].filter((part) => part !== "").join("\n");
};
