import { runCommandLine } from "../../cli/program";
import type { Surroundings } from "../../cli/surroundings";
import type { ServedRig } from "./served-place";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandLineOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether both streams and the input are a terminal. */
  readonly terminal?: boolean;
  /** What the person types, one answer for each question. */
  readonly answers?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly fetch?: Surroundings["fetch"];
  readonly run?: Surroundings["run"];
  /** Called at each wait; after the last one the command is interrupted. */
  readonly waits?: readonly (() => Promise<unknown>)[];
}

/** A request as the app received it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly authorization: string | null;
  readonly body: unknown;
}

/** The app's functions behind `fetch`. */
export const fetchOf =
  (rig: ServedRig, received: Received[] = []): Surroundings["fetch"] =>
  async (address, init) => {
    const url = new URL(address);
    const headers = new Headers(init.headers);
    const body: unknown = init.body === undefined ? undefined : JSON.parse(init.body);
    const method = init.method === "POST" ? "POST" : "GET";
    const path = `${url.pathname.replace(/^\/api/, "")}${url.search}`;
    received.push({
      method,
      path,
      key: headers.get("x-functions-key"),
      authorization: headers.get("authorization"),
      body,
    });
    const sent = Object.fromEntries([...headers].filter(([name]) => name !== "content-type"));
    const answer = await rig.surface.call({ method, path, body, headers: sent });
    return new Response(answer.text, { status: answer.status, headers: { ...answer.headers } });
  };

const noApp: Surroundings["fetch"] = () =>
  Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }));

/** Runs the command line in this process, on a rig's app. */
export class CommandLine {
  readonly received: Received[] = [];
  readonly asked: string[] = [];
  readonly opened: string[] = [];

  constructor(private readonly rig: ServedRig | null) {}

  async run(args: readonly string[], options: CommandLineOptions = {}): Promise<Ran> {
    const { terminal = false, answers = [], waits = [] } = options;
    const [left, laps] = [[...answers], [...waits]];
    const interruption = new AbortController();
    const written = { out: "", err: "" };
    const stream = (name: "out" | "err") => ({
      isTerminal: terminal,
      columns: terminal ? 100 : null,
      write: (text: string): void => {
        written[name] += text;
      },
    });
    const code = await runCommandLine(args, {
      env: { ROTATOR_URL: "https://rotator.test", ROTATOR_KEY: "the-key-of-all-functions", ...options.env },
      fetch: options.fetch ?? (this.rig === null ? noApp : fetchOf(this.rig, this.received)),
      stdout: stream("out"),
      stderr: stream("err"),
      canAsk: terminal,
      ask: async (question) => {
        this.asked.push(question);
        return left.shift() ?? "";
      },
      now: () => this.rig?.clock.now() ?? new Date("2026-11-27T10:00:00Z"),
      wait: async () => {
        const lap = laps.shift();
        if (lap === undefined) interruption.abort();
        else await lap();
      },
      interrupted: interruption.signal,
      run: options.run ?? (() => Promise.reject(new Error("no such program"))),
      openBrowser: async (address) => void this.opened.push(address),
      readFile: (path) => {
        const text = options.files?.[path];
        if (text === undefined) throw new Error("ENOENT");
        return text;
      },
      newId: () => "an-id-of-this-request",
    });
    return { code, ...written };
  }
}
