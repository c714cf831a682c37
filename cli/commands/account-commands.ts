import { type Command, InvalidArgumentError, Option } from "commander";
import type { OperatorAction } from "../../lib/operations/operate-account";
import { standingOrder } from "../../lib/rotation/attention/who-acts";
import type { OrderOptions } from "../confirm";
import type { End } from "../exit-codes";
import type { RemoteCommand, RemoteOptions, Session } from "../session";
import { evidence, history, type HistoryOptions } from "./history";
import { openPage } from "./open";
import { operate, resumeFleet, rotate, type RotateOptions } from "./orders";
import { check, coverage, readers } from "./reads";
import { showStatus, type StatusOptions } from "./status";
import { watch } from "./watch";

const outputOption = (): Option =>
  new Option("--output <form>", "form of the data").choices(["table", "json"]).default("table");

/** The options of every command that talks to the app. */
const remote = (command: Command): Command =>
  command
    .option("--url <address>", "address of the app (ROTATOR_URL)")
    .option("--audience <id>", "where sign-in is on: the app's registration, for a token of the Azure CLI")
    .addOption(outputOption());

const order = (command: Command): Command =>
  remote(
    command
      .option("--reason <text>", "why, for the history; asked for on a terminal")
      .option("--yes", "do not ask", false)
      .option("--dry-run", "show what would be affected, and the request; change nothing", false),
  );

const seconds = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 3600)
    throw new InvalidArgumentError("must be a whole number of seconds from 1 to 3600.");
  return value;
};

const orderTexts = {
  approve: "Let the rotation of an account go on in spite of its apps, or where it waits for an approval.",
  rollback: "Publish the previous key again, and pause the account.",
  pause: "Stop the rotation of an account.",
  resume: "End a pause, or try a blocked account again at once.",
} as const satisfies Record<OperatorAction, string>;

const actions = ["approve", "rollback", "pause", "resume"] as const satisfies readonly OperatorAction[];

export const addAccountCommands = (
  program: Command,
  open: (options: RemoteOptions) => Promise<Session>,
  end: End,
): void => {
  const run = (options: RemoteOptions, command: RemoteCommand): Promise<void> => end(open(options).then(command));
  addReads(program, run);
  addOrders(program, run);
};

type Run = (options: RemoteOptions, command: RemoteCommand) => Promise<void>;

const addReads = (program: Command, run: Run): void => {
  remote(program.command("status"))
    .description("Show all accounts by urgency, or one in full: who must act, since when, and the next command.")
    .argument("[account]")
    .addOption(new Option("--state <state>", "only accounts of this standing").choices(standingOrder))
    .option("--all", "list every idle account too", false)
    .action((account: string | undefined, options: RemoteOptions & StatusOptions) =>
      run(options, (session) => showStatus(session, account, options)),
    );
  remote(program.command("watch"))
    .description("Show the status again and again; without a terminal, one line for each change. Ctrl-C ends it.")
    .argument("[account]")
    .option("--interval <seconds>", "time between two looks", seconds, 5)
    .action((account: string | undefined, options: RemoteOptions & { readonly interval: number }) =>
      run(options, (session) => watch(session, account, options.interval * 1000)),
    );
  remote(program.command("history"))
    .description("Show the events of an account, newest first.")
    .argument("<account>")
    .option("--limit <number>", "how many events, 1 to 500")
    .option("--before <cursor>", "older ones than a page before")
    .option("--verify", "check that no event is missing or altered", false)
    .action((account: string, options: RemoteOptions & HistoryOptions) =>
      run(options, (session) => history(session, account, options)),
    );
  remote(program.command("evidence"))
    .description("Show one rotation for an audit: who confirmed, what proved the keys, who decided.")
    .argument("<account>")
    .argument("[rotation]", "its id; the present or the last one where it is left out")
    .action((account: string, rotation: string | undefined, options: RemoteOptions) =>
      run(options, (session) => evidence(session, account, rotation)),
    );
  remote(program.command("readers"))
    .description("Show who reads which version of the secret, by the vault's audit log.")
    .argument("<account>")
    .action((account: string, options: RemoteOptions) => run(options, (session) => readers(session, account)));
  remote(program.command("coverage"))
    .description("Show accounts without a rotator, and those on which shared keys could be switched off.")
    .action((options: RemoteOptions) => run(options, coverage));
  remote(program.command("check"))
    .description("Test every right that a rotation needs, of one account or of all.")
    .argument("[account]")
    .action((account: string | undefined, options: RemoteOptions) =>
      run(options, (session) => check(session, account)),
    );
  remote(program.command("open"))
    .description("Print the address of the page; on a terminal, show it in the browser.")
    .action((options: RemoteOptions) => run(options, openPage));
};

const addOrders = (program: Command, run: Run): void => {
  order(program.command("rotate"))
    .description("Start a rotation of an account now.")
    .argument("<account>")
    .option("--retire-after <duration>", "for a leaked key: retire it so long after publication, such as PT15M")
    .option("--idempotency-key <key>", "the same key again starts no second rotation")
    .action((account: string, options: RemoteOptions & RotateOptions) =>
      run(options, (session) => rotate(session, account, options)),
    );
  for (const action of actions) {
    order(program.command(action))
      .description(orderTexts[action])
      .argument("<account>")
      .action((account: string, options: RemoteOptions & OrderOptions) =>
        run(options, (session) => operate(session, action, account, options)),
      );
  }
  order(program.command("resume-fleet"))
    .description("Let scheduled rotations start again after too many have failed.")
    .action((options: RemoteOptions & OrderOptions) => run(options, (session) => resumeFleet(session, options)));
};
