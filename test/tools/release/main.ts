import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import packageJson from "../../../package.json";
import { buildBundle } from "../build";
import { buildCommandLine } from "../build-command-line";
import { packageApp } from "../package";
import { packNodeClient, packPythonClient } from "./client-packages";
import { type BundledPackage, bundledPackages, noticesOf } from "./licences";
import { changesOf, releaseNotes } from "./notes";
import { sbomOf } from "./sbom";
import { compileTemplate } from "./template";
import { zip } from "./zip";

const projectRoot = path.resolve(__dirname, "../../..");
export const maxZipBytes = 350_000;

export interface ReleaseOptions {
  /** Gets the bundle, `app/`, `release/` with the files, and `release-notes.md`. */
  readonly work: string;
  /** `owner/name`. */
  readonly repository: string;
  /** A dry run needs no tag and no compiler, and takes the changes that are not released yet. */
  readonly dry: boolean;
  /** The tag that is released. */
  readonly tag: string | null;
  /** Compiles a template to a file; false where this machine has no compiler. */
  readonly compile: (bicep: string, target: string) => boolean;
}

export interface Release {
  readonly folder: string;
  readonly files: readonly string[];
  /** The packages of which the bundle contains code. */
  readonly packages: readonly BundledPackage[];
  /** What a release has and this dry run has not. */
  readonly missing: readonly string[];
}

const sha256 = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

/** `app.zip`: the folder that azd deploys too, and the licences, because a release hands the bundle on. */
const writeZip = (app: string, target: string, notices: string): void => {
  const files = readdirSync(app).toSorted();
  const data = zip([
    ...files.map((name) => ({ name, data: readFileSync(path.join(app, name)) })),
    { name: "LICENSE", data: readFileSync(path.join(projectRoot, "LICENSE")) },
    { name: "THIRD-PARTY-NOTICES.txt", data: Buffer.from(notices) },
  ]);
  if (data.length > maxZipBytes) throw new Error(`app.zip has ${data.length} bytes, more than ${maxZipBytes}`);
  writeFileSync(target, data);
};

const checkTag = (tag: string | null, dry: boolean): void => {
  if (dry || tag === `v${packageJson.version}`) return;
  throw new Error(`the tag must be v${packageJson.version}, the version in package.json`);
};

const writeTemplate = (folder: string, { dry, compile }: ReleaseOptions): readonly string[] => {
  const compiled = compile(path.join(projectRoot, "infra/resources.bicep"), path.join(folder, "azuredeploy.json"));
  if (compiled) return [];
  if (!dry) throw new Error("azuredeploy.json needs bicep, or az with bicep: az bicep install");
  return ["azuredeploy.json: not compiled, because neither bicep nor az is on this machine; the workflow compiles it"];
};

const writeNotes = ({ work, repository, dry }: ReleaseOptions, files: readonly string[]): void => {
  const changelog = readFileSync(path.join(projectRoot, "CHANGELOG.md"), "utf8");
  const { version } = packageJson;
  const unreleased = dry && changesOf(changelog, version) === null;
  const renamed = unreleased ? changelog.replace(/^## Unreleased$/m, `## ${version}`) : changelog;
  writeFileSync(path.join(work, "release-notes.md"), releaseNotes({ changelog: renamed, version, repository, files }));
};

const writeSums = (folder: string): void => {
  const sums = readdirSync(folder)
    .toSorted()
    .map((file) => `${sha256(path.join(folder, file))}  ${file}\n`);
  writeFileSync(path.join(folder, "SHA256SUMS"), sums.join(""));
};

/** Makes every file of a release. The workflow publishes what this has made, and adds nothing. */
export const makeRelease = async (options: ReleaseOptions): Promise<Release> => {
  const { work, dry, tag } = options;
  checkTag(tag, dry);
  const [app, folder] = [path.join(work, "app"), path.join(work, "release")];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { outfile, inputs } = await buildBundle({ outfile: path.join(work, path.basename(packageJson.main)) });
  packageApp(app, outfile);
  const commandLine = await buildCommandLine(path.join(folder, path.basename(packageJson.bin["batch-key-rotator"])));
  const packages = bundledPackages(projectRoot, [...inputs, ...commandLine.inputs]);
  const notices = noticesOf(packages);
  writeFileSync(path.join(folder, "THIRD-PARTY-NOTICES.txt"), notices);
  writeZip(app, path.join(folder, "app.zip"), notices);
  writeFileSync(path.join(folder, "sbom.cdx.json"), `${JSON.stringify(sbomOf(projectRoot), null, 2)}\n`);
  copyFileSync(path.join(projectRoot, "infra/createUiDefinition.json"), path.join(folder, "createUiDefinition.json"));
  await packNodeClient(folder);
  packPythonClient(folder);
  const missing = writeTemplate(folder, options);
  writeSums(folder);
  const files = readdirSync(folder).toSorted();
  writeNotes(options, files);
  return { folder, files, packages, missing };
};

const main = async (): Promise<void> => {
  const { folder, files, missing } = await makeRelease({
    work: path.join(projectRoot, "dist"),
    repository: process.env["GITHUB_REPOSITORY"] ?? "owner/batch-key-rotator",
    dry: process.argv.includes("--dry"),
    tag: process.env["GITHUB_REF_NAME"] ?? null,
    compile: compileTemplate,
  });
  for (const file of files) {
    const { size } = statSync(path.join(folder, file));
    console.log(`dist/release/${file} ${(size / 1024).toFixed(1)} KiB`);
  }
  for (const line of missing) console.log(line);
};

if (require.main === module) {
  main().catch((problem: unknown) => {
    console.error(`release failed: ${problem instanceof Error ? problem.message : String(problem)}`);
    process.exitCode = 1;
  });
}
