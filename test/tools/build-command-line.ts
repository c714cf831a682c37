import { chmodSync, statSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { leanBundle } from "./lean/lean-bundle";

const projectRoot = path.resolve(__dirname, "../..");

/** The command line as one file that Node runs. It is no part of what is deployed. Returns its bytes. */
export const buildCommandLine = async (outfile: string): Promise<number> => {
  await build({
    absWorkingDir: projectRoot,
    entryPoints: [path.join(projectRoot, "cli/main.ts")],
    outfile,
    bundle: true,
    minify: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
    conditions: ["import"],
    banner: { js: "#!/usr/bin/env node" },
    legalComments: "eof",
    logLevel: "silent",
    plugins: [leanBundle({ uncalled: new Set(), marked: false })],
  });
  chmodSync(outfile, 0o755);
  return statSync(outfile).size;
};
