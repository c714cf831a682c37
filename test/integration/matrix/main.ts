import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runMatrix } from "./shards";

/**
 * Runs the matrix with one cell per rotation: all cells, or those whose name contains a text. With `--together` a
 * rotation has several cells.
 */
const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      together: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      workers: { type: "string", default: String(availableParallelism()) },
    },
  });
  const began = performance.now();
  let shownDone = 0;
  const report = await runMatrix({
    apart: !values.together,
    only: values.only,
    workers: Number(values.workers),
    onCell: (done, of) => {
      if (done - shownDone < 200) return;
      shownDone = done;
      console.log(`${done} of ${of} cells`);
    },
  });
  for (const [column, count] of report.columns) console.log(`${String(count).padStart(5)}  ${column}`);
  for (const problem of report.problems) console.log(problem);
  const { calls, run, cells, rotations, problems } = report;
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(
    `${calls.length} calls, ${run} of ${cells} cells in ${rotations} rotations and ${seconds} s, ` +
      `${problems.length} rotations with a problem`,
  );
  return problems.length === 0 && run === cells ? 0 : 1;
};

main().then(
  (code) => process.exit(code),
  (problem: unknown) => {
    console.error(problem);
    process.exit(1);
  },
);
