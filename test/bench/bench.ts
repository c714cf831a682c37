import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { advance } from "../../lib/driver/advance";
import type { App } from "../../lib/app";
import { Ticker } from "../../lib/operations/tick";
import type { VirtualClock } from "../fakes/world/virtual-clock";
import { aBenchApp } from "./bench-app";

const accounts = 200;
const ticks = Number(process.env["BENCH_TICKS"] ?? 10_000);
const minutes = (count: number): number => count * 60_000;

const heapMiB = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1024 / 1024;
};

const print = (name: string, value: string): void => void process.stdout.write(`  ${name.padEnd(58)}${value}\n`);

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

/** Memory and time of a mostly idle rotator, its usual state. */
const longRun = async (app: App, clock: VirtualClock): Promise<void> => {
  const ticker = new Ticker(app);
  for (let warm = 0; warm < 200; warm++) {
    await ticker.tick();
    clock.advance(minutes(5));
  }
  const before = heapMiB();
  const ms = await timed(async () => {
    for (let count = 1; count <= ticks; count++) {
      await ticker.tick();
      clock.advance(minutes(5));
      if (count % Math.ceil(ticks / 5) === 0)
        print(`heap after ${count} ticks of ${accounts} accounts`, `${heapMiB().toFixed(1)} MiB`);
    }
  });
  const grown = heapMiB() - before;
  print("heap growth over all ticks", `${grown.toFixed(2)} MiB`);
  print("one tick of 200 accounts, mean", `${(ms / ticks).toFixed(2)} ms`);
};

/** The saving of the check before a claim: the same idle accounts, ticked and driven. */
const lookBeforeClaim = async (app: App): Promise<void> => {
  const ticker = new Ticker(app);
  const rounds = 50;
  const ticked = await timed(async () => {
    for (let round = 0; round < rounds; round++) await ticker.tick();
  });
  const driven = await timed(async () => {
    for (let round = 0; round < rounds; round++) {
      const stop = new AbortController().signal;
      for (const config of app.accounts.list())
        await advance(app.ports, app.limits, config, { by: "schedule", stop, claimWaitMs: 0 });
    }
  });
  print("an idle account in a tick", `${((ticked / rounds / accounts) * 1000).toFixed(0)} µs`);
  print("the same, with a claim each time", `${((driven / rounds / accounts) * 1000).toFixed(0)} µs`);
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const run = (code: string): number => {
  const started = performance.now();
  spawnSync(process.execPath, ["-e", code], { stdio: "ignore" });
  return performance.now() - started;
};

/** The start time of a process with the bundle, and of one without it. */
const start = (): void => {
  const bundle = join(__dirname, "../../dist/functions.js");
  const [bare, loaded] = [0, 1].map((which) =>
    median(Array.from({ length: 7 }, () => run(which === 0 ? "0" : `require(${JSON.stringify(bundle)})`))),
  );
  print("process start, nothing loaded (median of 7)", `${(bare ?? 0).toFixed(0)} ms`);
  print("process start with the bundle", `${(loaded ?? 0).toFixed(0)} ms`);
};

const main = async (): Promise<void> => {
  process.stdout.write(
    `Benchmark: in-memory services, Node ${process.version}. Times depend on the machine: compare within one run.\n`,
  );
  const { app, clock } = await aBenchApp(accounts);
  await longRun(app, clock);
  await lookBeforeClaim(app);
  start();
};

void main();
