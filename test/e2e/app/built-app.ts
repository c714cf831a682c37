import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Plugin } from "esbuild";
import packageJson from "../../../package.json";
import { buildBundle } from "../../tools/build";
import { packageApp } from "../../tools/package";

/** The app as deployed, and nothing else: a host finds the same files as in Azure. */
export interface BuiltApp {
  /** Outside the project, so that its `node_modules` are not found. */
  readonly folder: string;
  remove(): void;
}

const projectRoot = path.resolve(__dirname, "../../..");
const projectBundle = path.join(projectRoot, packageJson.main);
const sources = ["functions", "lib", "docs/openapi.json", "package.json", "test/tools"];

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

/** A separate build: concurrent tests must not overwrite files that another one loads. */
export const buildApp = (plugins: readonly Plugin[] = []): Promise<BuiltApp> =>
  inOwnFolder(async (folder) => {
    const outfile = path.join(folder, path.basename(packageJson.main));
    return (await buildBundle({ outfile, plugins })).outfile;
  });

/** The package of the project's bundle as built by `npm test`, or of a separate build if that is absent or outdated. */
export const builtApp = (): Promise<BuiltApp> =>
  isFresh(projectBundle) ? inOwnFolder(async () => projectBundle) : buildApp();
