import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { listenOnSteadyPort } from "./steady-port";

/** The development account and key that Microsoft documents for Azurite. They give access to nothing else. */
const account = "devstoreaccount1";
const accountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const startTimeoutMs = 60_000;
/** For what hangs: a busy machine needs many times what an idle one does. */
const writeTimeoutMs = 60_000;
const attempts = 3;

export interface AzuriteOptions {
  /** Default: tables. */
  readonly service?: "table" | "queue";
  /** The folder of the tables; without it they are in memory, and lost after a restart. */
  readonly folder?: string;
  /** Files of a certificate and its key: https, and tokens of any issuer of Azure for the audience of storage. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface Azurite {
  readonly port: number;
  /** For `AzureWebJobsStorage`, with the table endpoint, because the short form always means port 10002. */
  readonly connectionString: string;
  stop(): Promise<void>;
  /** Stops it if it runs, and starts it on the same port. */
  restart(): Promise<void>;
}

/** Goes behind a connection string of tables: the queues that this Azurite serves. */
export const queueEndpointFor = (port: number): string => `QueueEndpoint=http://127.0.0.1:${port}/${account};`;

export const connectionStringFor = (port: number): string =>
  `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};` +
  `TableEndpoint=http://127.0.0.1:${port}/${account};`;

/** Starts one of Azurite's services as a child process on a free port, and waits until it answers. */
export const startAzurite = async (options: AzuriteOptions = {}): Promise<Azurite> => {
  let [port, child] = await startOnFreePort(options);
  return {
    port,
    connectionString: connectionStringFor(port),
    stop: () => end(child, options),
    restart: async () => {
      await end(child, options);
      child = await start(port, options);
    },
  };
};

/** Azurite cannot report its port, so a free one is chosen; another test may take it meanwhile. */
const startOnFreePort = async (options: AzuriteOptions, attempt = 1): Promise<[number, ChildProcess]> => {
  const port = await freePort();
  try {
    return [port, await start(port, options)];
  } catch (error) {
    if (attempt === attempts) throw error;
    return startOnFreePort(options, attempt + 1);
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  const port = await listenOnSteadyPort(server);
  server.close();
  await once(server, "close");
  return port;
};

/** Ends when its parent has died for any reason: nothing else would end it, as it has a separate process group. */
const underParent = (
  service: string,
): string => `process.stdin.on("end", () => process.kill(process.pid, "SIGINT")).resume();
require(${JSON.stringify(require.resolve(`azurite/dist/src/${service}/main.js`))});`;

const start = async (port: number, options: AzuriteOptions): Promise<ChildProcess> => {
  const { folder, tls, service = "table" } = options;
  const child = spawn(
    process.execPath,
    [
      "-e",
      underParent(service),
      `azurite-${service}`,
      "--silent",
      "--disableTelemetry",
      "--skipApiVersionCheck",
      `--${service}Host=127.0.0.1`,
      `--${service}Port=${port}`,
      ...(folder === undefined ? ["--inMemoryPersistence"] : ["--location", folder]),
      ...(tls === undefined ? [] : ["--oauth=basic", "--cert", tls.cert, "--key", tls.key]),
    ],
    // A separate process group: Ctrl-C goes to the parent, which ends this last.
    { stdio: ["pipe", "pipe", "pipe"], detached: true },
  );
  const killWithParent = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithParent);
  child.once("exit", () => process.off("exit", killWithParent));
  try {
    await ready(child);
    return child;
  } catch (error) {
    await end(child, options);
    throw error;
  }
};

const ready = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = "";
    const fail = (why: string): void => reject(new Error(`Azurite ${why}: ${output}`));
    const timer = setTimeout(fail, startTimeoutMs, "did not start in time");
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
    const read = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
      // The tables say "started", the queues "listens".
      if (!/successfully (?:started|listens)/.test(output)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
  });

/**
 * Azurite writes its tables to the folder every few seconds and on SIGINT, and says when it has; the open pipe keeps it
 * alive after that. Without a folder there is nothing to write.
 */
const end = async (child: ChildProcess, { folder }: AzuriteOptions): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (folder !== undefined) await written(child);
  child.kill("SIGKILL");
  await exited;
};

const written = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, writeTimeoutMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    let output = "";
    child.once("exit", done);
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      if (output.includes("successfully closed")) done();
    });
    child.kill("SIGINT");
  });
