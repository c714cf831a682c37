import { EventEmitter, once } from "node:events";
import path from "node:path";
import { type Child, type ChildOptions, nodeCommand, startChild } from "./child-process";
import { eventOf, hostLineOf, readable, type LoggedEvent } from "./rotation-events";

export interface AppProcessOptions {
  /** The folder of the app: `host.json`, `package.json` and the bundle named there. */
  readonly app: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** A built host in place of its sources. */
  readonly host?: string;
  readonly onEvent: (event: LoggedEvent) => void;
  /** An error logged by the host or the app. */
  readonly onError: (text: string) => void;
  readonly onLine: (line: string) => void;
}

export interface AppProcess {
  readonly child: Child;
  readonly port: number;
  /** The names of the registered functions. */
  readonly functions: readonly string[];
}

const keptLines = 100;

const notStarted = (port: number, lines: readonly string[], how: string): Error =>
  new Error(
    lines.some((line) => line.includes("EADDRINUSE"))
      ? `port ${port} is in use: stop the program that listens there, or set PORT to another port`
      : `the Functions host ended (${how}):\n${lines.slice(-20).join("\n")}`,
  );

const hostCommand = ({ host, app, port }: AppProcessOptions): Pick<ChildOptions, "command" | "args"> => {
  const args = ["--app", path.resolve(app), "--port", String(port)];
  return host === undefined ? nodeCommand("host-main.ts", args) : { command: process.execPath, args: [host, ...args] };
};

/** Starts the app in a Functions host in a separate process, and waits until it listens. */
export const startApp = async (options: AppProcessOptions): Promise<AppProcess> => {
  const lines: string[] = [];
  const said = new EventEmitter();
  const started = once(said, "started");
  let hasStarted = false;
  const child = startChild({
    name: "host",
    ...hostCommand(options),
    env: options.env,
    onLine: (line) => {
      if (lines.length < keptLines) lines.push(line);
      options.onLine(line);
      if (line.startsWith('{"event":"HostStarted"')) {
        hasStarted = true;
        said.emit("started", line);
        return;
      }
      const hostLine = hostLineOf(line);
      const event = hostLine === null ? null : eventOf(hostLine);
      if (event !== null) {
        options.onEvent(event);
      } else if (hasStarted && hostLine !== null && ["error", "critical"].includes(hostLine.level)) {
        options.onError(readable(hostLine.message));
      }
    },
  });
  const first = await Promise.race([started, child.ended]);
  if (!Array.isArray(first)) {
    throw notStarted(options.port, lines, first.signal ?? `exit code ${first.code ?? "unknown"}`);
  }
  const { port, functions }: { port: number; functions: { name: string }[] } = JSON.parse(String(first[0]));
  return { child, port, functions: functions.map(({ name }) => name) };
};
