import { availableParallelism } from "node:os";
import { oneSided } from "./fault-kinds";
import { runMatrix } from "./shards";

it("a rotation completes with every fault in each of its external calls, before and after the effect", async () => {
  const { calls, cells, run, rotations, columns, problems } = await runMatrix({
    apart: false,
    only: "",
    workers: availableParallelism(),
    onCell: () => undefined,
  });
  console.info(
    [
      `${calls.length} external calls, ${run} of ${cells} cells in ${rotations} rotations:`,
      ...[...columns].map(([column, count]) => `${String(count).padStart(6)}  ${column}`),
    ].join("\n"),
  );
  expect(problems).toEqual([]);
  expect(run).toBe(cells);
  expect(calls.length).toBeGreaterThan(130);
  // Of an account that is found by its tag, the second one while its rotation is under way.
  for (const nth of [1, 2]) expect(calls).toContain(`arm.queryResources graph #${nth} (discovery)`);
  for (const { name } of oneSided) {
    expect(columns.get(`${name}, before applying`)).toBe(calls.length);
    expect(columns.get(`${name}, after applying`)).toBe(calls.length);
  }
}, 1_800_000);
