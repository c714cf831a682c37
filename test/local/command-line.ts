import { parseArgs } from "node:util";
import type { Stage } from "./stage";

export interface CommandOptions {
  readonly app: string;
  readonly keepOutput: string | undefined;
  /** Whether the option that only this command has was given. */
  readonly own: boolean;
}

/**
 * Runs a command with its options, and ends the process with its exit code. `--help` prints the help instead.
 * `own`: the name of an option that only this command has.
 */
export const runCommand = async (
  help: string,
  command: (options: CommandOptions) => Promise<number>,
  own?: string,
): Promise<void> => {
  try {
    const { values } = parseArgs({
      options: {
        app: { type: "string", default: "." },
        "keep-output": { type: "string" },
        help: { type: "boolean", default: false },
        ...(own === undefined ? {} : { [own]: { type: "boolean" as const, default: false } }),
      },
    });
    if (values.help) console.log(help);
    const options = { app: values.app, keepOutput: values["keep-output"], own: isGiven(values, own) };
    process.exit(values.help ? 0 : await command(options));
  } catch (problem) {
    console.error(problem instanceof Error ? problem.message : problem);
    process.exit(1);
  }
};

const isGiven = (values: object, own: string | undefined): boolean =>
  own !== undefined && Reflect.get(values, own) === true;

export const countsText = (stage: Stage): string => {
  const { answered, refused, failed } = stage.counts();
  return `consumer calls: answered ${answered}, refused ${refused}${failed === 0 ? "" : `, failed ${failed}`}`;
};
