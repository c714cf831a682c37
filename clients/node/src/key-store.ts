import { type Calls, trackCalls } from "./calls";
import { wordsOf } from "./internals";
import type { Claim, SendReport } from "./reporter";
import type { SecretReader } from "./secret-reader";
import { type Proven, prove } from "./shared-key";
import type { HeldKey, Internals, LogLine } from "./types";

export interface StoreOptions {
  readonly account: string;
  /** Null: that of the first call. */
  readonly endpoint: string | null;
  readonly fallbackKey: string | null;
  /** Null: nothing is reported. */
  readonly sendReport: SendReport | null;
  readonly log: (event: LogLine["event"], version: string | null, detail: string) => void;
}

export interface KeyStore {
  readonly listeners: Set<(held: HeldKey) => void>;
  readonly calls: Calls;
  /** The key of this moment. Waits only where none was ever read. */
  held(): Promise<HeldKey>;
  /** Where the calls go; known from the first one on. */
  learn(url: string): void;
  /** The end of a call with this key, which Batch has accepted or not. */
  ended(key: string, accepted: boolean): void;
  /** Batch has refused this key: finds one that it accepts. False where Batch refuses every key. */
  refused(key: string): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * The key of one Batch account in this process: which version is in use, which one follows, and what is reported.
 * All clients for the same account, secret and instance share it, because the rotator hears one word of an instance.
 */
export const openKeyStore = (internals: Internals, secret: SecretReader, options: StoreOptions): KeyStore => {
  const { account, fallbackKey, sendReport, log } = options;
  const { now, random, secondMs: second } = internals;
  const minute = 60 * second;
  const listeners = new Set<(held: HeldKey) => void>();
  const calls = trackCalls(internals);
  let { endpoint } = options;
  let inUse: HeldKey | null = fallbackKey === null ? null : { version: null, key: fallbackKey };
  let before: HeldKey | null = null;
  let healthy = true;
  /** When Batch last accepted a call with the key in use; null before that. */
  let acceptedAt: number | null = null;
  let loading: Promise<HeldKey> | null = null;
  let recovery: { readonly at: number; readonly done: Promise<boolean> } | null = null;
  let recovering = false;
  let movesLater = false;
  /** The version or the health has changed since the last report. */
  let owesReport = true;
  let hasReported = false;
  let reporting = false;
  /** No report of a change before then. */
  let quietUntil = 0;
  let closed = false;
  const timers = new Set<() => void>();

  const after = (ms: number, work: () => unknown): void => {
    if (closed) return;
    const cancel = internals.after(ms, () => {
      timers.delete(cancel);
      work();
    });
    timers.add(cancel);
  };

  const every = (ms: number, jitterMs: number, work: () => unknown): void =>
    after(ms + random() * jitterMs, () => {
      work();
      every(ms, jitterMs, work);
    });

  const proves = async (key: string): Promise<Proven> =>
    endpoint === null ? "unknown" : prove(internals, endpoint, account, key);

  // What is in use.

  const use = ({ version, key }: HeldKey): void => {
    before = inUse;
    inUse = { version, key };
    healthy = true;
    acceptedAt = null;
    owesReport = true;
    if (before === null) return;
    calls.replaced(before.key);
    log("switched", version, `from version ${before.version ?? "unknown"}`);
    for (const listener of listeners) quietly(() => listener({ version, key }));
  };

  const accepted = (): void => {
    if (!healthy || acceptedAt === null) owesReport = true;
    healthy = true;
    acceptedAt = now();
    reportSoon();
  };

  // What the vault has.

  /** Reads the newest version, and moves to it when Batch accepts it. Whether it has moved. */
  const refresh = async (urgent: boolean): Promise<boolean> => {
    try {
      const newest = await secret(urgent);
      if (newest === null || closed) return false;
      if (inUse === null) use(newest);
      if (inUse?.key !== newest.key) return await moveTo(newest);
      // The same key under another version: after a roll-back, or where the version was not known.
      if (inUse.version !== newest.version) owesReport = true;
      inUse = newest;
    } catch (problem) {
      log("vaultFailed", inUse && inUse.version, `the vault cannot be read: ${wordsOf(problem)}`);
    }
    return false;
  };

  const moveTo = async (newest: HeldKey): Promise<boolean> => {
    const proven = await proves(newest.key);
    if (closed || inUse?.key === newest.key) return !closed;
    if (endpoint !== null && proven !== "accepted") {
      log("unproven", newest.version, `Batch ${proven === "refused" ? "refuses" : "cannot be asked about"} it yet`);
      moveLater();
      return false;
    }
    use(newest);
    if (endpoint !== null) accepted();
    return true;
  };

  /** Tries again what the vault has answered last, which costs no call of the vault. */
  const moveLater = (): void => {
    if (movesLater) return;
    movesLater = true;
    after((5 + 5 * random()) * second, () => {
      movesLater = false;
      void refresh(false);
    });
  };

  const load = async (): Promise<HeldKey> => {
    await refresh(true);
    if (inUse === null) throw new Error(`no key of ${account}: the vault has none, or cannot be read`);
    return inUse;
  };

  const recover = async ({ key }: HeldKey): Promise<boolean> => {
    const [moved, proven] = await Promise.all([refresh(true), proves(key)]);
    if (moved || inUse?.key !== key) return true;
    if (proven === "accepted") accepted();
    // Without an answer it is not known that the key is dead: the call is worth another try.
    if (proven !== "refused") return true;
    if (before !== null && (await proves(before.key)) === "accepted") {
      use(before);
      accepted();
      return true;
    }
    if (healthy) {
      log("refused", inUse.version, "Batch refuses the key, and there is no other one");
      healthy = false;
      owesReport = true;
      reportSoon();
    }
    return false;
  };

  const refused = async (key: string): Promise<boolean> => {
    if (inUse === null || key !== inUse.key) return inUse !== null;
    if (recovery !== null && (recovering || now() - recovery.at < second / 2)) return recovery.done;
    recovering = true;
    const done = recover(inUse).finally(() => {
      recovering = false;
    });
    recovery = { at: now(), done };
    return done;
  };

  // What is reported.

  /** A report rests on a call of the last minute: where the app has made none that was seen, this makes one. */
  const proveAgain = async ({ key }: HeldKey): Promise<void> => {
    if (acceptedAt !== null && now() >= acceptedAt && now() - acceptedAt < minute) return;
    const proven = await proves(key);
    if (key !== inUse?.key) return;
    if (proven === "accepted") {
      healthy = true;
      acceptedAt = now();
    }
    if (proven === "refused") await refused(key);
  };

  /** Null before Batch has accepted or refused a call with a known version. */
  const claim = (): Claim | null =>
    inUse === null || inUse.version === null || (acceptedAt === null && healthy)
      ? null
      : { version: inUse.version, key: inUse.key, healthy };

  const reportAgain = (ms: number): void => {
    owesReport = true;
    quietUntil = now() + ms;
    after(ms, reportSoon);
  };

  const reportOnce = async (sends: SendReport, held: HeldKey): Promise<void> => {
    await proveAgain(held);
    const claimed = claim();
    if (claimed === null || closed) return;
    if (calls.withOther(claimed.key)) return reportAgain(second);
    owesReport = false;
    hasReported = true;
    if (!(await sends(claimed, false))) reportAgain(15 * second);
    else if (owesReport) reportAgain(0);
  };

  const report = async (): Promise<void> => {
    if (sendReport === null || inUse === null || reporting || closed) return;
    reporting = true;
    await reportOnce(sendReport, inUse);
    reporting = false;
  };

  const reportSoon = (): void => {
    if (owesReport && now() >= quietUntil) void report();
  };

  const begin = async (): Promise<void> => {
    await refresh(false);
    if (inUse === null) after(10 * second, begin);
    await report();
  };

  void begin();
  every(5 * minute, 30 * second, () => refresh(false));
  every(minute, 0, report);

  return {
    listeners,
    calls,
    held: async () => {
      if (inUse !== null) return inUse;
      loading ??= load().finally(() => {
        loading = null;
      });
      return loading;
    },
    learn: (url) => {
      if (endpoint !== null) return;
      endpoint = new URL(url).origin;
      void report();
    },
    ended: (key, wasAccepted) => {
      if (wasAccepted && key === inUse?.key) accepted();
      else reportSoon();
    },
    refused,
    close: async () => {
      closed = true;
      for (const cancel of timers) cancel();
      if (hasReported && inUse !== null && inUse.version !== null)
        await sendReport?.({ version: inUse.version, key: inUse.key, healthy }, true);
    },
  };
};

/** What an app's own function throws must not disturb the others. */
export const quietly = (run: () => unknown): void => {
  try {
    run();
  } catch {
    // It is the app's.
  }
};
