import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, type BuildOptions } from "esbuild";

const source = path.resolve(__dirname, "../../clients/node");

const factory = `
/**
 * A Batch key that follows the newest version of its secret, and reports to the rotator which version it uses.
 * Objects for the same account, secret and instance share their state within a process.
 */
export declare const rotatingBatchKey: (options: KeyOptions) => RotatingBatchKey;
`;

const identity = `import type { TokenSource } from "./index";

/** The managed identity of App Service, Functions or Container Apps, or otherwise of the virtual machine. */
export declare const managedIdentity: () => TokenSource;
`;

/** What each file exports. As CommonJS it is assigned explicitly: the helper of esbuild costs half a kilobyte. */
const exported = { index: "rotatingBatchKey", "managed-identity": "managedIdentity" } as const;

const common = {
  absWorkingDir: source,
  bundle: true,
  minify: true,
  platform: "node",
  target: "node18",
  logLevel: "silent",
} as const satisfies BuildOptions;

/** Builds the package of the Node client into `folder`: no source map, no dependency. */
export const buildClient = async (folder = path.join(source, "dist")): Promise<void> => {
  rmSync(folder, { recursive: true, force: true });
  const libraries = Object.entries(exported).flatMap(([name, value]) => {
    const outfile = (ending: string): string => path.join(folder, `${name}.${ending}`);
    const contents = `import { ${value} } from "./src/${name}"; exports.${value} = ${value};`;
    return [
      build({ ...common, entryPoints: [`src/${name}.ts`], format: "esm", outfile: outfile("mjs") }),
      build({ ...common, stdin: { contents, resolveDir: source }, format: "cjs", outfile: outfile("cjs") }),
    ];
  });
  const cli = { entryPoints: ["src/cli/main.ts"], outfile: path.join(folder, "cli.cjs") };
  await Promise.all([...libraries, build({ ...common, ...cli, format: "cjs" })]);
  // The public types stand in one file without imports, so that it is the declaration itself.
  const types = readFileSync(path.join(source, "src/types.ts"), "utf8");
  writeFileSync(path.join(folder, "index.d.ts"), types + factory);
  writeFileSync(path.join(folder, "index.d.mts"), types + factory);
  writeFileSync(path.join(folder, "managed-identity.d.ts"), identity);
  writeFileSync(path.join(folder, "managed-identity.d.mts"), identity.replace("./index", "./index.mjs"));
};

if (require.main === module) {
  buildClient().catch((problem: unknown) => {
    console.error(`build failed: ${problem instanceof Error ? problem.message : String(problem)}`);
    process.exitCode = 1;
  });
}
