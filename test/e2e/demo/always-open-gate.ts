import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";

const replaced = "else return { open: false, ...found };";
const replacement = "else override = found.reason;";

/** The app with a gate that never shuts. Fails if the source of the gate has changed. */
export const alwaysOpenGate: Plugin = {
  name: "always-open-gate",
  setup: (build) => {
    build.onLoad({ filter: /lib[\\/]rotation[\\/]gate[\\/]gate\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (text.split(replaced).length !== 2) throw new Error(`gate.ts does not contain "${replaced}" once`);
      return { contents: text.replace(replaced, replacement), loader: "ts" };
    });
  },
};
