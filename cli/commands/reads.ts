import type { ReadersBody } from "../../lib/operations/status/account-readers";
import type { CheckedAccount } from "../../lib/operations/check/check-account";
import type { Coverage } from "../../lib/operations/status/coverage";
import { stepsOfWayOut } from "../../lib/rotation/attention/way-out";
import { type ExitCode, exitCodes } from "../exit-codes";
import { accountPath, listAccounts } from "../requests";
import type { Session } from "../session";
import { printable, shortTime, table } from "../text";

const marks = { true: "yes", false: "NO", null: "-" } as const;

const checkText = ({ account, checks, next }: CheckedAccount, { colours }: Session): string => {
  const rows = checks.map(({ check, ok, detail }) => [marks[`${ok}`], check, detail]);
  const remedies = checks.flatMap(({ check, remedy }) =>
    remedy === null ? [] : [`  ${check}: ${printable(remedy)}\n`],
  );
  const parts = [
    `${colours.bold(account)}\n`,
    table(["OK", "CHECK", "DETAIL"], rows, colours),
    `next: ${printable(next)}\n`,
  ];
  return [...parts, ...(remedies.length === 0 ? [] : ["do:\n", ...remedies])].join("");
};

const checkOne = (session: Session, account: string): Promise<CheckedAccount> =>
  session.client.json({ functionName: "checkAccount", path: `${accountPath(account)}/check` });

/** The preflight of one account, or of all of them one after the other. */
export const check = async (session: Session, account: string | undefined): Promise<ExitCode> => {
  const names = account === undefined ? (await listAccounts(session)).accounts.map((each) => each.account) : [account];
  const found: CheckedAccount[] = [];
  for (const name of names) found.push(await checkOne(session, name));
  session.show(
    () => found.map((each) => checkText(each, session)).join("\n"),
    account === undefined ? { accounts: found } : found[0],
  );
  return found.some(({ checks }) => checks.some(({ ok }) => ok === false)) ? exitCodes.personMustAct : exitCodes.fine;
};

/** Accounts without a rotator, and accounts that could do without shared keys. */
export const coverage = async (session: Session): Promise<ExitCode> => {
  const found = await session.client.json<Coverage>({ functionName: "coverage", path: "/coverage" });
  session.show(() => coverageText(found, session), found);
  return found.unprotected.length > 0 ? exitCodes.personMustAct : exitCodes.fine;
};

const coverageText = ({ unprotected, switchable, checkedAt }: Coverage, { colours }: Session): string => {
  const without = unprotected.map(({ name, reason, resourceId }) => [name, reason, resourceId]);
  const unused = switchable.map(({ account, since, resourceId }) => [account, shortTime(since), resourceId]);
  return [
    `Shared keys that no rotator handles (${shortTime(checkedAt)}): ${unprotected.length}\n`,
    without.length === 0 ? "" : table(["BATCH ACCOUNT", "REASON", "RESOURCE ID"], without, colours),
    `\nShared keys that could be switched off: ${switchable.length}\n`,
    unused.length === 0 ? "" : table(["ACCOUNT", "UNUSED SINCE", "RESOURCE ID"], unused, colours),
    ...switchable
      .slice(0, 1)
      .flatMap(({ resourceId }) => ["\n", ...stepsOfWayOut(resourceId).map((line) => `  ${line}\n`)]),
  ].join("");
};

/** Who reads which version of the secret, by the vault's audit log. */
export const readers = async (session: Session, account: string): Promise<ExitCode> => {
  const found = await session.client.json<ReadersBody>({
    functionName: "accountReaders",
    path: `${accountPath(account)}/readers`,
  });
  const rows = found.readers.map(({ consumer, identity, resource, version, lastAt, reads }) => [
    consumer ?? "unknown",
    resource ?? identity,
    version?.slice(0, 8) ?? "-",
    shortTime(lastAt),
    String(reads),
  ]);
  session.show(() => table(["CONSUMER", "READER", "VERSION", "LAST", "READS"], rows, session.colours), found);
  const { through, omitted, incomplete, problem } = found;
  session.say(through === null ? "the log has not answered yet" : `as the log shows it up to ${through}`);
  if (omitted > 0) session.say(`at least ${omitted} more are not shown`);
  for (const text of [incomplete, problem]) if (text !== null) session.say(printable(text));
  return exitCodes.fine;
};
