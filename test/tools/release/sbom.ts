import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import packageJson from "../../../package.json";

export interface Component {
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
}

/** The members of CycloneDX 1.5 that are read here. */
export interface Sbom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Locked {
  readonly dev?: boolean;
  /** To a package of this repository, which is not part of the app. */
  readonly link?: boolean;
}

/** The lockfile of an install without development dependencies. */
const runtimeLock = (projectRoot: string): object => {
  const lock = JSON.parse(readFileSync(path.join(projectRoot, "package-lock.json"), "utf8"));
  const packages: Readonly<Record<string, Locked>> = lock.packages;
  const kept = Object.entries(packages).filter(
    ([place, { dev, link }]) => place.startsWith("node_modules/") && dev !== true && link !== true,
  );
  const { devDependencies: _, workspaces: __, ...root } = lock.packages[""];
  return { ...lock, packages: { ...Object.fromEntries(kept), "": root } };
};

/**
 * CycloneDX of all runtime dependencies, by `npm sbom`. Not with `--omit dev`: npm would also leave out every package
 * that a development tool shares with the app.
 */
export const sbomOf = (projectRoot: string): Sbom => {
  const folder = mkdtempSync(path.join(tmpdir(), "sbom-"));
  try {
    const { devDependencies: _, workspaces: __, ...runtime } = packageJson;
    writeFileSync(path.join(folder, "package.json"), JSON.stringify(runtime));
    writeFileSync(path.join(folder, "package-lock.json"), JSON.stringify(runtimeLock(projectRoot)));
    const options = ["--sbom-format", "cyclonedx", "--sbom-type", "application", "--package-lock-only"];
    const text = execFileSync("npm", ["sbom", ...options], { cwd: folder, encoding: "utf8" });
    const { metadata, ...sbom }: Sbom = JSON.parse(text);
    // npm gives the name of the folder.
    return { ...sbom, metadata: { ...metadata, component: { ...metadata.component, name: packageJson.name } } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
