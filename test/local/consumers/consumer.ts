/**
 * An app that uses Batch with a shared key and takes part in its rotation. It needs only Node: copy what you need.
 *
 * For each Batch account it does three things at the same time:
 * 1. It calls Batch continuously, signed with its key.
 * 2. It reads the newest version of the secret every second or two, and keeps its key while the vault fails.
 * 3. It reports its version, and whether it works, to the rotator every second and at once after a change.
 *
 * Important: it reports a version only after a call with it has ended. Then no call with the old key is under way.
 */
import { createHmac } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";

interface Account {
  /** The account's name in the rotator. */
  readonly account: string;
  readonly batchAccountName: string;
  readonly dataPlaneHost: string;
  readonly vaultUrl: string;
  readonly secretName: string;
}

/** One version of the secret. */
interface Held {
  readonly version: string;
  readonly key: string;
}

interface AccountState {
  readonly account: Account;
  held: Held | null;
  /** The latest completed call. */
  lastCall: { readonly held: Held; readonly worked: boolean } | null;
  /** Emits a version each time a call with it has ended. */
  readonly calls: EventEmitter;
}

const setting = (name: string, fallback?: string): string => {
  const value = process.env[name] ?? fallback;
  if (value === undefined) {
    throw new Error(`setting ${name} is missing`);
  }
  return value;
};

const accounts: readonly Account[] = JSON.parse(setting("CONSUMER_ACCOUNTS"));
const rotatorUrl = setting("CONSUMER_ROTATOR_URL");
const signalKey = setting("CONSUMER_SIGNAL_KEY");
const consumer = setting("CONSUMER_NAME");
const instance = setting("CONSUMER_INSTANCE", "default");
const refreshMs = Number(setting("CONSUMER_REFRESH_MS", "1500"));
const callsPerSecond = Number(setting("CONSUMER_CALLS_PER_SECOND", "40"));
const identityEndpoint = setting("IDENTITY_ENDPOINT");
const identityHeader = setting("IDENTITY_HEADER");

const stop = new AbortController();
const running = (): boolean => !stop.signal.aborted;
const counts = { answered: 0, refused: 0, failed: 0, signalsAccepted: 0, signalsRefused: 0, vaultFailures: 0 };
let lastProblem: string | null = null;

/** Aborts a request that takes too long, or when the app stops. */
const within = (ms: number): AbortSignal => AbortSignal.any([AbortSignal.timeout(ms), stop.signal]);

/** A delay that ends early when the app stops. */
const pause = async (ms: number): Promise<void> => {
  await wait(Math.max(0, ms), undefined, { signal: stop.signal }).catch(() => undefined);
};

let requests = 0;
/** Identifies this app's requests in the logs of Azure. */
const requestId = (): Record<string, string> => {
  requests += 1;
  const id = `${consumer}/${instance}/${requests}`;
  return { "x-ms-client-request-id": id, "client-request-id": id };
};

interface Token {
  readonly value: string;
  readonly expiresAtMs: number;
}

const requestToken = async (): Promise<Token> => {
  const url = `${identityEndpoint}?api-version=2019-08-01&resource=${encodeURIComponent("https://vault.azure.net")}`;
  const response = await fetch(url, { headers: { "x-identity-header": identityHeader, ...requestId() } });
  const body: { access_token: string; expires_on: string | number } = JSON.parse(await response.text());
  return { value: body.access_token, expiresAtMs: Number(body.expires_on) * 1000 };
};

let token: Promise<Token> | null = null;

/** A managed identity token for Key Vault, shared by all accounts and cached until shortly before it expires. */
const vaultToken = async (): Promise<string> => {
  token ??= requestToken();
  const { value, expiresAtMs } = await token.catch((problem: unknown) => {
    token = null;
    throw problem;
  });
  if (expiresAtMs - Date.now() < 300_000) token = null;
  return value;
};

/** The newest version of the secret; null if there is none. */
const readSecret = async ({ vaultUrl, secretName }: Account): Promise<Held | null> => {
  const response = await fetch(`${vaultUrl}/secrets/${secretName}?api-version=7.4`, {
    headers: { authorization: `Bearer ${await vaultToken()}`, ...requestId() },
    signal: within(10_000),
  });
  const body: { id: string; value: string } = JSON.parse(await response.text());
  if (response.status === 401) token = null;
  if (response.status !== 200 && response.status !== 404) {
    throw new Error(`the vault answered ${response.status}`);
  }
  return response.status === 404 ? null : { version: body.id.split("/").at(-1) ?? "", key: body.value };
};

