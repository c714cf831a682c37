import { Command, CommanderError } from "commander";
import packageJson from "../package.json";
import { addAccountCommands } from "./commands/account-commands";
import { addFileCommands } from "./commands/file-commands";
import { CommandError, type End, type ExitCode, exitCodes } from "./exit-codes";
import { Secrets } from "./secrets";
import { guarded, openSession } from "./session";
import type { Surroundings } from "./surroundings";

const help = `
Environment:
  ROTATOR_URL                address of the app, as --url
  ROTATOR_KEY                function key that opens every function
  ROTATOR_KEY_<FUNCTION>     key of one function, for example ROTATOR_KEY_ACCOUNT_STATUS
  ROTATOR_AUDIENCE           where sign-in is on, as --audience
  NO_COLOR, FORCE_COLOR      colours never, or always

Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 a person must act.`;

export const createProgram = (surroundings: Surroundings, secrets: Secrets, end: End): Command => {
  const program = new Command("batch-key-rotator")
    .description("Shows and operates the rotation of Azure Batch account keys.")
    .version(packageJson.version)
    .addHelpText("after", help)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
      getOutHelpWidth: () => surroundings.stdout.columns ?? 100,
      getErrHelpWidth: () => surroundings.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .helpCommand(false);
  addAccountCommands(program, (options) => openSession(surroundings, options, secrets), end);
  addFileCommands(program, surroundings, end);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
};

/** Runs one command line. Never throws: every failure is a message and a code. */
export const runCommandLine = async (args: readonly string[], given: Surroundings): Promise<ExitCode> => {
  let ended: ExitCode = exitCodes.fine;
  const secrets = new Secrets();
  const surroundings = guarded(given, secrets);
  const program = createProgram(surroundings, secrets, async (code) => {
    ended = await code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return ended;
  } catch (error) {
    return failed(error, surroundings);
  }
};

const failed = (error: unknown, { stderr, interrupted }: Surroundings): ExitCode => {
  // The library has written its message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
  if (interrupted.aborted) return exitCodes.failed;
  if (error instanceof CommandError) {
    stderr.write(`batch-key-rotator: ${error.message}\n`);
    return error.exitCode;
  }
  const name = error instanceof Error ? error.name : typeof error;
  stderr.write(`batch-key-rotator: unexpected ${name}: please report this defect\n`);
  return exitCodes.failed;
};
