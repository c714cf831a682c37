import { writeSync } from "node:fs";
import { framesOf } from "../lib/errors";
import { logLine } from "../lib/outgoing/log-line";

const standardError = 2;

/**
 * An error that ends the process is printed without its message, members and cause. Node (and the host's own worker)
 * print all of an uncaught error, and an error of an SDK can hold both keys of an account in any of them.
 */
export const guardCrashOutput = (): void => {
  // Before any other listener, as the first that prints would print all of it.
  process.prependListener("uncaughtException", (problem) => end("uncaughtException", problem));
  process.prependListener("unhandledRejection", (problem) => end("unhandledRejection", problem));
};

const end = (how: string, problem: unknown): never => {
  writeSync(standardError, `${logLine(crashLine(how, problem))}\n`);
  process.exit(1);
};

const crashLine = (how: string, problem: unknown) => ({
  event: "ProcessCrashed",
  at: new Date().toISOString(),
  reason: how,
  detail: `unexpected ${nameOf(problem)}: the process ends`,
  stack: framesOf(problem),
});

const nameOf = (problem: unknown): string =>
  problem instanceof Error && /^\w{1,64}$/.test(problem.name) ? problem.name : typeof problem;
