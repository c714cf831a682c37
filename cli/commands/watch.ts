import { UnavailableError } from "../client";
import { type ExitCode, exitCodes } from "../exit-codes";
import { listAccounts, readStatus } from "../requests";
import type { Session } from "../session";
import { accountText, byUrgency, type Judged, judged, type ListedStatus } from "../status-view";
import { printable } from "../text";
import { standings } from "../../lib/rotation/attention/who-acts";
import { listText } from "./status";

const clearScreen = "\u001B[H\u001B[2J\u001B[3J";

interface Look {
  readonly accounts: readonly Judged<ListedStatus>[];
  readonly screen: () => string;
}

const look = async (session: Session, account: string | undefined): Promise<Look> => {
  if (account !== undefined) {
    const found = judged(await readStatus(session, account));
    return { accounts: [found], screen: () => accountText(found, session.surroundings.now(), session.colours) };
  }
  const list = await listAccounts(session);
  const accounts = byUrgency(list.accounts);
  return { accounts, screen: () => listText(session, accounts, list) };
};

/** Redraws on a terminal; elsewhere each change is a line. Ctrl-C ends it, and that is no failure. */
export const watch = async (session: Session, account: string | undefined, everyMs: number): Promise<ExitCode> => {
  const { stdout, interrupted, wait, now } = session.surroundings;
  const redraws = stdout.isTerminal && session.options.output === "table";
  const known = new Map<string, string>();
  while (!interrupted.aborted) {
    const seen = await lookAgain(session, account);
    if (seen !== null && redraws) stdout.write(`${clearScreen}${seen.screen()}\n${now().toISOString()}, Ctrl-C ends\n`);
    if (seen !== null && !redraws) writeChanges(session, seen.accounts, known);
    await wait(everyMs, interrupted);
  }
  return exitCodes.fine;
};

/** Null where it does not answer now: the next look may succeed. */
const lookAgain = async (session: Session, account: string | undefined): Promise<Look | null> => {
  try {
    return await look(session, account);
  } catch (error) {
    if (session.surroundings.interrupted.aborted) return null;
    if (!(error instanceof UnavailableError)) throw error;
    session.say(error.message);
    return null;
  }
};

const writeChanges = (
  { surroundings, options }: Session,
  accounts: readonly Judged<ListedStatus>[],
  known: Map<string, string>,
): void => {
  const at = surroundings.now().toISOString();
  for (const { status, acts } of accounts) {
    const state = [status.phase ?? "-", standings[acts.standing], acts.reason ?? "-", acts.sentence].join("  ");
    if (known.get(status.account) === state) continue;
    known.set(status.account, state);
    const line =
      options.output === "json" ? JSON.stringify({ at, ...status, acts }) : `${at}  ${status.account}  ${state}`;
    surroundings.stdout.write(`${printable(line)}\n`);
  }
};
