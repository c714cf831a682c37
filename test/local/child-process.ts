import { spawn } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createInterface } from "node:readline";

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended and its output was read completely. */
  readonly ended: Promise<Ended>;
  /** It does nothing any more, until it is stopped. */
  suspend(): void;
  /** Sends SIGTERM, and SIGKILL if it has not ended after `graceMs`. */
  stop(graceMs?: number): Promise<Ended>;
}

/** Starts a process in a separate group: Ctrl-C reaches only the parent, which then ends its children in order. */
export const startChild = ({ name, command, args, env, onLine }: ChildOptions): Child => {
  const child = spawn(command, args, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  for (const stream of ["stdout", "stderr"] as const) {
    createInterface({ input: child[stream] }).on("line", (line) => onLine(line, stream));
  }
  // The open pipe shows the child that the parent lives; the child closing its end has no meaning.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", (problem) => reject(new Error(`${name} did not start`, { cause: problem })));
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  let suspended = false;
  // Prevents an unhandled rejection if no caller awaits this yet.
  ended.catch(() => undefined);
  return {
    name,
    pid: child.pid ?? -1,
    ended,
    suspend: () => {
      suspended = true;
      child.kill("SIGSTOP");
    },
    stop: async (graceMs = 60_000) => {
      // A suspended process would have to go on for SIGTERM, and would do something first.
      child.kill(suspended ? "SIGKILL" : "SIGTERM");
      const insist = setTimeout(() => child.kill("SIGKILL"), graceMs);
      try {
        return await ended;
      } finally {
        clearTimeout(insist);
      }
    },
  };
};

/** For a process that loads modules of the app on first use: a bundle holds them, sources do not. Not under Node 20. */
export const lazySources: readonly string[] = ["--import", pathToFileURL(require.resolve("tsx/esm")).href];

/** The command that runs a TypeScript file of this folder with the present Node. */
export const nodeCommand = (
  file: string,
  args: readonly string[] = [],
  options: readonly string[] = [],
): Pick<ChildOptions, "command" | "args"> => ({
  command: process.execPath,
  args: [
    "--require",
    require.resolve("tsx/cjs"),
    ...options,
    "--require",
    path.join(__dirname, "end-with-parent.ts"),
    path.join(__dirname, file),
    ...args,
  ],
});

/** The same for Python, which cannot preload a module. */
const pythonEndsWithParent = `
import os, runpy, signal, sys, threading
def end_with_parent():
    while os.read(0, 65536):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
`;

export const pythonCommand = (file: string): Pick<ChildOptions, "command" | "args"> => ({
  command: "python3",
  args: ["-c", pythonEndsWithParent, path.join(__dirname, file)],
});
