/** What the shell learns. */
export const exitCodes = { fine: 0, failed: 1, usage: 2, personMustAct: 3 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Takes the code that the process ends with. */
export type End = (code: ExitCode | Promise<ExitCode>) => Promise<void>;

/** Ends a command with one message and its exit code. The message names the remedy, never a key. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    message: string,
    readonly exitCode: ExitCode = exitCodes.failed,
  ) {
    super(message);
  }
}

export const usageError = (message: string): CommandError => new CommandError(message, exitCodes.usage);
