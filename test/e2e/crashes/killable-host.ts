import { startApp } from "../../local/app-process";
import type { Child } from "../../local/child-process";
import { functionNames } from "../app/host";

/** The app in a separate host process, which may be killed at any moment. */
export interface KillableHost {
  /** POSTs JSON; null without an answer. */
  post(
    functionName: string,
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply | null>;
  /** GETs JSON; null without an answer. */
  get(functionName: string, path: string): Promise<Reply | null>;
  /** Sends SIGKILL: nothing is completed, flushed or released. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

const keys = Object.fromEntries(functionNames.map((name) => [name, `key-of-${name}`]));

export const startKillableHost = async (options: {
  readonly app: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}): Promise<KillableHost> => {
  const { child, port }: { child: Child; port: number } = await startApp({
    app: options.app,
    port: 0,
    env: { ...options.env, LOCAL_FUNCTION_KEYS: JSON.stringify({ functions: keys }) },
    onEvent: () => undefined,
    onError: () => undefined,
    onLine: options.onLine,
  });
  const ask = async (
    functionName: string,
    path: string,
    init: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
  ): Promise<Reply | null> => {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/api${path}`, {
        ...init,
        headers: { ...init.headers, "x-functions-key": keys[functionName] ?? "" },
        signal: AbortSignal.timeout(20_000),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return null;
    }
  };
  return {
    post: (functionName, path, body, headers = {}) =>
      ask(functionName, path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    get: (functionName, path) => ask(functionName, path, { method: "GET", headers: {} }),
    kill: async () => {
      process.kill(child.pid, "SIGKILL");
      await child.ended;
    },
    stop: async () => {
      await child.stop();
    },
  };
};
