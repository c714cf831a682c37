import { build, type BuildOptions } from "esbuild";
import { leanBundle } from "./lean-bundle";
import { uncalledIn } from "./members";

/** The methods of the packages that nothing in the app calls. */
export const uncalledMethods = async (options: BuildOptions): Promise<ReadonlySet<string>> => {
  const plugins = [...(options.plugins ?? []), leanBundle({ uncalled: new Set(), marked: true })];
  const readable = { minify: false, minifySyntax: true, sourcemap: false, legalComments: "none" } as const;
  const { outputFiles } = await build({ ...options, ...readable, plugins, write: false, metafile: false });
  return uncalledIn(outputFiles[0]?.text ?? "");
};
