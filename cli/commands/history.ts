import type { HistoryBody, VerifiedHistory } from "../../lib/history/read-history";
import type { RotationEvidence } from "../../lib/history/rotation-report";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes";
import { accountPath, readStatus } from "../requests";
import type { Session } from "../session";
import { table } from "../text";

export interface HistoryOptions {
  readonly limit?: string;
  readonly before?: string;
  readonly verify: boolean;
}

/** The events of an account, newest first. */
export const history = async (session: Session, account: string, options: HistoryOptions): Promise<ExitCode> => {
  const path = `${accountPath(account)}/history`;
  if (options.verify) return verify(session, `${path}?verify=true`);
  const query = new URLSearchParams();
  if (options.limit !== undefined) query.set("limit", options.limit);
  if (options.before !== undefined) query.set("before", options.before);
  const page = await session.client.json<HistoryBody>({
    functionName: "accountHistory",
    path: query.size === 0 ? path : `${path}?${query.toString()}`,
  });
  const rows = page.events.map(({ at, event, by, detail }) => [at, event, by, detail]);
  session.show(() => table(["AT", "EVENT", "BY", "DETAIL"], rows, session.colours), page);
  if (page.next !== null) session.say(`older events: --before ${page.next}`);
  return exitCodes.fine;
};

/** A history with a gap is for a person: nothing in it repairs itself. */
const verify = async (session: Session, path: string): Promise<ExitCode> => {
  const found = await session.client.json<VerifiedHistory>({ functionName: "accountHistory", path });
  const { colours } = session;
  const rows = found.problems.map(({ sequence, problem }) => [String(sequence ?? "-"), problem]);
  const head = `${found.events} events, ${found.intact ? "none missing or altered" : "not intact"}\n`;
  session.show(() => head + (found.intact ? "" : table(["EVENT", "PROBLEM"], rows, colours)), found);
  return found.intact ? exitCodes.fine : exitCodes.personMustAct;
};

/** One rotation for an audit; without an id the present or the last one. */
export const evidence = async (session: Session, account: string, rotationId?: string): Promise<ExitCode> => {
  const id = rotationId ?? (await latestRotation(session, account));
  const request = {
    functionName: "rotationRecord",
    path: `${accountPath(account)}/rotations/${encodeURIComponent(id)}`,
  };
  if (session.options.output === "json") {
    const found = await session.client.json<RotationEvidence>(request);
    session.show(() => "", found);
    return exitCodes.fine;
  }
  const text = await session.client.text({ ...request, headers: { accept: "text/plain" } });
  session.show(() => (text.endsWith("\n") ? text : `${text}\n`), null);
  return exitCodes.fine;
};

const latestRotation = async (session: Session, account: string): Promise<string> => {
  const { rotation, lastRotation } = await readStatus(session, account);
  const id = rotation?.id ?? lastRotation?.id ?? null;
  if (id === null) throw new CommandError(`${account} has not rotated yet`);
  return id;
};
