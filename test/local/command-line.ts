import { parseArgs } from "node:util";
import type { Stage } from "./stage";

export interface CommandOptions {
  readonly app: string;
  readonly keepOutput: string | undefined;
}

/** Runs a command with its options, and ends the process with its exit code. `--help` prints the help instead. */
export const runCommand = async (
  help: string,
  command: (options: CommandOptions) => Promise<number>,
): Promise<void> => {
  try {
    const { values } = parseArgs({
      options: {
        app: { type: "string", default: "." },
        "keep-output": { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) console.log(help);
    process.exit(values.help ? 0 : await command({ app: values.app, keepOutput: values["keep-output"] }));
  } catch (problem) {
    console.error(problem instanceof Error ? problem.message : problem);
    process.exit(1);
  }
};

export const countsText = (stage: Stage): string => {
  const { answered, refused, failed } = stage.counts();
  return `consumer calls: answered ${answered}, refused ${refused}${failed === 0 ? "" : `, failed ${failed}`}`;
};
