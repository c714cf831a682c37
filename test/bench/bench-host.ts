import { readFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { until } from "../e2e/local-host/until";
import { startApp } from "../local/app-process";

/** The built app in a Functions host in a process of its own, whose timer the bench fires. */
export interface BenchHost {
  readonly port: number;
  /** Runs the timer's function once. Returns the app's line about it. */
  tick(withinMs?: number): Promise<Tick>;
  /** Gives a message of the queue to the function that drives accounts, and waits until it has. */
  work(message: string, withinMs?: number): Promise<void>;
  /** How many drives of such messages have moved an account. */
  moved(): number;
  /** Calls an HTTP function. */
  post(functionName: string, path: string, body: unknown): Promise<number>;
  /** Starts a function that is no HTTP function, with this input. */
  fire(functionName: string, input: string): Promise<void>;
  /** The processor time of the process since its start, in seconds. */
  cpuSeconds(): number;
  /** The highest resident memory of the process since its start, in MiB. */
  peakMiB(): number;
  /** Its resident memory now, in MiB. */
  residentMiB(): number;
  stop(): Promise<void>;
}

export interface Tick {
  readonly accounts: number;
  readonly moved: number;
  readonly failed: number;
  readonly ms: number;
}

const key = "key-of-a-bench";

/** What the app says about a run of this kind; null for another line. */
const runIn = (line: string, event: string): Tick | null => {
  if (!line.includes(`\\"event\\":\\"${event}\\"`)) return null;
  const { message }: { readonly message: string } = JSON.parse(line);
  const run: Tick = JSON.parse(message);
  return run;
};

const names = ["rotateOnSchedule", "rotateOnDemand", "receiveSignal", "accountStatus", "rotateSubscription"];

/** The host as one file, which compiles nothing while it runs: memory is measured of what is deployed. */
export const buildHost = async (outfile: string): Promise<void> => {
  const contents = 'import "./end-with-parent"; import "./host-main";';
  const resolveDir = path.resolve(__dirname, "../local");
  await build({ stdin: { contents, resolveDir }, outfile, bundle: true, platform: "node", format: "cjs" });
};

/** `built`: from `buildHost`. */
export const startBenchHost = async (
  folder: string,
  env: Readonly<Record<string, string>>,
  built?: string,
): Promise<BenchHost> => {
  const ticks: Tick[] = [];
  const works: Tick[] = [];
  let messages = 0;
  const { child, port } = await startApp({
    app: folder,
    port: 0,
    ...(built === undefined ? {} : { host: built }),
    env: {
      ...env,
      LOCAL_FUNCTION_KEYS: JSON.stringify({
        master: key,
        functions: Object.fromEntries(names.map((name) => [name, key])),
      }),
    },
    onEvent: () => undefined,
    onError: () => undefined,
    onLine: (line) => {
      const [tick, work] = [runIn(line, "Tick"), runIn(line, "WorkDone")];
      if (tick !== null) ticks.push(tick);
      if (work !== null) works.push(work);
    },
  });
  const send = async (url: string, body: string): Promise<number> => {
    const headers = { "x-functions-key": key, "content-type": "application/json" };
    const answer = await fetch(`http://127.0.0.1:${port}${url}`, { method: "POST", headers, body });
    await answer.text();
    return answer.status;
  };
  const fire = async (functionName: string, input: string): Promise<void> => {
    const status = await send(`/admin/functions/${functionName}`, JSON.stringify({ input }));
    if (status !== 202) throw new Error(`${functionName} could not be started: ${status}`);
  };
  return {
    port,
    fire,
    post: (_functionName, route, body) => send(`/api${route}`, JSON.stringify(body)),
    tick: async (withinMs = 600_000) => {
      const before = ticks.length;
      await fire("rotateOnSchedule", "");
      return until("the end of a tick", () => ticks[before] ?? null, withinMs);
    },
    work: async (message, withinMs = 600_000) => {
      const done = (messages += 1);
      await fire("rotateSubscription", message);
      await until("the end of the work", () => (works.length >= done ? true : null), withinMs);
    },
    moved: () => works.reduce((sum, { moved }) => sum + moved, 0),
    // User and system time in hundredths of a second, behind the name in brackets.
    cpuSeconds: () => {
      const [, fields = ""] = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ");
      const [user, system] = fields.split(" ").slice(11, 13);
      return (Number(user) + Number(system)) / 100;
    },
    // As Linux counts it, in kibibytes.
    peakMiB: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024,
    residentMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024,
    stop: async () => {
      await child.stop();
    },
  };
};
