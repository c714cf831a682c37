import { secretUrl } from "../lib/rotation/ownership";
import type { StatusBody } from "../lib/operations/status/status";
import { type Standing, standingOrder, standings, whoActs, type WhoActs } from "../lib/rotation/attention/who-acts";
import { ago, type Colours, printable, shortTime, table } from "./text";

/** An account in the list: its status without the consumers. */
export type ListedStatus = Omit<StatusBody, "consumers">;

/** What an account waits for, and what follows, beside what the app says. */
export interface Judged<T extends ListedStatus> {
  readonly status: T;
  readonly acts: WhoActs;
}

export const judged = <T extends ListedStatus>(status: T): Judged<T> => ({ status, acts: whoActs(status) });

const rank = (standing: Standing): number => standingOrder.indexOf(standing);

/** Who must act first; then by name. */
export const byUrgency = <T extends ListedStatus>(statuses: readonly T[]): readonly Judged<T>[] =>
  statuses
    .map(judged)
    .toSorted(
      (a, b) => rank(a.acts.standing) - rank(b.acts.standing) || a.status.account.localeCompare(b.status.account),
    );

const forPeople: ReadonlySet<Standing> = new Set(["blocked", "stalled", "overdue", "person"]);

/** Whether a person must act: the exit code says so. */
export const needsPerson = ({ acts }: Judged<ListedStatus>): boolean => forPeople.has(acts.standing);

const coloured = (standing: Standing, text: string, colours: Colours): string => {
  if (standing === "blocked" || standing === "stalled" || standing === "overdue") return colours.red(text);
  if (standing === "person" || standing === "app") return colours.yellow(text);
  return standing === "idle" ? colours.green(text) : text;
};

/** One line for each account. */
export const statusTable = (accounts: readonly Judged<ListedStatus>[], now: Date, colours: Colours): string =>
  table(
    ["ACCOUNT", "STANDING", "PHASE", "REASON", "SINCE", "NEXT DUE"],
    accounts.map(({ status, acts }) => [
      status.account,
      standings[acts.standing],
      status.phase ?? "-",
      acts.reason ?? "-",
      ago(acts.since, now),
      shortTime(status.nextDueAt),
    ]),
    colours,
  );

/** One reason, who must act, since when, and the next command ready to copy. */
export const explained = ({ status, acts }: Judged<ListedStatus>, now: Date, colours: Colours): string => {
  const since = acts.since === null ? "" : ` since ${shortTime(acts.since)} (${ago(acts.since, now)})`;
  const reason = acts.reason === null ? "" : `: ${acts.reason}`;
  const head = coloured(acts.standing, `${status.account} ${standings[acts.standing]}${since}${reason}`, colours);
  const steps = acts.steps.map(({ when, command }) => `  ${when === "" ? "next" : `next, ${when}`}:\n    ${command}`);
  const lines = [`  ${printable(acts.sentence)}`, ...(acts.todo === "" ? [] : [`  do: ${printable(acts.todo)}`])];
  return [head, ...lines, ...steps].map((line) => `${line}\n`).join("");
};

const unusedText = (since: string): string =>
  `nothing has used its keys since ${shortTime(since)}: npx batch-key-rotator coverage shows how to switch them off`;

/** The way out of rotating at all, for the end of the list. */
export const unusedAccounts = (accounts: readonly Judged<ListedStatus>[]): string => {
  const unused = accounts.filter(({ status }) => status.keysUnusedSince !== null).map(({ status }) => status.account);
  if (unused.length === 0) return "";
  const more = unused.length > maxNamed ? ` and ${unused.length - maxNamed} more` : "";
  const names = unused.slice(0, maxNamed).join(", ") + more;
  return `Shared keys could be switched off on ${names}: npx batch-key-rotator coverage shows how\n`;
};

const maxNamed = 5;

const version = (text: string | null): string => (text === null ? "-" : text.slice(0, 8));

/** One account in full: the facts, the apps, and what follows. */
export const accountText = (found: Judged<StatusBody>, now: Date, colours: Colours): string => {
  const { status } = found;
  const { rotation, lastRotation, secret } = status;
  const facts: readonly (readonly [string, string])[] = [
    ["phase", status.phase ?? "not seen yet"],
    ["secret", `${secretUrl(secret)}, version ${version(secret.version)}`],
    ["apps read", status.activeSlot === null ? "-" : `the ${status.activeSlot} key`],
    ["rotation", rotation === null ? "none under way" : `${rotation.id}, since ${shortTime(rotation.startedAt)}`],
    ["asked for", rotation === null ? "-" : `${rotation.trigger}: ${rotation.reason}`],
    ["last", lastRotation === null ? "-" : `${lastRotation.outcome} at ${shortTime(lastRotation.endedAt)}`],
    ["next due", shortTime(status.nextDueAt)],
    ["unused", status.keysUnusedSince === null ? "-" : unusedText(status.keysUnusedSince)],
  ];
  const shown = facts
    .filter(([, text]) => text !== "-")
    .map(([name, text]) => `  ${name.padEnd(10)} ${printable(text)}\n`);
  return `${explained(found, now, colours)}\n${shown.join("")}\n${consumersTable(status, now, colours)}`;
};

const consumersTable = ({ consumers, secret }: StatusBody, now: Date, colours: Colours): string =>
  table(
    ["APP", "STATE", "EVIDENCE", "INSTANCE", "VERSION", "HEALTHY", "PROVEN", "REPORTED"],
    consumers.flatMap(({ name, state, evidence, instances }) =>
      instances.length === 0
        ? [[name, state, evidence ?? "-", "-", "-", "-", "-", "-"]]
        : instances.map(({ id, at, secretVersion, healthy, proven }) => [
            name,
            state,
            evidence ?? "-",
            id,
            `${version(secretVersion)}${secretVersion === secret.version ? "" : " (old)"}`,
            healthy ? "yes" : "NO",
            proven ? "yes" : "no",
            `${ago(at, now)} ago`,
          ]),
    ),
    colours,
  );
