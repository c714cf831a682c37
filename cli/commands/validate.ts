import { resolveConfiguration } from "../../lib/config/accounts";
import { type CloudName, clouds } from "../../lib/config/clouds";
import { placeOfPointer } from "../../lib/config/json-places";
import { parseJsonc } from "../../lib/config/jsonc";
import { everyFiveMinutes } from "../../lib/config/settings/timer-schedule";
import { parseNcrontab } from "../../lib/config/schedule";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes";
import type { Surroundings } from "../surroundings";
import { printable } from "../text";

export interface ValidateOptions {
  readonly cloud: CloudName;
  readonly vaultUrl?: string;
  readonly output: "table" | "json";
}

interface Finding {
  readonly line: number;
  readonly column: number;
  /** A JSON pointer; empty for the form of the text itself. */
  readonly at: string;
  readonly problem: string;
}

/** The parser's own problems say their place in words. */
const syntaxFinding = (problem: string): Finding => {
  const [, line = "1", column = "1"] = /line (\d+), column (\d+)/.exec(problem) ?? [];
  return { line: Number(line), column: Number(column), at: "", problem };
};

const findingsIn = (text: string, { cloud, vaultUrl }: Omit<ValidateOptions, "output">): readonly Finding[] => {
  const parsed = parseJsonc(text);
  if (!("value" in parsed)) return parsed.problems.map(syntaxFinding);
  const found: Finding[] = [];
  const rules = {
    emulated: false,
    vaultDomain: clouds[cloud].vaultDomain,
    defaultVaultUrl: vaultUrl ?? null,
    schedule: parseNcrontab(everyFiveMinutes),
    // A setting, which the file does not know.
    asksLog: true,
  };
  resolveConfiguration(parsed.value, rules, (at, problem) => found.push({ ...placeOfPointer(text, at), at, problem }));
  return found.toSorted((a, b) => a.line - b.line || a.column - b.column);
};

/** Checks a file of accounts as the app would, without the app. */
export const validate = (
  { env, readFile, stdout, stderr }: Surroundings,
  file: string,
  options: ValidateOptions,
): ExitCode => {
  const text = contentOf(readFile, file);
  const vaultUrl = options.vaultUrl ?? env["ROTATION_VAULT_URL"];
  const found = findingsIn(text, { ...options, ...(vaultUrl === undefined ? {} : { vaultUrl }) });
  const lines = found.map(
    ({ line, column, at, problem }) => `${file}:${line}:${column} ${at === "" ? "" : `${at} `}${problem}`,
  );
  if (options.output === "json") stdout.write(`${JSON.stringify({ file, problems: found }, null, 2)}\n`);
  else stdout.write(lines.map((line) => `${printable(line)}\n`).join(""));
  stderr.write(found.length === 0 ? `${file} is valid\n` : `${file} has ${found.length} problems\n`);
  return found.length === 0 ? exitCodes.fine : exitCodes.failed;
};

const contentOf = (readFile: Surroundings["readFile"], file: string): string => {
  try {
    return readFile(file).replace(/^\uFEFF/, "");
  } catch {
    throw new CommandError(`${file} cannot be read`);
  }
};
