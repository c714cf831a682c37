/**
 * An app that uses Batch with a shared key and takes part in its rotation, by the client in `clients/node`.
 *
 * For each Batch account it has one key, which follows the newest version and reports by itself. The app only calls
 * Batch with it, continuously, and prints what became of its calls. Here a minute of the client takes a fraction of a
 * second.
 */
import { setTimeout as wait } from "node:timers/promises";
import { rotatingBatchKey } from "../../../clients/node/src/index";
import { managedIdentity } from "../../../clients/node/src/managed-identity";
import type { LogLine, RotatingBatchKey } from "../../../clients/node/src/types";

interface Account {
  /** The account's name in the rotator. */
  readonly account: string;
  readonly batchAccountName: string;
  readonly dataPlaneHost: string;
  readonly vaultUrl: string;
  readonly secretName: string;
}

const setting = (name: string, fallback?: string): string => {
  const value = process.env[name] ?? fallback;
  if (value === undefined) throw new Error(`setting ${name} is missing`);
  return value;
};

const accounts: readonly Account[] = JSON.parse(setting("CONSUMER_ACCOUNTS"));
const consumer = setting("CONSUMER_NAME");
const instance = setting("CONSUMER_INSTANCE", "default");
const callsPerSecond = Number(setting("CONSUMER_CALLS_PER_SECOND", "40"));
/** The client reads the vault every 300 seconds. */
const secondMs = Number(setting("CONSUMER_REFRESH_MS", "1500")) / 300;

const stop = new AbortController();
const counts = { answered: 0, refused: 0, failed: 0, signalsAccepted: 0, signalsRefused: 0, vaultFailures: 0 };
let lastProblem: string | null = null;

/** Where this app calls Batch, other than the client does of its own accord. */
const callUrl = (dataPlaneHost: string): string =>
  `https://${dataPlaneHost}/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1`;
const callUrls = new Set(accounts.map(({ dataPlaneHost }) => callUrl(dataPlaneHost)));

const isRefused = ({ status }: Response): boolean => status === 401 || status === 403;

let requests = 0;
/**
 * Identifies this app's requests in the logs of Azure. A call that Batch refuses counts as refused, also where the
 * client answers it with another key: a rotation must not need that.
 */
const fetchWithId = async (url: string, init: RequestInit): Promise<Response> => {
  requests += 1;
  const id = `${consumer}/${instance}/${requests}`;
  const headers = new Headers(init.headers);
  headers.set("x-ms-client-request-id", id);
  headers.set("client-request-id", id);
  const response = await fetch(url, { ...init, headers });
  if (callUrls.has(url) && isRefused(response)) noteRefusal(headers.get("authorization") ?? "");
  return response;
};

/** The refused calls of each account, by its name in Batch: how many, and the instants of the first and the last. */
const refusals: Record<string, { readonly count: number; readonly firstAt: number; readonly lastAt: number }> = {};

const noteRefusal = (authorization: string): void => {
  const name = /^SharedKey ([^:]+):/.exec(authorization)?.[1] ?? "";
  const [known, now] = [refusals[name], Date.now()];
  counts.refused += 1;
  refusals[name] = { count: (known?.count ?? 0) + 1, firstAt: known?.firstAt ?? now, lastAt: now };
};

const logger = ({ event, account, detail }: LogLine): void => {
  if (event === "reported") counts.signalsAccepted += 1;
  if (event === "reportFailed") counts.signalsRefused += 1;
  if (event === "vaultFailed") counts.vaultFailures += 1;
  if (event !== "reported" && event !== "switched") lastProblem = `${account}: ${detail}`;
};

const internals = { fetch: fetchWithId, secondMs };
const credential = managedIdentity();

const keyOf = ({ account, batchAccountName, dataPlaneHost, vaultUrl, secretName }: Account): RotatingBatchKey =>
  rotatingBatchKey({
    account: batchAccountName,
    secretUrl: `${vaultUrl}/secrets/${secretName}`,
    endpoint: `https://${dataPlaneHost}`,
    credential,
    report: { url: setting("CONSUMER_ROTATOR_URL"), key: setting("CONSUMER_SIGNAL_KEY"), account, consumer, instance },
    logger,
    internals,
  });

const versions: Record<string, string | null> = {};

const callForever = async (account: Account): Promise<void> => {
  const key = keyOf(account);
  const url = callUrl(account.dataPlaneHost);
  versions[account.account] = null;
  const call = async (): Promise<void> => {
    const response = await key.fetch(url, { signal: AbortSignal.timeout(10_000) });
    await response.arrayBuffer();
    if (response.status === 200) counts.answered += 1;
    else if (!isRefused(response)) counts.failed += 1;
  };
  key.onChange(({ version }) => {
    versions[account.account] = version;
  });
  for (let hasKey = false; !stop.signal.aborted; ) {
    const began = Date.now();
    try {
      await call();
      hasKey = true;
    } catch (problem) {
      // Before the first version is published, there is no key.
      if (hasKey) {
        counts.failed += 1;
        lastProblem = `call to ${account.batchAccountName}: ${String(problem)}`;
      }
    }
    const pauseMs = Math.max(0, (1000 * accounts.length) / callsPerSecond - (Date.now() - began));
    await wait(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  await key.close();
};

const report = (): void =>
  console.log(
    JSON.stringify({ consumer, instance, language: "TypeScript", ...counts, refusals, versions, lastProblem }),
  );

const main = async (): Promise<void> => {
  process.on("SIGTERM", () => stop.abort());
  process.on("SIGINT", () => stop.abort());
  const reporting = setInterval(report, 1000);
  await Promise.all(accounts.map(callForever));
  clearInterval(reporting);
  report();
  process.exit(0);
};

void main();
