import { loadProduct } from "../load-product";
import { serveBatches, shareOut } from "../share-out";
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

/** In this many processes. */
export const runMany = async (options: ManyOptions): Promise<readonly PlatformHistory[]> =>
  (await shareOut<readonly PlatformHistory[]>({ ...options, batchSize, script: __filename })).flat();

const serve = (): void => {
  const product = loadProduct();
  serveBatches(async (seeds) => {
    const done: PlatformHistory[] = [];
    for (const seed of seeds) done.push(await runPlatformHistory(product, seed));
    return done;
  });
};

if (require.main === module) serve();
