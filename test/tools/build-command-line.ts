import { chmodSync, statSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { leanBundle } from "./lean/lean-bundle";
import { leftOut } from "./lean/replacements";

const projectRoot = path.resolve(__dirname, "../..");

export interface CommandLineBundle {
  readonly bytes: number;
  /** Source files included in it, relative to the project. */
  readonly inputs: readonly string[];
}

/** The command line as one file that Node runs. It is no part of what is deployed. */
export const buildCommandLine = async (outfile: string): Promise<CommandLineBundle> => {
  const { metafile } = await build({
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
    metafile: true,
    logLevel: "silent",
    plugins: [leanBundle({ uncalled: new Set(), marked: false })],
  });
  chmodSync(outfile, 0o755);
  const parts = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const inputs = parts.filter(([file, { bytesInOutput }]) => bytesInOutput > 0 && !file.startsWith(`${leftOut}:`));
  return { bytes: statSync(outfile).size, inputs: inputs.map(([file]) => file) };
};
