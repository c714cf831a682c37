import type { Plugin } from "esbuild";
import { browser, jsonSchemas, longOperations, proxyLogs, tokens, userCredentials, xml } from "./left-out-modules";
import { type LeanOptions, members, otherOperations } from "./left-out-operations";
import { leftOut, replacements } from "./replacements";
import { functionsSources, luxon, tslib } from "./sources";

const sources = [luxon, functionsSources, tslib];
const modules = [tokens, browser, userCredentials, proxyLogs, jsonSchemas, longOperations, xml];

/** Leaves out what the app never runs, so that a cold start reads less. The same sources otherwise. */
export const leanBundle = (options: LeanOptions): Plugin => ({
  name: "lean-bundle",
  setup: (build) => {
    for (const rule of [...sources, ...modules, otherOperations, members(options)]) rule(build);
    build.onLoad({ filter: /.*/, namespace: leftOut }, ({ path: name }) => ({ contents: replacements[name] ?? "" }));
  },
});
