import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { setTimeout as timeout } from "node:timers/promises";
import { promisify } from "node:util";
import { showInBrowser } from "./browser";
import type { Stream, Surroundings } from "./surroundings";

const streamOf = (stream: NodeJS.WriteStream): Stream => ({
  isTerminal: stream.isTTY,
  columns: stream.isTTY ? stream.columns : null,
  write: (text) => void stream.write(text),
});

const interruption = (): AbortSignal => {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  return controller.signal;
};

/** On standard error: standard output is for data. */
const ask = async (question: string, signal: AbortSignal): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal });
  } finally {
    lines.close();
  }
};

export const processSurroundings = (): Surroundings => {
  const interrupted = interruption();
  // A reader that has seen enough, such as head, closes the pipe: that is no failure.
  process.stdout.on("error", () => process.exit(0));
  return {
    env: process.env,
    fetch,
    stdout: streamOf(process.stdout),
    stderr: streamOf(process.stderr),
    canAsk: process.stdin.isTTY && process.stderr.isTTY,
    ask: (question) => ask(question, interrupted),
    now: () => new Date(),
    wait: (ms, signal) => timeout(ms, undefined, { signal }).catch(() => undefined),
    interrupted,
    run: async (program, args) => {
      const shell = process.platform === "win32";
      const { stdout } = await promisify(execFile)(program, [...args], { shell, encoding: "utf8", timeout: 60_000 });
      return stdout;
    },
    openBrowser: (address) => showInBrowser(address, (program, args) => spawn(program, args, { stdio: "ignore" })),
    readFile: (path) => readFileSync(path, "utf8"),
    newId: () => randomUUID(),
  };
};
