import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Plugin } from "esbuild";
import packageJson from "../../../package.json";
import { buildBundle } from "../../tools/build";
import { packageApp } from "../../tools/package";

/** The app as it is deployed, and nothing beside it: what a host finds here is all that it finds in Azure. */
export interface BuiltApp {
  /** Outside of the project, so that nothing is found in its `node_modules`. */
  readonly folder: string;
  remove(): void;
}

const projectRoot = path.resolve(__dirname, "../../..");
const projectBundle = path.join(projectRoot, packageJson.main);
const sources = ["functions", "lib", "package.json", "test/tools/build.ts"];

const newestChange = (file: string): number =>
  statSync(file).isDirectory()
    ? Math.max(...readdirSync(file).map((name) => newestChange(path.join(file, name))))
    : statSync(file).mtimeMs;

const isFresh = (bundle: string): boolean =>
  existsSync(bundle) &&
  sources.every((source) => newestChange(path.join(projectRoot, source)) < statSync(bundle).mtimeMs);

const inOwnFolder = async (bundleIn: (folder: string) => Promise<string>): Promise<BuiltApp> => {
  const own = mkdtempSync(path.join(tmpdir(), "built-app-"));
  const folder = path.join(own, "app");
  packageApp(folder, await bundleIn(own));
  return { folder, remove: () => rmSync(own, { recursive: true, force: true }) };
};

/** A build of its own: tests that run beside each other must not write over what another one loads. */
export const buildApp = (plugins: readonly Plugin[] = []): Promise<BuiltApp> =>
  inOwnFolder(async (folder) => {
    const outfile = path.join(folder, path.basename(packageJson.main));
    return (await buildBundle({ outfile, plugins })).outfile;
  });

/** The package of the project's own bundle, as `npm test` has built it; where it is absent or older than a source, of a build of its own. */
export const builtApp = (): Promise<BuiltApp> =>
  isFresh(projectBundle) ? inOwnFolder(async () => projectBundle) : buildApp();
