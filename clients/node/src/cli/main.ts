#!/usr/bin/env node
import { type CommandLine, readCommandLine, usage } from "./arguments";
import { exec } from "./exec";
import { say } from "./session";
import { reportOnce, watch } from "./watch";

const commands = { exec, report: reportOnce, watch };

const read = (): CommandLine | number => {
  try {
    const line = readCommandLine(process.argv.slice(2), process.env);
    if (line !== null) return line;
    console.log(usage);
    return 0;
  } catch (problem) {
    say(problem instanceof Error ? problem.message : String(problem));
    return 64;
  }
};

const main = async (): Promise<number> => {
  const line = read();
  return typeof line === "number" ? line : commands[line.command](line, process.env);
};

main().then(
  (code) => process.exit(code),
  (problem: unknown) => {
    say(problem instanceof Error ? problem.name : "failed");
    process.exit(70);
  },
);
