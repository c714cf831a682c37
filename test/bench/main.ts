import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { interruption } from "../local/interruption";
import { measures } from "./measures/all";
import { holds, type Measure, type Row, type Surroundings } from "./row";
import { table } from "./table";

const help = `Measures the rotator on emulators of this machine: calls, idle ticks, many due accounts, urgent rotations,
start, random faults against the usual script, cost. Times are compared within one run only.

npm run bench                    short form, under two minutes
npm run bench -- --full          all sizes and repetitions
npm run bench -- --only a,b      some of: ${measures.map(({ name }) => name).join(", ")}
  --prices <file> prices of the form of test/bench/prices.json
  --json <file>   where the figures are written (default dist/bench.json)
  --help          this text

Ends with 1 where a figure is over its bound.`;

const chosen = (only: string | undefined): readonly Measure[] => {
  if (only === undefined) return measures;
  const names = only.split(",");
  const unknown = names.find((name) => !measures.some((measure) => measure.name === name));
  if (unknown !== undefined) throw new Error(`there is no measurement ${unknown}: see --help`);
  return measures.filter(({ name }) => names.includes(name));
};

/** A row for a measurement that failed, so that the others are still shown. */
const failed = ({ name }: Measure, problem: unknown): Row => ({
  item: "–",
  what: `${name} could not be measured`,
  value: 1,
  unit: "",
  bound: 0,
  note: problem instanceof Error ? (problem.message.split("\n")[0] ?? "") : String(problem),
});

const runAll = async (
  list: readonly Measure[],
  surroundings: Omit<Surroundings, "earlier">,
): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for (const measure of list) {
    if (surroundings.stop.aborted) break;
    surroundings.progress(measure.title);
    try {
      rows.push(...(await measure.run({ ...surroundings, earlier: rows })));
    } catch (problem) {
      if (!surroundings.stop.aborted) rows.push(failed(measure, problem));
    }
  }
  return rows;
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      full: { type: "boolean", default: false },
      only: { type: "string" },
      prices: { type: "string" },
      json: { type: "string", default: path.join(__dirname, "../../dist/bench.json") },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const list = chosen(values.only);
  const stop = interruption();
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 1000);
  const progress = (text: string): void => void process.stderr.write(`${String(seconds()).padStart(4)} s  ${text}\n`);
  const rows = await runAll(list, { full: values.full, stop, progress, prices: values.prices ?? null });
  if (stop.aborted) return 130;
  const about = {
    at: new Date().toISOString(),
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model,
  };
  mkdirSync(path.dirname(values.json), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify({ ...about, full: values.full, seconds: seconds(), rows }, null, 2)}\n`);
  const where = path.relative(process.cwd(), values.json);
  console.log(`${table(rows)}\n\n${seconds()} s on ${about.cores} cores, Node ${about.node}; figures in ${where}`);
  const over = rows.filter((row) => !holds(row));
  if (over.length > 0) console.error(`over the bound: ${over.map(({ what }) => what).join("; ")}`);
  return over.length > 0 ? 1 : 0;
};

main().then(
  (code) => process.exit(code),
  (problem: unknown) => {
    console.error(problem instanceof Error ? problem.message : problem);
    process.exit(1);
  },
);
