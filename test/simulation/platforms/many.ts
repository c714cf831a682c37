import { fork } from "node:child_process";
import { loadProduct } from "../load-product";
import type { SimulatedPlatform } from "./plan";
import { type PlatformHistory, runPlatformHistory } from "./run-history";
import { minute } from "./scene";

export interface ManyOptions {
  readonly runs: number;
  readonly first: number;
  readonly jobs: number;
}

const batchSize = 20;

/** In simulated minutes. Elsewhere the apps decide: a Custom activity may run for hours. */
const bounds: Readonly<Partial<Record<SimulatedPlatform, number>>> = { appService: 10, containerApp: 40 };

export interface PlatformSummary {
  readonly lines: readonly (readonly [string, string | number])[];
  /** What is not as it must be, with the seed. */
  readonly problems: readonly string[];
}

/** Of fewer rotations a median says nothing. */
const enough = 50;

const medianOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Figures of many histories: every median is one of all rotations on one platform. */
export const summaryOf = (histories: readonly PlatformHistory[]): PlatformSummary => {
  const sum = (of: (history: PlatformHistory) => number): number => histories.reduce((all, one) => all + of(one), 0);
  const latencies = histories.flatMap((one) => one.latencies);
  const platforms = [...new Set(latencies.map(({ platform }) => platform))];
  const medians = platforms.map((platform) => {
    const minutes = latencies.flatMap((one) => (one.platform === platform ? [one.ms / minute] : []));
    return { platform, median: medianOf(minutes), count: minutes.length };
  });
  const slow = medians.flatMap(({ platform, median, count }) => {
    const bound = platform === null ? undefined : bounds[platform];
    return bound !== undefined && count >= enough && median > bound
      ? [`median of ${platform}: ${median} minutes, at most ${bound}`]
      : [];
  });
  const faults = sum(({ faults: met }) => Object.values(met).reduce((all, times) => all + times, 0));
  return {
    lines: [
      ["histories", histories.length],
      ["rotations completed", sum(({ rotations }) => rotations)],
      ["calls answered", sum(({ answered }) => answered)],
      ["calls refused", sum(({ violation }) => (violation?.includes("is refused") === true ? 1 : 0))],
      ["faults", faults],
      ...medians.map(
        ({ platform, median, count }) =>
          [`median, ${platform ?? "all together"}`, `${median.toFixed(1)} minutes of ${count} rotations`] as const,
      ),
    ],
    problems: [
      ...histories.flatMap(({ seed, violation }) => (violation === null ? [] : [`seed ${seed}: ${violation}`])),
      ...slow,
    ],
  };
};

/** Each process takes one batch of seeds at a time until none is left. */
export const runMany = async ({ runs, first, jobs }: ManyOptions): Promise<readonly PlatformHistory[]> => {
  const histories: PlatformHistory[] = [];
  let next = first;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(__filename);
      const assign = (): void => {
        const from = next;
        next = Math.min(next + batchSize, first + runs);
        if (from < next) child.send({ from, to: next });
        else {
          child.disconnect();
          resolve();
        }
      };
      child.on("message", (done: readonly PlatformHistory[]) => {
        histories.push(...done);
        assign();
      });
      // The promise is already resolved after its last batch.
      child.on("exit", (code, signal) => reject(new Error(`a worker ended early, with ${signal ?? code}`)));
      assign();
    });
  await Promise.all(Array.from({ length: Math.min(jobs, Math.ceil(runs / batchSize)) }, work));
  return histories;
};

/** In a process of its own: runs the batches that it is given. */
const serve = (): void => {
  const product = loadProduct();
  process.on("message", ({ from, to }: { readonly from: number; readonly to: number }) => {
    const run = async (): Promise<void> => {
      const done: PlatformHistory[] = [];
      for (let seed = from; seed < to; seed += 1) done.push(await runPlatformHistory(product, seed));
      process.send?.(done);
    };
    void run();
  });
};

if (require.main === module) serve();
