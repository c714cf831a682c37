import { readFile } from "node:fs/promises";
import path from "node:path";
import { type PluginBuild, transform } from "esbuild";

const importsOf = (folder: string, importer: string): boolean => importer.startsWith(folder + path.sep);

/**
 * Only `IANAZone` is used. The published module is one file of classes that refer to each other; of its source files a
 * tenth is needed. They have no side effects, as the package declares; the `package.json` beside them forgets it.
 */
export const luxon = (build: PluginBuild): void => {
  const folder = path.join(path.dirname(require.resolve("luxon/package.json")), "src");
  build.onResolve({ filter: /^luxon$/ }, () => ({ path: path.join(folder, "luxon.js"), sideEffects: false }));
  build.onResolve({ filter: /^\.\.?\// }, ({ path: file, importer, resolveDir }) =>
    importsOf(folder, importer) ? { path: path.join(resolveDir, file), sideEffects: false } : null,
  );
};

/**
 * The published script is one file that cannot be tree-shaken. Its sources are published too; they have no side effects
 * at their start, and are compiled as their authors compile them.
 */
export const functionsSources = (build: PluginBuild): void => {
  for (const name of ["@azure/functions", "@azure/functions-extensions-base"]) {
    const folder = path.join(path.dirname(require.resolve(name)), "../src");
    build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({
      path: path.join(folder, "index.ts"),
      sideEffects: false,
    }));
    build.onResolve({ filter: /^\.\.?\// }, ({ path: file, importer, resolveDir }) =>
      importsOf(folder, importer) ? { path: path.join(resolveDir, `${file}.ts`), sideEffects: false } : null,
    );
  }
  build.onLoad({ filter: /\/@azure\/functions(?:-extensions-base)?\/src\/.*\.ts$/ }, async ({ path: file }) => {
    const tsconfigRaw = { compilerOptions: { useDefineForClassFields: false } };
    const { code } = await transform(await readFile(file, "utf8"), { loader: "ts", target: "node20", tsconfigRaw });
    return { contents: code };
  });
};

/** The condition `import` gives a CommonJS module, which cannot be tree-shaken. */
export const tslib = (build: PluginBuild): void => {
  build.onResolve({ filter: /^tslib$/ }, ({ kind, resolveDir, importer }) =>
    build.resolve("tslib/tslib.es6.mjs", { kind, resolveDir, importer }),
  );
};
