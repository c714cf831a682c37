import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runMatrix } from "./shards";

const usage = `Runs whole rotations on the real SDKs: each fault at each external call, before and after its effect.

npm run matrix                      one fault in a rotation; about eleven minutes on two cores
npm run matrix -- --together        several faults in a rotation, as npm test runs it
npm run matrix -- --only <text>     the faults whose name contains the text, such as vault.setSecret
  --workers <count>   processes (default: one for each core)
  --help              this text

Ends with 1 where a rotation had a problem.`;

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      together: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      workers: { type: "string", default: String(availableParallelism()) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const workers = Number(values.workers);
  if (!Number.isSafeInteger(workers) || workers < 1) throw new Error("--workers must be a whole number of at least 1");
  const began = performance.now();
  let shownDone = 0;
  const report = await runMatrix({
    apart: !values.together,
    only: values.only,
    workers,
    onCell: (done, of) => {
      if (done - shownDone < 200) return;
      shownDone = done;
      console.log(`${done} of ${of} cells`);
    },
  });
  for (const [column, count] of report.columns) console.log(`${String(count).padStart(5)}  ${column}`);
  for (const problem of report.problems) console.log(problem);
  const { calls, run, cells, rotations, problems } = report;
  if (cells === 0) throw new Error(`the name of no fault contains "${values.only}"`);
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
    console.error(problem instanceof Error ? problem.message : problem);
    process.exit(1);
  },
);
