import { parseArgs } from "node:util";
import { callName, type RecordedCall } from "./calls";
import { type Cell, cellName, cellsOf, type Extent } from "./cells";
import { inWords, isIdentityCall, Matrix } from "./matrix";
import type { ShardLine } from "./shards";

/** One process of the matrix: records for itself, then runs its part of the cells. Each line that it prints is a `ShardLine`. */
const say = (line: ShardLine): void => console.log(JSON.stringify(line));

const options = () => {
  const { values } = parseArgs({
    options: {
      shard: { type: "string", default: "0" },
      shards: { type: "string", default: "1" },
      lanes: { type: "string", default: "12" },
      complete: { type: "boolean", default: false },
      only: { type: "string", default: "" },
    },
  });
  const extent: Extent = values.complete ? "complete" : "representative";
  return { ...values, shard: Number(values.shard), shards: Number(values.shards), lanes: Number(values.lanes), extent };
};

/** Limits that the adapters set themselves are in real time. They pass faster here, or one hanging request would take a minute. */
const hurry = (): void => {
  const inRealTime = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => inRealTime(ms / 5);
};

const main = async (): Promise<void> => {
  hurry();
  const { shard, shards, lanes, extent, only } = options();
  const matrix = await Matrix.open(lanes);
  try {
    const alternate = await matrix.record("alternate");
    const known = new Set(alternate.map(callKey));
    const settling = (await matrix.record("primary")).filter((call) => !known.has(callKey(call)));
    const cells = [...cellsOf(extent, "alternate", alternate), ...cellsOf(extent, "primary", settling)].filter((cell) =>
      cellName(cell).includes(only),
    );
    // Tokens are spoilt one after another, and mostly waited for: a process of its own does that beside the others.
    const mine = cells.filter((cell, index) =>
      shards === 1 ? true : isIdentityCall(cell.call) ? shard === 0 : shard > 0 && index % (shards - 1) === shard - 1,
    );
    say({ kind: "plan", calls: [...alternate, ...settling].map(callName), cells: cells.length, mine: mine.length });
    await matrix.runAll(mine, (result) =>
      say({
        kind: "cell",
        column: columnOf(result.cell),
        problem: result.problems.length > 0 ? inWords(result) : null,
      }),
    );
    say({ kind: "end" });
  } finally {
    await matrix.close();
  }
};

const callKey = ({ route, part, nth }: RecordedCall): string => `${route} ${part} ${nth}`;

const columnOf = ({ fault, side }: Cell): string =>
  `${fault.name}${fault.late === null && fault.times !== "lasting" ? `, ${side} applying` : ""}`;

main().then(
  () => process.exit(0),
  (problem: unknown) => {
    console.error(problem);
    process.exit(1);
  },
);
