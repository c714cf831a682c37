import path from "node:path";
import type { Plugin, PluginBuild } from "esbuild";

/** Modules that stand in the place of what is left out; they have no file. */
export const leftOut = "left-out";

const importsOf = (folder: string, importer: string): boolean => importer.startsWith(folder + path.sep);

/**
 * Only `IANAZone` is used. The published module is one file of classes that refer to each other; of its source files a
 * tenth is needed. They have no side effects, as the package declares; the `package.json` beside them forgets it.
 */
const luxon = (build: PluginBuild): void => {
  const folder = path.join(path.dirname(require.resolve("luxon/package.json")), "src");
  build.onResolve({ filter: /^luxon$/ }, () => ({ path: path.join(folder, "luxon.js"), sideEffects: false }));
  build.onResolve({ filter: /^\.\.?\// }, ({ path: file, importer, resolveDir }) =>
    importsOf(folder, importer) ? { path: path.join(resolveDir, file), sideEffects: false } : null,
  );
};

/** The condition `import` gives a CommonJS module, which cannot be tree-shaken. */
const tslib = (build: PluginBuild): void => {
  build.onResolve({ filter: /^tslib$/ }, ({ kind, resolveDir, importer }) =>
    build.resolve("tslib/tslib.es6.mjs", { kind, resolveDir, importer }),
  );
};

/** jsonwebtoken asks whether Node is newer than 6, 15 and 16. `engines` allows no Node before 20. */
const semver = (build: PluginBuild): void => {
  build.onResolve({ filter: /^semver$/ }, ({ importer }) =>
    /\/jsonwebtoken\/lib\/\w+Supported\.js$/.test(importer.replaceAll(path.sep, "/"))
      ? { path: "semver", namespace: leftOut }
      : null,
  );
};

/**
 * @azure/identity opens a browser for interactive requests only: of `InteractiveBrowserCredential`, and of brokers that
 * are plugins. The app uses neither.
 */
const browser = (build: PluginBuild): void => {
  build.onResolve({ filter: /^open$/ }, () => ({ path: "open", namespace: leftOut }));
};

const replacements: Readonly<Record<string, string>> = {
  semver: "export const satisfies = () => true;",
  open: `export default () => { throw new Error("the bundle of the rotator opens no browser"); };`,
};

/** Leaves out what the app never runs, so that a cold start reads less. The same sources otherwise. */
export const leanBundle: Plugin = {
  name: "lean-bundle",
  setup: (build) => {
    for (const rule of [luxon, tslib, semver, browser]) rule(build);
    build.onLoad({ filter: /.*/, namespace: leftOut }, ({ path: name }) => ({ contents: replacements[name] ?? "" }));
  },
};
