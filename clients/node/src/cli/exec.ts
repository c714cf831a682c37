import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { second } from "../internals";
import type { CommandLine } from "./arguments";
import { credentialOf, findKey, limited, readNewest, Reports, say } from "./session";

/** The terminal itself sends these to the command: twice is once too often. */
const fromTerminal: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGTSTP"];
const forwarded: readonly NodeJS.Signals[] = [
  "SIGINT",
  "SIGQUIT",
  "SIGTERM",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "SIGCONT",
  "SIGWINCH",
];

/** Before the command begins: a signal that came before it is forwarded would end this process alone. */
const forwardSignals = (child: () => ChildProcess): void => {
  for (const signal of forwarded) {
    process.on(signal, () => {
      if (!(process.stdin.isTTY && fromTerminal.includes(signal))) child().kill(signal);
    });
  }
};

/** As a shell has it: 127 for a command that is not there, 126 for one that cannot be run, 128 + n for a signal. */
const run = ([program = "", ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> =>
  new Promise((resolve) => {
    // Called by the event loop, so not before the command is started.
    forwardSignals(() => child);
    const child = spawn(program, args, { stdio: "inherit", env });
    child.on("error", (problem: NodeJS.ErrnoException) => {
      say(`${program} cannot be started: ${problem.code ?? problem.name}`);
      resolve(problem.code === "ENOENT" ? 127 : 126);
    });
    child.on("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });

/**
 * Runs the command with the newest key in its environment. The vault and the rotator may be out of reach, as long as
 * there is a key: that of the environment.
 */
export const exec = async (line: CommandLine, env: NodeJS.ProcessEnv): Promise<number> => {
  const credential = credentialOf(env);
  const newest = await readNewest(line, credential, 20 * second);
  const key = newest?.key ?? env[line.keyVariable];
  if (!key) {
    say(`there is no key: the vault cannot be read, and ${line.keyVariable} is not set`);
    return 69;
  }
  if (newest === null) say(`uses the key in ${line.keyVariable}`);
  const reports = new Reports(
    line,
    async () => true,
    () => findKey(line, credential, key),
  );
  // Before the command begins, so that no rotation ends without it; but never for long.
  if (line.report !== null) await limited(5 * second, reports.start(newest));
  const { BATCH_ROTATOR_KEY: _, BATCH_KEY_VAULT_TOKEN: __, ...inherited } = env;
  const code = await run(line.program, { ...inherited, [line.accountVariable]: line.account, [line.keyVariable]: key });
  await reports.leave();
  return code;
};
