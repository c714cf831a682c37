import { availableParallelism } from "node:os";
import { oneSided } from "./fault-kinds";
import { runMatrix } from "./shards";

/** `MATRIX=complete` runs every cell; otherwise every call meets every fault of the list, on one side of applying. */
const complete = process.env["MATRIX"] === "complete";

it("survives every fault in every external call that a rotation makes", async () => {
  const { calls, cells, run, columns, problems } = await runMatrix({
    complete,
    only: "",
    workers: availableParallelism(),
    onCell: () => undefined,
  });
  console.info(
    [
      `${calls.length} external calls, ${run} of ${cells} cells (${complete ? "all" : "each call with each fault, on one side of applying"}):`,
      ...[...columns].map(([column, count]) => `${String(count).padStart(6)}  ${column}`),
    ].join("\n"),
  );
  expect(problems).toEqual([]);
  expect(run).toBe(cells);
  expect(calls.length).toBeGreaterThan(90);
  expect(cells).toBeGreaterThanOrEqual(calls.length * oneSided.length * (complete ? 2 : 1));
  for (const { name } of oneSided) {
    const cellsOfIt = [...columns].filter(([column]) => column.startsWith(`${name}, `));
    expect(cellsOfIt.map(([, count]) => count).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(
      calls.length,
    );
  }
}, 3_600_000);
