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

test.each(["22.12.0", "24.0.0"])("every locked package accepts Node %s", (version) => {
  const refusing = packages.filter(([, locked]) => !semver.satisfies(version, nodeRange(locked)));
  expect(refusing.map(([name, locked]) => `${name}: ${nodeRange(locked)}`)).toEqual([]);
});

test("no locked package is deprecated", () => {
  expect(packages.filter(([, { deprecated }]) => deprecated !== undefined).map(([name]) => name)).toEqual([]);
});
