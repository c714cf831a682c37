import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { freshSeed } from "./fresh-seed";
import { loadProduct } from "./load-product";
import { planOf } from "./plan";
import { runMany as runManyPlatforms, summaryOf } from "./platforms/many";
import { runPlatformHistory } from "./platforms/run-history";
import { runHistory } from "./run-history";
import { serveBatches, shareOut } from "./share-out";
import { shrink } from "./shrink";
import { add, type Broken, count, emptyTally, type Tally } from "./tally";

const usage = `Runs many histories of the whole system, each with other faults, crashes, races and manual changes, and
checks the invariants after every effect.

npm run simulate -- [--runs 10000] [--first <seed>] [--jobs <cores>]   many histories, from seed <first> on
npm run simulate -- --seed 42                                        one history, line by line
npm run simulate -- --platforms [--runs 1000] [--seed 42]            apps on platforms that need no code
  --first     without it the first seed is drawn from the clock, and printed so that the run can be repeated
  --verbose   shows every violation with the shortest history found, not only the first
  --help      this text

Ends with 1 where an invariant was broken.`;

const batchSize = 250;

interface Options {
  readonly runs: number;
  readonly first: number;
  readonly jobs: number;
  readonly verbose: boolean;
}

const wholeNumber = (name: string, text: string, least: number): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} must be a whole number of at least ${least}`);
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      runs: { type: "string" },
      first: { type: "string", default: String(freshSeed()) },
      jobs: { type: "string", default: String(availableParallelism()) },
      seed: { type: "string" },
      verbose: { type: "boolean", default: false },
      platforms: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(usage);
  const seed = values.seed === undefined ? null : wholeNumber("seed", values.seed, 0);
  if (seed !== null) return values.platforms ? replayPlatforms(seed) : replay(seed);
  const many = values.platforms ? runPlatforms : runMany;
  await many({
    runs: wholeNumber("runs", values.runs ?? (values.platforms ? "1000" : "10000"), 1),
    first: wholeNumber("first", values.first, 0),
    jobs: wholeNumber("jobs", values.jobs, 1),
    verbose: values.verbose,
  });
};

const replay = async (seed: number): Promise<void> => {
  const result = await runHistory(loadProduct(), seed, true);
  for (const line of result.journal ?? []) console.log(line);
  const { violation, effects, calls } = result;
  console.log(`\nseed ${seed}: ${calls} calls, ${effects} effects`);
  if (violation === null) return console.log("no invariant was broken");
  console.log(`${violation.invariant} is broken: ${violation.text}`);
  process.exitCode = 1;
};

const replayPlatforms = async (seed: number): Promise<void> => {
  const { journal, violation, answered } = await runPlatformHistory(loadProduct(), seed, true);
  for (const line of journal ?? []) console.log(line);
  console.log(`\nseed ${seed}: ${answered} calls of apps answered; ${violation ?? "none was refused"}`);
  if (violation !== null) process.exitCode = 1;
};

const runPlatforms = async (options: Options): Promise<void> => {
  const { first, runs } = options;
  console.log(`seeds ${first} to ${first + runs - 1}; again: npm run simulate -- --platforms --first ${first}`);
  const began = performance.now();
  const { lines, problems } = summaryOf(await runManyPlatforms(options));
  const seconds: readonly [string, string] = ["seconds", ((performance.now() - began) / 1000).toFixed(1)];
  for (const [name, value] of [...lines, seconds]) console.log(`${name.padEnd(28)} ${value}`);
  for (const problem of options.verbose ? problems : problems.slice(0, 3)) console.log(problem);
  if (problems.length > 0) process.exitCode = 1;
};

const runMany = async (options: Options): Promise<void> => {
  const { first, runs } = options;
  console.log(`seeds ${first} to ${first + runs - 1}; again: npm run simulate -- --runs ${runs} --first ${first}`);
  const began = performance.now();
  const tally = emptyTally();
  const { isTTY } = process.stderr;
  let shownAt = 0;
  await shareOut<Tally>({ ...options, batchSize, script: __filename }, (done) => {
    add(tally, done);
    const seconds = (performance.now() - began) / 1000;
    if (seconds - shownAt < (isTTY ? 1 : 30)) return;
    shownAt = seconds;
    const rate = Math.round(tally.runs / seconds);
    const line = `${tally.runs} of ${options.runs} histories, ${tally.broken.length} violations, ${rate} a second`;
    process.stderr.write(isTTY ? `\r${line.padEnd(79)}` : `${line}\n`);
  });
  if (isTTY) process.stderr.write("\n");
  summarise(tally, (performance.now() - began) / 1000);
  const broken = tally.broken.toSorted((a, b) => a.seed - b.seed);
  if (broken.length > 1) console.log(`${"their seeds".padEnd(20)} ${broken.map(({ seed }) => seed).join(" ")}`);
  for (const one of options.verbose ? broken : broken.slice(0, 1)) await explain(one);
  if (broken.length > 0) process.exitCode = 1;
};

const serve = (): void => {
  const product = loadProduct();
  serveBatches(async (seeds) => {
    const tally = emptyTally();
    for (const seed of seeds) count(tally, await runHistory(product, seed));
    return tally;
  });
};

const counts = (found: Readonly<Record<string, number>>): string =>
  Object.entries(found)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([kind, times]) => `${kind} ${times}`)
    .join(", ");

const summarise = (tally: Tally, seconds: number): void => {
  const lines: readonly (readonly [string, string | number])[] = [
    ["histories", tally.runs],
    ["effects", tally.effects],
    ["calls of ports", tally.calls],
    ["rotations completed", tally.rotations],
    ["health signals", tally.signals],
    ["processes crashed", tally.crashes],
    ["old events removed", tally.removed],
    ["notices announced", tally.announced],
    ["faults", counts(tally.faults)],
    ["conditions", counts(tally.conditions)],
    ["violations", tally.broken.length],
    ["seconds", seconds.toFixed(1)],
    ["histories a second", Math.round(tally.runs / seconds)],
  ];
  for (const [name, value] of lines) console.log(`${name.padEnd(20)} ${value}`);
};

const explain = async ({ seed, invariant, text }: Broken): Promise<void> => {
  console.log(`\nseed ${seed}: ${invariant} is broken: ${text}\nthe shortest history found:`);
  const { plan, result } = await shrink(loadProduct(), planOf(seed), invariant);
  for (const line of result.journal ?? []) console.log(line);
  console.log(`${plan.faults.length} faults, ${plan.acts.length} acts; the whole: npm run simulate -- --seed ${seed}`);
};

if (process.send !== undefined) serve();
else {
  main().catch((problem: unknown) => {
    console.error(problem instanceof Error ? problem.message : String(problem));
    process.exitCode = 1;
  });
}
