import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Bundle, buildBundle } from "../../tools/build";
import { bundleParts } from "../bundle-parts";
import { type Measure, median, row } from "../row";

/** The Node that the app is deployed on. */
const node = createRequire(__filename).resolve("node/bin/node");

/** What the Functions worker supplies: enough of it to register functions. */
const worker = `const Module = require("node:module");
let registered = 0;
const kept = { dispose: () => undefined };
const core = {
  version: "3.0.0", hostVersion: "4.1000.0", log: () => undefined,
  setProgrammingModel: () => undefined, getProgrammingModel: () => null,
  registerFunction: () => { registered += 1; return kept; }, registerHook: () => kept,
};
const original = Module.prototype.require;
Module.prototype.require = function (id) { return id === "@azure/functions-core" ? core : original.call(this, id); };
require(process.argv[2]);
process.exitCode = registered > 0 ? 0 : 9;`;

/** An app of one timer that imports nothing else. */
const smallest = `const { app } = require(${JSON.stringify(require.resolve("@azure/functions"))});
app.timer("tick", { schedule: "0 */5 * * * *", handler: () => undefined });`;

const sizeOf = (parts: Bundle["parts"]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

const startOnce = (args: readonly string[]): number => {
  const began = performance.now();
  const { status } = spawnSync(node, args, { stdio: "ignore" });
  if (status !== 0) throw new Error(`a start ended with ${status}`);
  return performance.now() - began;
};

/** Process start to functions registered, and the size of the bundle. Real time; the starts take turns. */
export const start: Measure = {
  name: "start",
  title: "start: process start to functions registered, and the bundle's size",
  run: async ({ full, stop }) => {
    const folder = mkdtempSync(path.join(tmpdir(), "bench-start-"));
    try {
      const bundle = await buildBundle({ outfile: path.join(folder, "functions.js") });
      const at = (name: string, text: string): string => {
        writeFileSync(path.join(folder, name), text);
        return path.join(folder, name);
      };
      const loader = at("worker.cjs", worker);
      const starts = [
        [loader, at("smallest.cjs", smallest)],
        [loader, bundle.outfile],
      ].map((args) => ({
        args,
        ms: [] as number[],
      }));
      for (let round = 0; round < (full ? 41 : 15) && !stop.aborted; round++)
        for (const each of starts) each.ms.push(startOnce(each.args));
      const [small = 0, ours = 0] = starts.map(({ ms }) => median(ms));
      const count = starts[0]?.ms.length ?? 0;
      const how = `median of ${count} starts each, in turn: ${ours.toFixed(0)} ms and ${small.toFixed(0)} ms`;
      return [
        row("13", "start, compared with an app that imports only @azure/functions", ours / small, {
          unit: "×",
          bound: 1.6,
          note: how,
        }),
        row("13", "the bundle", bundle.bytes, { unit: "bytes", bound: 999_999 }),
        row("13", "of it: what a start parses", sizeOf(bundle.atStart), { unit: "bytes", bound: 150_000 }),
        ...bundleParts(bundle)
          .slice(0, full ? 20 : 5)
          .map(([name, bytes]) => row("13", `of it: ${name}`, bytes, { unit: "bytes" })),
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
