import { fork } from "node:child_process";

export interface Shared {
  readonly runs: number;
  readonly first: number;
  /** How many processes. */
  readonly jobs: number;
  readonly batchSize: number;
  /** The file that `serveBatches` runs in. */
  readonly script: string;
}

interface Batch {
  readonly from: number;
  readonly to: number;
}

/** Each process takes one batch of seeds at a time until none is left. Returns what each batch has brought. */
export const shareOut = async <T>(
  { runs, first, jobs, batchSize, script }: Shared,
  seen: (done: T) => void = () => undefined,
): Promise<readonly T[]> => {
  const batches: T[] = [];
  let next = first;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(script);
      const assign = (): void => {
        const from = next;
        next = Math.min(next + batchSize, first + runs);
        if (from < next) child.send({ from, to: next } satisfies Batch);
        else {
          child.disconnect();
          resolve();
        }
      };
      child.on("message", (done: T) => {
        batches.push(done);
        seen(done);
        assign();
      });
      // The promise is already resolved after its last batch.
      child.on("exit", (code, signal) => reject(new Error(`a worker ended early, with ${signal ?? code}`)));
      assign();
    });
  await Promise.all(Array.from({ length: Math.min(jobs, Math.ceil(runs / batchSize)) }, work));
  return batches;
};

/** In a process of its own: runs the batches that it is given. */
export const serveBatches = (run: (seeds: readonly number[]) => Promise<object>): void => {
  const work = async ({ from, to }: Batch): Promise<void> => {
    process.send?.(await run(Array.from({ length: to - from }, (_, index) => from + index)));
  };
  process.on("message", (batch: Batch) => void work(batch));
};
