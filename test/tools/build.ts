import { statSync } from "node:fs";
import path from "node:path";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";
import packageJson from "../../package.json";
import { buildCommandLine } from "./build-command-line";
import { deferring } from "./deferred";
import { leanBundle } from "./lean/lean-bundle";
import { leftOut } from "./lean/replacements";
import { uncalledMethods } from "./lean/uncalled";

const projectRoot = path.resolve(__dirname, "../..");

export interface BundleOptions {
  /** The path of the bundle; its source map is written beside it. */
  readonly outfile: string;
  /** Default: the app's entry file. */
  readonly entry?: string;
  /** For tests that need a modified app. */
  readonly plugins?: readonly Plugin[];
}

export interface Part {
  readonly file: string;
  readonly bytes: number;
}

export interface Bundle {
  readonly outfile: string;
  readonly bytes: number;
  /** Source files included in it, relative to the project. */
  readonly inputs: readonly string[];
  /** The same with the bytes that each takes. */
  readonly parts: readonly Part[];
  /** Those of them that a start parses; the others are parsed at their first use. */
  readonly atStart: readonly Part[];
}

/**
 * One minified CommonJS file: a cold start reads one file instead of hundreds, and parses what it needs of it.
 * Names are not kept: errors have theirs in a field, and the source map restores the rest.
 * Throws with every problem esbuild found.
 */
export const buildBundle = async ({ outfile, entry, plugins }: BundleOptions): Promise<Bundle> => {
  const absolute = path.resolve(outfile);
  const common = {
    absWorkingDir: projectRoot,
    entryPoints: [entry ?? path.join(projectRoot, "functions/index.ts")],
    outfile: absolute,
    bundle: true,
    minify: true,
    sourcemap: "linked",
    // Only the maps of this project's files: those of the packages would triple its size.
    sourcesContent: false,
    format: "cjs",
    platform: "node",
    target: "node20",
    // The ES modules of the SDKs can be tree-shaken; their CommonJS modules cannot.
    mainFields: ["module", "main"],
    conditions: ["import"],
    // The host supplies it at run time; it is on no registry.
    external: ["@azure/functions-core"],
    // The licences that the packages mark for preservation are kept in the bundle.
    legalComments: "eof",
    metafile: true,
    logLevel: "silent",
  } as const satisfies BuildOptions;
  const uncalled = await uncalledMethods({ ...common, plugins: [...(plugins ?? [])] });
  const options = { ...common, plugins: [...(plugins ?? []), leanBundle({ uncalled, marked: false })] };
  const deferred = await deferring(options, path.join(projectRoot, "functions"));
  const { metafile } = await build({ ...options, plugins: [deferred.plugin, ...options.plugins] });
  const atStart = partsOf(metafile);
  const parts = [...atStart, ...partsOf(deferred.metafile)];
  return {
    outfile: absolute,
    bytes: statSync(absolute).size,
    inputs: parts.filter(({ file, bytes }) => bytes > 0 && !file.startsWith(`${leftOut}:`)).map(({ file }) => file),
    parts,
    atStart,
  };
};

const partsOf = ({ outputs }: Metafile): readonly Part[] =>
  Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([file]) => !/^(?:deferred|deferred-text|<stdin>)(?::|$)/.test(file))
    .map(([file, { bytesInOutput }]) => ({ file, bytes: bytesInOutput }));

const main = async (): Promise<void> => {
  const began = performance.now();
  const { outfile, bytes } = await buildBundle({ outfile: path.join(projectRoot, packageJson.main) });
  const where = path.relative(projectRoot, outfile);
  const commandLine = packageJson.bin["batch-key-rotator"];
  const { bytes: size } = await buildCommandLine(path.join(projectRoot, commandLine));
  const took = (performance.now() - began).toFixed(0);
  console.log(
    `${where}: ${(bytes / 1024).toFixed(0)} KiB, ${commandLine}: ${(size / 1024).toFixed(0)} KiB, ${took} ms`,
  );
};

if (require.main === module) {
  main().catch((problem: unknown) => {
    console.error(`build failed: ${problem instanceof Error ? problem.message : String(problem)}`);
    process.exitCode = 1;
  });
}
