import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Plugin, build } from "esbuild";
import { z } from "zod";
import { loadProduct } from "../simulation/load-product";
import * as original from "../fakes/world/product";
import type { Product } from "../fakes/world/product-type";
import { planOf } from "../simulation/plan";
import type { ConditionName } from "../simulation/plan-types";
import { runPlan } from "../simulation/run-history";
import { type SafetyRule, safetyRules } from "./rules";

const root = join(__dirname, "../..");
const histories = Number(process.env["MUTANT_HISTORIES"] ?? 3_000);

const usage = `Switches each safety rule off in turn and checks that a test fails.

  npm run mutants            all rules
  npm run mutants -- TEXT    the rules whose name contains TEXT

MUTANT_HISTORIES: histories of the simulation per rule, at most (${histories}).
`;

const jestReport = z.object({
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })) })),
});

/** The file with the rule switched off. Fails if the product does not contain the rule's text exactly once. */
const mutated = ({ rule, file, text, instead }: SafetyRule): string => {
  const source = readFileSync(join(root, file), "utf8");
  if (source.split(text).length !== 2)
    throw new Error(`${file} does not contain the text of the rule "${rule}" exactly once: fix test/mutants/rules.ts`);
  return source.replace(text, () => instead);
};

const load = async (rule: SafetyRule): Promise<Product> => {
  const folder = mkdtempSync(join(tmpdir(), "mutant-"));
  const outfile = join(folder, "product.js");
  const contents = mutated(rule);
  const plugin: Plugin = {
    name: "mutant",
    setup: (building) => {
      building.onLoad({ filter: /\.ts$/ }, ({ path }) =>
        path === join(root, rule.file) ? { contents, loader: "ts" } : undefined,
      );
    },
  };
  try {
    await build({
      entryPoints: [join(root, "test/fakes/world/product.ts")],
      bundle: true,
      platform: "node",
      format: "cjs",
      outfile,
      plugins: [plugin],
      logLevel: "error",
    });
    return loadProduct(outfile);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** The failure that detected it; null if none did. */
const caughtBySimulation = async (rule: SafetyRule, always: readonly ConditionName[]): Promise<string | null> => {
  const product = await load(rule);
  for (let seed = 1; seed <= histories; seed++) {
    const plan = planOf(seed, always);
    const { violation } = await runPlan(product, plan);
    // A history that the project itself does not survive shows nothing about the rule.
    if (violation === null || (await runPlan(original, plan)).violation !== null) continue;
    const withThem = always.length === 0 ? "" : ` with ${always.join(", ")}`;
    return `simulation, seed ${seed}${withThem}: ${violation.invariant}: ${violation.text}`;
  }
  return null;
};

/** Runs a part of the suite on a copy of the project with the rule switched off. */
const caughtByJest = (rule: SafetyRule, projects: string, pattern: string): string | null => {
  const copy = mkdtempSync(join(tmpdir(), "mutant-"));
  try {
    for (const part of [
      "lib",
      "functions",
      "test",
      "docs",
      "package.json",
      "jest.config.cjs",
      "tsconfig.json",
      ".swcrc",
      "host.json",
      "rotation.schema.json",
      "local.settings.sample.json",
    ]) {
      cpSync(join(root, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    writeFileSync(join(copy, rule.file), mutated(rule));
    const report = join(copy, "jest.json");
    spawnSync(
      join(root, "node_modules/.bin/jest"),
      ["--selectProjects", ...projects.split(" "), "--testPathPatterns", pattern, "--json", "--outputFile", report],
      { cwd: copy, stdio: "ignore", env: { ...process.env, CI: "true" } },
    );
    // A suite that does not load has detected nothing.
    const { testResults } = jestReport.parse(JSON.parse(readFileSync(report, "utf8")));
    const failed = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .find(({ status }) => status === "failed");
    return failed === undefined ? null : `${projects}: ${failed.fullName}`;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    options: { help: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const wanted = positionals.join(" ");
  const rules = safetyRules.filter(({ rule }) => rule.includes(wanted));
  if (rules.length === 0) throw new Error(`the name of no rule contains "${wanted}"`);
  let missed = 0;
  for (const rule of rules) {
    const caught =
      "simulation" in rule.caughtBy
        ? await caughtBySimulation(rule, rule.caughtBy.simulation)
        : caughtByJest(rule, rule.caughtBy.jest, rule.caughtBy.test);
    if (caught === null) missed += 1;
    process.stdout.write(
      `${caught === null ? "MISSED" : "caught"}  ${rule.rule}\n` +
        `          ${caught ?? `not detected: ${rule.without}`}\n`,
    );
  }
  process.stdout.write(`${rules.length - missed} of ${rules.length} rules are guarded by the tests\n`);
  return missed === 0 ? 0 : 1;
};

main().then(
  (code) => process.exit(code),
  (problem: unknown) => {
    console.error(problem instanceof Error ? problem.message : problem);
    process.exit(1);
  },
);
