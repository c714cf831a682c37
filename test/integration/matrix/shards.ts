import { type Child, lazySources, nodeCommand, startChild } from "../../local/child-process";

/** The output lines of a shard. */
export type ShardLine =
  | { readonly kind: "plan"; readonly calls: readonly string[]; readonly cells: number }
  | { readonly kind: "pack"; readonly columns: readonly string[]; readonly problem: string | null }
  | { readonly kind: "end" };

export interface MatrixOptions {
  /** One cell per rotation, however long it takes; otherwise several. */
  readonly apart: boolean;
  /** Processes that share the work, besides those for faults in tokens, which run one after another and mostly wait. */
  readonly workers: number;
  /** Only cells whose name contains this text. */
  readonly only: string;
  readonly onCell: (done: number, of: number) => void;
}

export interface MatrixReport {
  /** Every external call of a rotation, in order. */
  readonly calls: readonly string[];
  /** The number of cells to run. */
  readonly cells: number;
  readonly run: number;
  /** The number of rotations. */
  readonly rotations: number;
  /** The number of cells per fault and side. */
  readonly columns: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

const tokenWorkers = 2;

/** Runs the matrix in several processes. */
export const runMatrix = async (options: MatrixOptions): Promise<MatrixReport> => {
  const columns = new Map<string, number>();
  const problems: string[] = [];
  let [calls, cells, run, rotations]: [readonly string[], number, number, number] = [[], 0, 0, 0];
  const take = (line: ShardLine): void => {
    if (line.kind === "plan") [calls, cells] = [line.calls, line.cells];
    if (line.kind !== "pack") return;
    run += line.columns.length;
    rotations += 1;
    for (const column of line.columns) columns.set(column, (columns.get(column) ?? 0) + 1);
    if (line.problem !== null) problems.push(line.problem);
    options.onCell(run, cells);
  };
  const start = (count: number, more: readonly string[]): readonly Child[] =>
    Array.from({ length: count }, (_, shard) =>
      startShard(["--shard", String(shard), "--shards", String(count), ...more], options, take, problems),
    );
  const children = [...start(tokenWorkers, ["--tokens"]), ...start(options.workers, [])];
  try {
    await Promise.all(children.map(({ ended }) => ended));
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
  return { calls, cells, run, rotations, columns, problems };
};

const startShard = (
  which: readonly string[],
  { apart, only }: MatrixOptions,
  take: (line: ShardLine) => void,
  problems: string[],
): Child => {
  const other: string[] = [];
  let isWhole = false;
  const args = [...which, "--only", only, ...(apart ? ["--apart"] : [])];
  const name = `shard ${which.join(" ")}`;
  const child = startChild({
    name,
    ...nodeCommand("../integration/matrix/shard.ts", args, lazySources),
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
      problems.push(`${name} ended with ${how.signal ?? how.code ?? "nothing"}: ${other.slice(0, 40).join("\n")}`);
    }
    return how;
  });
  return { ...child, ended };
};
