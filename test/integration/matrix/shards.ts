import { type Child, nodeCommand, startChild } from "../../local/child-process";

/** What a shard prints. */
export type ShardLine =
  | { readonly kind: "plan"; readonly calls: readonly string[]; readonly cells: number; readonly mine: number }
  | { readonly kind: "cell"; readonly column: string; readonly problem: string | null }
  | { readonly kind: "end" };

export interface MatrixOptions {
  readonly complete: boolean;
  /** Processes that share the work, beside one for the tokens. */
  readonly workers: number;
  /** Only cells whose name holds this. */
  readonly only: string;
  readonly onCell: (done: number, of: number) => void;
}

export interface MatrixReport {
  /** Every external call of a rotation, in order. */
  readonly calls: readonly string[];
  /** How many there are to run. */
  readonly cells: number;
  readonly run: number;
  /** How many were run of each fault and side. */
  readonly columns: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

/** Runs the matrix in several processes. */
export const runMatrix = async (options: MatrixOptions): Promise<MatrixReport> => {
  const shards = options.workers + 1;
  const columns = new Map<string, number>();
  const problems: string[] = [];
  let [calls, cells, run]: [readonly string[], number, number] = [[], 0, 0];
  const take = (line: ShardLine): void => {
    if (line.kind === "plan") [calls, cells] = [line.calls, line.cells];
    if (line.kind !== "cell") return;
    run += 1;
    columns.set(line.column, (columns.get(line.column) ?? 0) + 1);
    if (line.problem !== null) problems.push(line.problem);
    options.onCell(run, cells);
  };
  const children = Array.from({ length: shards }, (_, shard) => startShard(shard, shards, options, take, problems));
  try {
    await Promise.all(children.map(({ ended }) => ended));
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
  return { calls, cells, run, columns, problems };
};

const startShard = (
  shard: number,
  shards: number,
  { complete, only }: MatrixOptions,
  take: (line: ShardLine) => void,
  problems: string[],
): Child => {
  const other: string[] = [];
  let isWhole = false;
  const args = ["--shard", String(shard), "--shards", String(shards), "--only", only];
  const child = startChild({
    name: `shard ${shard}`,
    ...nodeCommand("../integration/matrix/shard.ts", complete ? [...args, "--complete"] : args),
    env: process.env,
    onLine: (line) => {
      if (!line.startsWith('{"kind":')) return void other.push(line);
      const said: ShardLine = JSON.parse(line);
      if (said.kind === "end") isWhole = true;
      take(said);
    },
  });
  const ended = child.ended.then((how) => {
    if (!isWhole || other.length > 0) {
      problems.push(
        `shard ${shard} ended with ${how.signal ?? how.code ?? "nothing"}: ${other.slice(0, 40).join("\n")}`,
      );
    }
    return how;
  });
  return { ...child, ended };
};
