import { parseArgs } from "node:util";
import { defaultInstance } from "../instance";
import { plainSecretUrl } from "../secret-reader";
import type { ReportOptions } from "../types";

export type CommandName = "exec" | "report" | "watch";

export interface CommandLine {
  readonly command: CommandName;
  readonly account: string;
  readonly secretUrl: string;
  readonly endpoint: string | null;
  readonly report: (ReportOptions & { readonly instance: string }) | null;
  readonly accountVariable: string;
  readonly keyVariable: string;
  readonly pid: number | null;
  readonly url: string | null;
  /** `exec`: the program and its arguments. */
  readonly program: readonly string[];
}

export const usage = `
batch-key-client exec    OPTIONS -- COMMAND [ARGUMENTS]   runs a command with the key in its environment
batch-key-client report  OPTIONS                          sends one report
batch-key-client watch   OPTIONS [--pid N] [--url URL]    reports every minute beside an app

  --secret-url URL         https://VAULT.vault.azure.net/secrets/NAME
  --account NAME           the Batch account
  --consumer NAME          the app's name in the rotator
  --instance NAME          default: of exec, a new name for each run; otherwise the host
  --report-url URL         the rotator, ends in /api; without it exec reports nothing
  --report-account NAME    the account's name in the rotator; default: that of --account
  --endpoint URL           https://ACCOUNT.REGION.batch.azure.com: each report rests on a signed call
  --account-variable NAME  default AZURE_BATCH_ACCOUNT_NAME
  --key-variable NAME      default AZURE_BATCH_ACCOUNT_KEY
  --pid N, --url URL       watch: the app is healthy while the process runs and the address answers

The function key of receiveSignal is read from BATCH_ROTATOR_KEY. The vault is read with the managed identity
(AZURE_CLIENT_ID), or with the token in BATCH_KEY_VAULT_TOKEN.`;

const text = { type: "string" } as const;
const options = {
  "secret-url": text,
  account: text,
  consumer: text,
  instance: text,
  "report-url": text,
  "report-account": text,
  endpoint: text,
  "account-variable": text,
  "key-variable": text,
  pid: text,
  url: text,
  help: { type: "boolean" },
} as const;

type Given = Readonly<Partial<Record<string, string>>>;

const needed = (given: Given, name: string): string => {
  const value = given[name];
  if (value === undefined || value === "") throw new TypeError(`--${name} is missing`);
  return value;
};

const reportOf = (command: CommandName, given: Given, env: NodeJS.ProcessEnv): CommandLine["report"] => {
  if (command === "exec" && given["report-url"] === undefined) return null;
  const key = env["BATCH_ROTATOR_KEY"];
  if (!key) throw new TypeError("BATCH_ROTATOR_KEY is missing: the function key of receiveSignal");
  const random = Math.floor(Math.random() * 0x1000000).toString(16);
  return {
    url: needed(given, "report-url"),
    key,
    account: given["report-account"] ?? needed(given, "account"),
    consumer: needed(given, "consumer"),
    instance: given["instance"] ?? defaultInstance(command === "exec" ? `${process.pid}-${random}` : command),
  };
};

const pidOf = (given: string | undefined): number | null => {
  if (given === undefined) return null;
  if (!/^[1-9]\d{0,9}$/.test(given)) throw new TypeError("--pid must be the number of a process");
  return Number(given);
};

/** Null where help is asked for. Throws a `TypeError` that names what is wrong. */
export const readCommandLine = (args: readonly string[], env: NodeJS.ProcessEnv): CommandLine | null => {
  const split = args.indexOf("--");
  const [own, program] = split === -1 ? [args, []] : [args.slice(0, split), args.slice(split + 1)];
  const { values, positionals } = parseArgs({ args: [...own], options, allowPositionals: true, strict: true });
  const { help, ...given } = values;
  const [command, ...others] = positionals;
  if (help === true || command === undefined) return null;
  if (command !== "exec" && command !== "report" && command !== "watch")
    throw new TypeError(`${command} is no command: exec, report or watch`);
  if (others.length > 0) throw new TypeError(`${others.join(" ")}: put the command after --`);
  if (command === "exec" && program.length === 0) throw new TypeError("a command is missing after --");
  return {
    command,
    account: needed(given, "account"),
    secretUrl: plainSecretUrl(needed(given, "secret-url")),
    endpoint: given.endpoint ?? null,
    report: reportOf(command, given, env),
    accountVariable: given["account-variable"] ?? "AZURE_BATCH_ACCOUNT_NAME",
    keyVariable: given["key-variable"] ?? "AZURE_BATCH_ACCOUNT_KEY",
    pid: pidOf(given.pid),
    url: given.url ?? null,
    program,
  };
};
