import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runMatrix } from "./shards";

/** The matrix by hand: all of it, or the cells whose name holds a text. */
const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      representative: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      workers: { type: "string", default: String(availableParallelism()) },
    },
  });
  const began = performance.now();
  const report = await runMatrix({
    complete: !values.representative,
    only: values.only,
    workers: Number(values.workers),
    onCell: (done, of) => {
      if (done % 100 === 0) console.log(`${done} of ${of} cells`);
    },
  });
  for (const [column, count] of report.columns) console.log(`${String(count).padStart(5)}  ${column}`);
  for (const problem of report.problems) console.log(problem);
  const { calls, run, cells, problems } = report;
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`${calls.length} calls, ${run} of ${cells} cells in ${seconds} s, ${problems.length} with a problem`);
  return problems.length === 0 && run === cells ? 0 : 1;
};

main().then(
  (code) => process.exit(code),
  (problem: unknown) => {
    console.error(problem);
    process.exit(1);
  },
);
