import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Plugin } from "esbuild";
import packageJson from "../../../package.json";
import { buildBundle } from "../../tools/build";

export interface BuiltApp {
  /** Holds `host.json`, `package.json` and the bundle. */
  readonly folder: string;
  remove(): void;
}

const projectRoot = path.resolve(__dirname, "../../..");
const sources = ["functions", "lib", "package.json", "test/tools/build.ts"];

const newestChange = (file: string): number =>
  statSync(file).isDirectory()
    ? Math.max(...readdirSync(file).map((name) => newestChange(path.join(file, name))))
    : statSync(file).mtimeMs;

const isFresh = (bundle: string): boolean =>
  existsSync(bundle) &&
  sources.every((source) => newestChange(path.join(projectRoot, source)) < statSync(bundle).mtimeMs);

/** A build of its own, in a folder of its own: tests that run beside each other must not write over what another one loads. */
export const buildApp = async (plugins: readonly Plugin[] = []): Promise<BuiltApp> => {
  const folder = mkdtempSync(path.join(tmpdir(), "built-app-"));
  await buildBundle({ outfile: path.join(folder, packageJson.main), plugins });
  for (const file of ["host.json", "package.json"]) {
    copyFileSync(path.join(projectRoot, file), path.join(folder, file));
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** The project's own bundle, as `npm test` has built it; where it is absent or older than a source, a build of its own. */
export const builtApp = async (): Promise<BuiltApp> =>
  isFresh(path.join(projectRoot, packageJson.main)) ? { folder: projectRoot, remove: () => undefined } : buildApp();
