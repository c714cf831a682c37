import path from "node:path";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";

/** The module that holds the text. */
const deferredText = "deferred-text";

/** Parsed at the first use of any part. */
const loaderText = (source: string): string => `
const { compileFunction } = require("node:vm");
let parts = null;
exports.part = (name) => {
  if (parts === null) {
    const inner = { exports: {} };
    const names = ["exports", "require", "module", "__filename", "__dirname"];
    const run = compileFunction(${JSON.stringify(source)}, names, { filename: __filename });
    run(inner.exports, require, inner, __filename, __dirname);
    parts = inner.exports.parts;
  }
  return parts[name];
};`;

/** The files that `folder` imports when they are needed, and nowhere else. */
const deferredImports = async (options: BuildOptions, folder: string): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  const finder: Plugin = {
    name: "deferred-finder",
    setup: (builder) => {
      builder.onResolve({ filter: /^\./ }, ({ kind, importer, resolveDir, path: asked }) => {
        if (kind !== "dynamic-import" || path.dirname(importer) !== folder) return null;
        found.add(path.resolve(resolveDir, `${asked}.ts`));
        return { path: asked, external: true };
      });
    },
  };
  await build({ ...options, write: false, plugins: [finder, ...(options.plugins ?? [])] });
  return found;
};

/** The same on every machine. */
const nameOf = (folder: string, file: string): string => path.relative(folder, file).replaceAll(path.sep, "/");

/** All of these files as one script. */
const buildParts = async (options: BuildOptions, folder: string, files: ReadonlySet<string>) => {
  const sorted = [...files].toSorted();
  const imports = sorted.map((file, i) => `import * as part${i} from ${JSON.stringify(file)};`);
  const parts = sorted.map((file, i) => `${JSON.stringify(nameOf(folder, file))}: part${i}`);
  const { entryPoints: _entry, outfile: _file, sourcemap: _map, ...rest } = options;
  const { outputFiles, metafile } = await build({
    ...rest,
    stdin: {
      contents: `${imports.join("")} export const parts = { ${parts.join(", ")} };`,
      resolveDir: options.absWorkingDir ?? "",
      loader: "js",
    },
    write: false,
    metafile: true,
  });
  return { source: outputFiles[0]?.text ?? "", metafile };
};

/**
 * Node parses a script before it runs any of it, a megabyte in about 30 ms. What `folder` imports only when it is
 * needed is therefore kept as a text in the same file, which is parsed at its first use.
 */
export const deferring = async (
  options: BuildOptions,
  folder: string,
): Promise<{ readonly plugin: Plugin; readonly metafile: Metafile }> => {
  const { source, metafile } = await buildParts(options, folder, await deferredImports(options, folder));
  const plugin: Plugin = {
    name: "deferred",
    setup: (builder) => {
      builder.onResolve({ filter: /^\./ }, ({ kind, importer, resolveDir, path: asked }) =>
        kind === "dynamic-import" && path.dirname(importer) === folder
          ? { path: path.resolve(resolveDir, `${asked}.ts`), namespace: "deferred" }
          : null,
      );
      builder.onResolve({ filter: new RegExp(`^${deferredText}$`) }, () => ({
        path: deferredText,
        namespace: deferredText,
      }));
      builder.onLoad({ filter: /.*/, namespace: "deferred" }, ({ path: file }) => ({
        contents: `module.exports = require("${deferredText}").part(${JSON.stringify(nameOf(folder, file))});`,
      }));
      builder.onLoad({ filter: /.*/, namespace: deferredText }, () => ({ contents: loaderText(source) }));
    },
  };
  return { plugin, metafile };
};
