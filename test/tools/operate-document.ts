import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Action, type Advice, adviceOf, adviceWhenBlocked } from "../../lib/rotation/attention/advice";
import { type AlarmKind, alarmKinds } from "../../lib/rotation/events/events";
import {
  type BlockedReason,
  blockedReasons,
  type DiscoveryReason,
  discoveryReasons,
  waitingReasons,
} from "../../lib/rotation/reasons";
import { commandOf } from "../../lib/rotation/attention/who-acts";

const file = path.join(__dirname, "../../docs/operate.md");

/** `list`: the status of all accounts. */
type Look = "list" | "status" | "history";

/** What each alarm means, and the section that says what to do. */
const alarms: Readonly<Record<AlarmKind, readonly [means: string, section: string, action: Action | Look]>> = {
  RotationStalled: [
    "an account waits longer in its phase than `stalledAfter` allows",
    "A rotation is stalled",
    "status",
  ],
  RotationBlocked: ["a condition lasts until a person acts", "A rotation is blocked", "check"],
  RotationOverdue: [
    "a rotation is due, its window has passed, and it has not started",
    "A rotation is overdue",
    "status",
  ],
  AccountUnchecked: ["vault and live keys could not be compared", "An account could not be compared", "check"],
  ConsumerUnhealthy: ["an app reports that it fails while the key changes", "A consumer is unhealthy", "rollback"],
  DriftRepaired: ["the published key was dead; a live one is published", "A published key was no live key", "history"],
  RotationRolledBack: [
    "the previous key is published again; the account is paused",
    "A rotation was rolled back",
    "resume",
  ],
  ConfigurationInvalid: ["nothing is rotated until the settings are correct", "The settings are wrong", "list"],
  RecordOrphaned: ["no configured account owns a stored record", "A record belongs to no configured account", "list"],
  UrgentRotationSuperseded: ["a leaked key may still work", "The rotation of a leaked key ended early", "history"],
  HistoryBehind: ["events wait to be written to the history", "A history stays behind", "history"],
  SecretContested: ["another rotator has the same secret", "Two rotators publish to one secret", "status"],
  ConfigurationConflict: ["processes differ in their settings", "Two configurations work on one account", "status"],
  DiscoveryProblem: ["an account with the tag cannot be rotated", "Accounts cannot be found or rotated", "list"],
  WorkLost: [
    "accounts from the queue were not looked at",
    "Accounts that went to the queue were not processed",
    "list",
  ],
  UnknownReader: [
    "an identity that is no configured consumer has read the secret",
    "An unknown reader reads a secret",
    "status",
  ],
  FleetStopped: ["no further scheduled rotation starts", "The fleet is stopped", "resume-fleet"],
  KeyInAccount: [
    "the Batch account holds a copy of the key that dies next",
    "A Batch account holds a copy of its own key",
    "status",
  ],
};

const onBlocked: Readonly<Record<BlockedReason, string>> = {
  Forbidden: "grant the role that the remedy names",
  Unreachable: "correct the certificate or the address",
  NotFound: "correct the configuration, or recover what was deleted",
  SharedKeyNotAllowed: "allow shared keys again, or take the account out of the configuration: see [faq.md](faq.md)",
  SecretDeleted: "recover or purge the secret",
  ForeignSecret: "name another secret, or mark this one as the remedy says",
  SecretDisabled: "enable the newest version",
  ResourceLocked: "remove the lock",
  PolicyRefused: "exempt the account from the policy, or change its assignment",
  NoUsableKey: "do what the remedy says",
  RecordCorrupt: "correct or delete the row that the remedy names",
  RecordElsewhere: "give the account its former name again, or delete the row that the remedy names",
};

const onDiscovery: Readonly<Record<DiscoveryReason, string>> = {
  TagRemoved: "set the tag again, or delete the account's record to end its rotation",
  AccountGone: "check that the Batch account exists, is in the scope, and can be read by the identity",
  TagInvalid: "correct the tags or the profile",
  NameTaken: "list the account in `accounts` with a name of its own",
  SecretShared: "list the account in `accounts` with a secret of its own",
};

const actors = { person: "a person", app: "the app", rotator: "the rotator" } as const;

const command = (action: Action | Look): string => {
  if (action === "list") return "`npx batch-key-rotator status`";
  return action === "status" || action === "history"
    ? `\`npx batch-key-rotator ${action} <account>\``
    : `\`${commandOf(action, "<account>")}\``;
};

const stepsOf = ({ steps }: Advice): string =>
  steps.map(({ when, action }) => `${when === "" ? "" : `${when}: `}${command(action)}`).join("; ") ||
  command("status");

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");

const entriesOf = <R extends string>(reasons: Readonly<Record<R, string>>): readonly (readonly [R, string])[] =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names of the record itself
  Object.entries<string>(reasons) as [R, string][];

const waitingTable = (): string =>
  table(
    ["`waitingFor.reason`", "means", "who acts", "what to do", "command"],
    Object.entries(waitingReasons).map(([reason, means]) => {
      const advice = adviceOf(reason);
      return [`\`${reason}\``, means, actors[advice.actor], advice.todo, stepsOf(advice)];
    }),
  );

const blockedTable = (): string =>
  table(
    ["`blocked.reason`", "means", "what to do; `blocked.remedy` says it in full"],
    entriesOf(blockedReasons).map(([reason, means]) => [`\`${reason}\``, means, onBlocked[reason]]),
  );

const discoveryTable = (): string =>
  table(
    ["reason of discovery", "means", "what to do"],
    entriesOf(discoveryReasons).map(([reason, means]) => [`\`${reason}\``, means, onDiscovery[reason]]),
  );

const anchor = (title: string): string => `#${title.toLowerCase().replaceAll(" ", "-")}`;

const alarmTable = (): string =>
  table(
    ["alarm", "means", "what to do", "first command"],
    alarmKinds.map((kind) => {
      const [means, section, action] = alarms[kind];
      return [`\`${kind}\``, means, `[${section}](${anchor(section)})`, command(action)];
    }),
  );

const mark = "\n## Every reason and alarm\n";

/** The document with the present tables under its last heading. */
export const withTables = (document: string): string => {
  const [before = ""] = document.split(mark);
  const intro =
    "These tables are made from the code (`npm run schema`). The reasons to wait stand in the order in which they " +
    "are checked: the status shows the first that applies. `<why>` is a reason of your own, which the history keeps.";
  const parts = [
    `${intro}\n`,
    `### An account waits\n\n${waitingTable()}`,
    `### An account is blocked\n\nFor each of them: ${stepsOf(adviceWhenBlocked)}.\n\n${blockedTable()}`,
    `### An account cannot be found or rotated\n\n${discoveryTable()}`,
    `### Alarms\n\n${alarmTable()}`,
  ];
  return `${before}${mark}\n${parts.join("\n")}`;
};

export const operateDocument = (): string => readFileSync(file, "utf8");

if (require.main === module) writeFileSync(file, withTables(operateDocument()));
