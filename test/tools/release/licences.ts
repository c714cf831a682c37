import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** One package, some code of which is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
  /** Licence and notice files, as the package ships them. */
  readonly texts: readonly string[];
}

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
  readonly author?: string | { readonly name?: string };
}

const isLicenceFile = (file: string): boolean => /^(licen[cs]e|copying|notice)(\.|$)/i.test(file);

/** Some packages declare MIT and forget the text. Its words are those of this project's own licence. */
const standardText = (projectRoot: string, { name, author, license }: PackageJson): string => {
  const holder = typeof author === "string" ? author : author?.name;
  if (license !== "MIT" || holder === undefined) {
    throw new Error(`${name} ships no licence text, and none can be derived: replace the package, or ask its author`);
  }
  const own = readFileSync(path.join(projectRoot, "LICENSE"), "utf8");
  return own.replace(/^Copyright .*$/m, `Copyright (c) ${holder}`);
};

const describe = (projectRoot: string, folder: string): BundledPackage => {
  const json: PackageJson = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  const { name, version, license } = json;
  if (typeof license !== "string") throw new Error(`${name} declares no licence`);
  const files = readdirSync(folder).filter(isLicenceFile).toSorted();
  const texts = files.map((file) => readFileSync(path.join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
  return { name, version, licence: license, texts: texts.length > 0 ? texts : [standardText(projectRoot, json)] };
};

const folderOf = (input: string): string | null => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? null;

/** The packages that these inputs of the bundle belong to, by name. */
export const bundledPackages = (projectRoot: string, inputs: readonly string[]): readonly BundledPackage[] => {
  const folders = new Set(inputs.map(folderOf).filter((folder) => folder !== null));
  const found = [...folders].map((folder) => describe(projectRoot, path.resolve(projectRoot, folder)));
  const unique = new Map(found.map((one) => [`${one.name} ${one.version}`, one]));
  return [...unique.entries()].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, one]) => one);
};

const rule = "-".repeat(80);

/** THIRD-PARTY-NOTICES: each text once, below the packages that it is the licence of. */
export const noticesOf = (packages: readonly BundledPackage[]): string => {
  const byText = new Map<string, string[]>();
  for (const { name, version, licence, texts } of packages) {
    const text = texts.join("\n\n");
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${licence})`]);
  }
  const parts = [...byText].map(([text, names]) => `${rule}\n${names.join("\n")}\n\n${text.trim()}\n`);
  return [
    "functions.js contains code of the packages below. Each is under the licence below its name.\n",
    ...parts,
  ].join("\n");
};
