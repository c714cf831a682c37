import { readFileSync } from "node:fs";
import path from "node:path";
import semver from "semver";

interface LockedPackage {
  readonly engines?: { readonly node?: string } | readonly string[];
  readonly deprecated?: string;
}

const lockfile: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
  readFileSync(path.join(__dirname, "../../package-lock.json"), "utf8"),
);
const packages = Object.entries(lockfile.packages);

/** Old packages write `engines` as a list, which npm does not check. */
const nodeRange = ({ engines = {} }: LockedPackage): string => ("node" in engines && engines.node) || "*";

test.each(["20.19.0", "22.12.0", "24.0.0"])("npm ci under Node %s warns of no unsupported engine", (version) => {
  const refusing = packages.filter(([, locked]) => !semver.satisfies(version, nodeRange(locked)));
  expect(refusing.map(([name, locked]) => `${name}: ${nodeRange(locked)}`)).toEqual([]);
});

test("npm ci warns of no deprecated package", () => {
  expect(packages.filter(([, { deprecated }]) => deprecated !== undefined).map(([name]) => name)).toEqual([]);
});
