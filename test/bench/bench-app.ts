import type { App } from "../../lib/app";
import { readSettings } from "../../lib/config/settings";
import type { Clock, History, Ports } from "../../lib/ports";
import { Ticker } from "../../lib/operations/tick";
import { anApp } from "../builders/app";
import { InMemoryBatch } from "../fakes/in-memory-batch";
import { InMemoryNotices } from "../fakes/in-memory-notices";
import { InMemoryRotations } from "../fakes/in-memory-rotations";
import { InMemorySignals } from "../fakes/in-memory-signals";
import { InMemoryVault } from "../fakes/in-memory-vault";

export interface BenchClock extends Clock {
  advance(ms: number): void;
}

const benchClock = (): BenchClock => {
  let ms = Date.parse("2026-01-01T00:00:00Z");
  const never = new AbortController().signal;
  return {
    now: () => new Date(ms),
    advance: (by) => {
      ms += by;
    },
    abortAfter: () => never,
    sleep: async () => undefined,
  };
};

/** Stores nothing, so that only the rotator's memory is measured. */
const forgetfulHistory: History = {
  append: async () => undefined,
  page: async () => ({ events: [], unreadable: [], next: null }),
  lastBefore: async () => 0,
  removeThrough: async () => undefined,
};

/** This number of adopted, idle accounts, with a full reconcile every six hours. */
export const aBenchApp = async (count: number): Promise<{ readonly app: App; readonly clock: BenchClock }> => {
  const clock = benchClock();
  const batch = new InMemoryBatch();
  const secrets = new InMemoryVault(() => clock.now());
  const accounts = Array.from({ length: count }, (_, index) => {
    const name = `bench${index}`;
    const { resourceId } = batch.addAccount(name);
    return {
      name,
      resourceId,
      secret: { vaultUrl: "https://bench.vault.azure.net", name: `${name}-key` },
      rotateEvery: "P730D",
      gate: { mode: "delay", delay: "PT1M", consumers: [] },
    };
  });
  const settings = readSettings(
    {
      AzureWebJobsStorage__accountName: "bench",
      ROTATION_ACCOUNTS: JSON.stringify({ accounts }),
    },
    { read: () => "" },
  );
  let made = 0;
  const ports: Ports = {
    clock,
    batch,
    secrets,
    rotations: new InMemoryRotations(),
    notices: new InMemoryNotices(),
    signals: new InMemorySignals(),
    history: forgetfulHistory,
    health: { ask: async () => ({ kind: "failed", problem: "not used here" }) },
    permissions: { principalId: async () => null, allows: async () => null },
    alerts: { wanted: null, deliver: async () => "gone" },
    log: { write: () => undefined },
    ids: { next: () => String((made += 1)).padStart(26, "0") },
  };
  const limits = {
    claimMs: 360_000,
    quarantineMs: 300_000,
    callMs: 30_000,
    dryRun: false,
    historyKeepMs: 34_560_000_000,
    tickMs: 150_000,
    requestMs: 100_000,
    claimWaitMs: 0,
  };
  const app = anApp({ ports, limits, accounts: settings.accounts });
  const ticker = new Ticker(app);
  for (let tick = 0; tick < 3; tick++) {
    await ticker.tick();
    clock.advance(300_000);
  }
  return { app, clock };
};
