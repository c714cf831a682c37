import { kill as signalProcess } from "node:process";
import type { StatusBody } from "../../../lib/operations/status/status";
import { type AppProcess, startApp } from "../../local/app-process";
import { functionNames } from "../../local/stage";
import { checkDescribed } from "../../rig/described";
import { until } from "../local-host/until";

/** One complete answer of the app. */
export interface Answer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Call {
  readonly method: "GET" | "POST" | "HEAD" | "OPTIONS" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** The function whose key is sent; null for no key. */
  readonly keyOf: string | null;
  readonly body?: NonNullable<RequestInit["body"]>;
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
}

/** A log line of the app, as the object that it wrote. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly event: string };

/** The app in a separate host process, called over HTTP. */
export interface Host {
  readonly functions: readonly string[];
  /** Without a path. */
  readonly address: string;
  /** The complete output of the process. */
  readonly lines: readonly string[];
  readonly answers: readonly Answer[];
  call(call: Call): Promise<Answer>;
  rotate(account: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  signal(account: string, body: unknown): Promise<Answer>;
  operate(account: string, action: string, body: unknown): Promise<Answer>;
  get(account: string): Promise<Answer>;
  list(): Promise<Answer>;
  status(account: string): Promise<StatusBody>;
  /** Runs the timer's function once, and waits for the line that reports its end. */
  tick(): Promise<void>;
  /** Starts the timer's function without waiting for it. */
  fireTimer(): Promise<void>;
  /** The app's log lines of this event, oldest first. */
  logged(event: string): readonly LogLine[];
  /** Sends SIGKILL: nothing is completed, flushed or released. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Not a secret: it only permits to fire the timer of a process that lives for seconds. */
const masterKey = "master-key-of-a-test";
export const keyOfFunction = (name: string): string => `key-of-${name}`;

const asObject = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
};

/** The app's log line in a line of the host; null if there is none. */
const logLineOf = (line: string): LogLine | null => {
  if (!line.startsWith("{")) return null;
  const { level, message } = asObject(line) ?? {};
  const logged = typeof message === "string" ? asObject(message) : null;
  const event = logged?.["event"];
  return typeof event === "string" ? { ...logged, event, level: String(level) } : null;
};

/** The body, for comparisons. */
export const bodyOf = (answer: Answer): unknown => asObject(answer.text);

export const statusOf = (answer: Answer): StatusBody => JSON.parse(answer.text);

export interface HostOptions {
  readonly app: string;
  readonly env: Readonly<Record<string, string>>;
}

const pairsOf = (headers: NonNullable<Call["headers"]>): [string, string][] =>
  (Array.isArray(headers) ? headers : Object.entries(headers)).map(([name, value]) => [name, value]);

export const startHost = async ({ app, env }: HostOptions): Promise<Host> => {
  const lines: string[] = [];
  const logLines: LogLine[] = [];
  const answers: Answer[] = [];
  const process: AppProcess = await startApp({
    app,
    port: 0,
    env: {
      ...env,
      LOCAL_FUNCTION_KEYS: JSON.stringify({
        master: masterKey,
        functions: Object.fromEntries(functionNames.map((name) => [name, keyOfFunction(name)])),
      }),
    },
    onEvent: () => undefined,
    onError: () => undefined,
    onLine: (line) => {
      lines.push(line);
      const logLine = logLineOf(line);
      if (logLine !== null) logLines.push(logLine);
    },
  });
  const base = `http://127.0.0.1:${process.port}`;
  const logged = (event: string): readonly LogLine[] => logLines.filter((line) => line.event === event);

  const call = async ({ method, path, keyOf, body, headers = {} }: Call): Promise<Answer> => {
    const response = await fetch(`${base}/api${path}`, {
      method,
      headers: [
        ...Object.entries(keyOf === null ? {} : { "x-functions-key": keyOfFunction(keyOf) }),
        ...pairsOf(headers),
      ],
      ...(body === undefined ? {} : { body, duplex: "half" }),
      signal: AbortSignal.timeout(120_000),
    });
    const { status } = response;
    const answer = { method, path, status, headers: Object.fromEntries(response.headers), text: await response.text() };
    answers.push(answer);
    if (method !== "HEAD") checkDescribed(answer);
    return answer;
  };
  const post = (keyOf: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    call({
      method: "POST",
      path,
      keyOf,
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    });
  const get = (account: string): Promise<Answer> =>
    call({ method: "GET", path: `/accounts/${account}`, keyOf: "accountStatus" });
  const fireTimer = async (): Promise<void> => {
    const response = await fetch(`${base}/admin/functions/rotateOnSchedule`, {
      method: "POST",
      headers: { "x-functions-key": masterKey, "content-type": "application/json" },
      body: "{}",
    });
    if (response.status !== 202) throw new Error(`the timer could not be fired: ${response.status}`);
  };
  return {
    functions: process.functions,
    address: base,
    lines,
    answers,
    call,
    get,
    list: () => call({ method: "GET", path: "/accounts", keyOf: "listAccounts" }),
    rotate: (account, body, headers) => post("rotateOnDemand", `/accounts/${account}/rotations`, body, headers),
    signal: (account, body) => post("receiveSignal", `/accounts/${account}/signals`, body),
    operate: (account, action, body) => post("operateAccount", `/accounts/${account}/${action}`, body),
    status: async (account) => {
      const answer = await get(account);
      if (answer.status !== 200) throw new Error(`GET accounts/${account}: ${answer.status} ${answer.text}`);
      return statusOf(answer);
    },
    tick: async () => {
      const before = logged("Tick").length;
      await fireTimer();
      await until("the end of a tick", () => logged("Tick").length > before);
    },
    fireTimer,
    logged,
    kill: async () => {
      signalProcess(process.child.pid, "SIGKILL");
      await process.child.ended;
    },
    stop: async () => {
      await process.child.stop();
    },
  };
};