const hmac = (key: string, text: string): string =>
  createHmac("sha256", Buffer.from(key, "base64")).update(text, "utf8").digest("base64");

/**
 * One shared key call:
 * https://learn.microsoft.com/rest/api/batchservice/authenticate-requests-to-the-azure-batch-service
 */
const listPools = async ({ batchAccountName, dataPlaneHost }: Account, { key }: Held): Promise<number> => {
  const url = new URL(`https://${dataPlaneHost}/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1`);
  const date = new Date().toUTCString();
  const query = [...url.searchParams].map(([name, value]) => `\n${name}:${value}`).join("");
  const toSign = `GET\n\n\n\n\n\n\n\n\n\n\n\nocp-date:${date}\n/${batchAccountName}${url.pathname}${query}`;
  const response = await fetch(url, {
    headers: { "ocp-date": date, authorization: `SharedKey ${batchAccountName}:${hmac(key, toSign)}`, ...requestId() },
    signal: AbortSignal.timeout(10_000),
  });
  await response.arrayBuffer();
  return response.status;
};

/** Reports the result of the latest call to the rotator. */
const signal = async ({ account: { account }, lastCall }: AccountState): Promise<void> => {
  if (lastCall === null) return;
  const { held, worked: healthy } = lastCall;
  const at = new Date().toISOString();
  const lines = ["batch-key-proof-v1", account, consumer, instance, held.version, String(healthy), at];
  const proof = hmac(held.key, lines.join("\n"));
  try {
    const response = await fetch(`${rotatorUrl}/accounts/${account}/signals`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-functions-key": signalKey },
      body: JSON.stringify({ consumer, instance, secretVersion: held.version, healthy, at, proof }),
      signal: within(30_000),
    });
    const text = await response.text();
    if (response.status === 202) {
      counts.signalsAccepted += 1;
    } else {
      counts.signalsRefused += 1;
      lastProblem = `signal for ${account}: ${response.status} ${text.slice(0, 300)}`;
    }
  } catch (problem) {
    // The rotator may be down: the app continues and signals again in a second.
    if (running()) {
      counts.signalsRefused += 1;
      lastProblem = `signal for ${account}: ${String(problem)}`;
    }
  }
};

const callForever = async (state: AccountState): Promise<void> => {
  while (running()) {
    const began = Date.now();
    const { held, account } = state;
    if (held !== null) {
      const status = await listPools(account, held).catch((problem: unknown) => {
        lastProblem = `call to ${account.batchAccountName}: ${String(problem)}`;
        return null;
      });
      const refused = status === 401 || status === 403;
      counts[status === 200 ? "answered" : refused ? "refused" : "failed"] += 1;
      state.lastCall = { held, worked: status === 200 };
      state.calls.emit(held.version);
    }
    await pause((1000 * accounts.length) / callsPerSecond - (Date.now() - began));
  }
};

const refreshForever = async (state: AccountState): Promise<void> => {
  while (running()) {
    const newest = await readSecret(state.account).catch((problem: unknown) => {
      if (running()) {
        counts.vaultFailures += 1;
        lastProblem = `secret of ${state.account.account}: ${String(problem)}`;
      }
      return null;
    });
    if (newest !== null && newest.version !== state.held?.version) {
      state.held = newest;
      // Calls are sequential: when the first with the new key has ended, none with the old one is under way.
      await once(state.calls, newest.version, { signal: stop.signal }).catch(() => undefined);
      await signal(state);
    }
    // Random delays, so that many instances do not read at the same time.
    await pause(refreshMs * (0.8 + Math.random() * 0.4));
  }
};

const signalForever = async (state: AccountState): Promise<void> => {
  while (running()) {
    await signal(state);
    await pause(1000);
  }
};

const states = accounts.map(
  (account): AccountState => ({ account, held: null, lastCall: null, calls: new EventEmitter() }),
);

const report = (): void => {
  const versions = Object.fromEntries(states.map(({ account, held }) => [account.account, held?.version ?? null]));
  console.log(JSON.stringify({ consumer, instance, language: "TypeScript", ...counts, versions, lastProblem }));
};

const main = async (): Promise<void> => {
  process.on("SIGTERM", () => stop.abort());
  process.on("SIGINT", () => stop.abort());
  const reporting = setInterval(report, 1000);
  await Promise.all(states.flatMap((state) => [callForever(state), refreshForever(state), signalForever(state)]));
  clearInterval(reporting);
  report();
  process.exit(0);
};

void main();
