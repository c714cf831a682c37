import { setTimeout as wait } from "node:timers/promises";
import { probeUrl } from "../../../lib/azure/batch/batch-probe";
import { signedHeaders } from "../../../lib/azure/batch/shared-key";
import { BatchKey } from "../../../lib/batch-key";
import { proofOf } from "../../builders/proof";
import type { PlacedAccount } from "../app/placed-account";

export interface Counts {
  answered: number;
  /** Calls refused because of the key: 401 or 403. */
  refused: number;
  /** Calls without an answer or with another error. */
  failed: number;
}

export interface ConsumerOptions {
  readonly account: PlacedAccount;
  readonly dataPlaneHost: string;
  readonly instance: string;
  /** The interval in milliseconds at which it checks for a newer version. */
  readonly refreshMs: number;
  /** False while the vault cannot be reached: the instance keeps its key. */
  readonly vaultAnswers: () => boolean;
  readonly send: (account: string, signal: unknown) => Promise<unknown>;
  readonly counts: Counts;
}

const callMs = 120;
const signalMs = 600;

interface Held {
  readonly version: string;
  readonly value: string;
}

/**
 * One instance of an app. It calls Batch continuously with its key, changes to a newer key when
 * it finds one, and reports a version only after a call with it has ended. Returns a function that stops it.
 */
export const startConsumer = (options: ConsumerOptions): (() => Promise<void>) => {
  const { account, counts } = options;
  const stop = new AbortController();
  let held: Held | null = null;
  let lastCall: { readonly held: Held; readonly worked: boolean } | null = null;

  const pause = (ms: number) => wait(ms, undefined, { signal: stop.signal }).catch(() => undefined);
  const forever = async (ms: number, act: () => Promise<void> | void): Promise<void> => {
    while (!stop.signal.aborted) {
      await act();
      await pause(ms);
    }
  };

  const refresh = (): void => {
    const newest = options.vaultAnswers() ? account.vault.newest(account.secretName) : null;
    if (newest?.enabled === true && newest.version !== held?.version) held = newest;
  };
  const call = async (): Promise<void> => {
    const used = held;
    if (used === null) return;
    const status = await listPools(options.dataPlaneHost, account.batchName, used.value);
    counts[status === 200 ? "answered" : status === 401 || status === 403 ? "refused" : "failed"] += 1;
    lastCall = { held: used, worked: status === 200 };
  };
  const signal = async (): Promise<void> => {
    if (lastCall === null) return;
    const { instance } = options;
    const { held: used, worked: healthy } = lastCall;
    const at = new Date().toISOString();
    const proof = proofOf(used.value, [account.name, "render-api", instance, used.version, String(healthy), at]);
    const body = { consumer: "render-api", instance, secretVersion: used.version, healthy, at, proof };
    await options.send(account.name, body);
  };

  const loops = Promise.all([forever(options.refreshMs, refresh), forever(callMs, call), forever(signalMs, signal)]);
  return async () => {
    stop.abort();
    await loops;
  };
};

/** Null without an answer. */
const listPools = async (host: string, accountName: string, key: string): Promise<number | null> => {
  try {
    const url = probeUrl(host);
    const headers = signedHeaders({ accountName, key: new BatchKey(key), now: new Date() }, url);
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
};
