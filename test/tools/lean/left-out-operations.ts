import { readFile } from "node:fs/promises";
import path from "node:path";
import type { PluginBuild } from "esbuild";
import { inAzure } from "./in-azure";
import { leftOutMembers } from "./left-out-members";
import { withMarkedMethods, withoutListed, withoutMembers } from "./members";
import { usedMappers } from "./used-mappers";

export interface LeanOptions {
  /** Methods that nothing calls. */
  readonly uncalled: ReadonlySet<string>;
  /** Whether definitions of methods are marked. */
  readonly marked: boolean;
}

/** What the app sends to Resource Manager and reads from it. */
const batchMappers = ["BatchAccount", "BatchAccountKeys", "BatchAccountRegenerateKeyParameters", "CloudError"];

/** A class of operations without any. */
const emptied = ({ path: file }: { readonly path: string }) => {
  const name = path.basename(file, ".js");
  if (name === "index" || name === "batchAccountOperations") return null;
  return { contents: `export class ${name[0]?.toUpperCase()}${name.slice(1)}Impl {}` };
};

/** Of Resource Manager's operations only those of Batch accounts are used; of the tables' those of tables. */
export const otherOperations = (build: PluginBuild): void => {
  build.onLoad({ filter: /\/arm-batch\/dist-esm\/src\/operations\/\w+\.js$/ }, emptied);
  build.onLoad({ filter: /\/data-tables\/dist\/esm\/generated\/operations\/service\.js$/ }, emptied);
  build.onLoad({ filter: /\/arm-batch\/dist-esm\/src\/models\/mappers\.js$/ }, async ({ path: file }) => ({
    contents: usedMappers(await readFile(file, "utf8"), batchMappers),
  }));
  build.onLoad({ filter: /\/data-tables\/dist\/esm\/generated\/models\/mappers\.js$/ }, async ({ path: file }) => {
    const folder = path.dirname(file);
    const table = await readFile(path.join(folder, "../operations/table.js"), "utf8");
    const parameters = await readFile(path.join(folder, "parameters.js"), "utf8");
    const named = [...table.matchAll(/\bMappers\.(\w+)/g), ...parameters.matchAll(/(\w+) as \w+Mapper\b/g)];
    const used = named.map(([, name]) => name ?? "").filter((name) => name !== "TableServiceProperties");
    return { contents: usedMappers(await readFile(file, "utf8"), used) };
  });
};

/** What nothing outside of the bundle calls: neither the Functions host nor Node. */
const callersInside = new RegExp(
  "/node_modules/(?:@azure/" +
    "(?:arm-batch|core-client|data-tables|identity|keyvault-secrets|msal-common|msal-node)/.*" +
    "|zod/v4/classic/schemas)\\.m?js$",
);

/** See `left-out-members.ts` and `uncalled.ts`. */
export const members =
  ({ uncalled, marked }: LeanOptions) =>
  (build: PluginBuild): void => {
    build.onLoad({ filter: callersInside }, async ({ path: file }) => {
      const listed = leftOutMembers[inAzure(file)] ?? [];
      const read = await readFile(file, "utf8");
      const source = withoutMembers(withoutListed(read, listed), (name) => uncalled.has(name));
      return { contents: marked ? withMarkedMethods(source) : source };
    });
  };
