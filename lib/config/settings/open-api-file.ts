import { readFileSync } from "node:fs";
import { join } from "node:path";
import { appRoot } from "./host-json";

/** In the package it is beside host.json, in the sources among the documents. */
const places = ["openapi.json", join("docs", "openapi.json")];

/** The description of the HTTP routes. A file of its own: the bundle has no room for what is seldom read. */
export const readOpenApi = (): unknown => {
  for (const place of places) {
    const text = textOf(join(appRoot(process.env), place));
    if (text !== null) return JSON.parse(text);
  }
  throw new Error("openapi.json is not beside host.json: deploy the whole package");
};

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
};
