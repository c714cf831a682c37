import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import packageJson from "../../../package.json";
import packageLock from "../../../package-lock.json";
import { bundledPackages } from "../../tools/release/licences";
import { makeRelease, maxZipBytes, type Release, type ReleaseOptions } from "../../tools/release/main";
import type { Sbom } from "../../tools/release/sbom";
import { projectRoot } from "../../unit/infra/bicep";
import { sbomProblems } from "./cyclonedx";

/** Licences that allow a closed or open app to include the code, with their text. */
const allowed = ["MIT", "ISC", "BSD-3-Clause", "Apache-2.0", "0BSD"];

const temporary: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), "release-"));
  temporary.push(folder);
  return folder;
};
const compiled = (_bicep: string, target: string): boolean => {
  writeFileSync(target, "{}");
  return true;
};
const make = (changes: Partial<ReleaseOptions> = {}): Promise<Release> =>
  makeRelease({
    work: newFolder(),
    repository: "someone/batch-key-rotator",
    dry: true,
    tag: null,
    compile: () => false,
    ...changes,
  });
const always = [
  "SHA256SUMS",
  "THIRD-PARTY-NOTICES.txt",
  "app.zip",
  "batch-key-rotator-client-0.1.0.tgz",
  "batch_key_client-0.1.0-py3-none-any.whl",
  "createUiDefinition.json",
  "rotator.js",
  "sbom.cdx.json",
];

let release: Release;
let sbom: Sbom;
const fileOf = (name: string, { folder } = release): string => path.join(folder, name);
const textOf = (name: string): string => readFileSync(fileOf(name), "utf8");

beforeAll(async () => {
  release = await make();
  sbom = JSON.parse(textOf("sbom.cdx.json"));
});
afterAll(() => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

describe("a release", () => {
  it("has these files, and a dry run names what this machine cannot make", async () => {
    expect(release.files).toEqual(always.toSorted());
    expect(readdirSync(release.folder).toSorted()).toEqual(release.files);
    expect(release.missing).toEqual([
      expect.stringMatching(/^azuredeploy\.json: not compiled, because neither bicep nor az /),
    ]);
    const { files, missing } = await make({ compile: compiled });
    expect([files, missing]).toEqual([[...always, "azuredeploy.json"].toSorted(), []]);
  });

  it("has the checksums of all its files", () => {
    const checked = execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: release.folder, encoding: "utf8" });
    const names = checked.trim().split("\n");
    expect(names.filter((line) => !line.endsWith(": OK"))).toEqual([]);
    expect(names).toHaveLength(release.files.length - 1);
  });

  it("needs the tag of its version, and a compiler", async () => {
    const tag = `v${packageJson.version}`;
    await expect(make({ dry: false, tag: "v9.9.9", compile: compiled })).rejects.toThrow(`the tag must be ${tag}`);
    await expect(make({ dry: false, tag })).rejects.toThrow("azuredeploy.json needs bicep");
  });
});

test("rotator.js is the command line, with no other file beside it", () => {
  const folder = newFolder();
  copyFileSync(fileOf("rotator.js"), path.join(folder, "rotator.js"));
  const help = execFileSync(process.execPath, ["rotator.js", "--help"], { cwd: folder, encoding: "utf8" });
  expect(help).toContain("Usage: batch-key-rotator");
  expect(textOf("THIRD-PARTY-NOTICES.txt")).toMatch(/^commander /m);
});

const unzip = (...args: readonly string[]): string =>
  execFileSync("python3", ["-m", "zipfile", ...args], { cwd: release.folder, encoding: "utf8" });

describe("app.zip", () => {
  it("is small", () => {
    expect(statSync(fileOf("app.zip")).size).toBeLessThan(maxZipBytes);
    expect(maxZipBytes).toBe(350_000);
  });

  it("holds the deployed folder and the licences, at its top level", () => {
    expect(unzip("-t", "app.zip")).toContain("Done testing");
    const target = mkdtempSync(path.join(tmpdir(), "unzipped-"));
    temporary.push(target);
    unzip("-e", "app.zip", target);
    const app = path.join(release.folder, "../app");
    const deployed = readdirSync(app);
    expect(readdirSync(target).toSorted()).toEqual([...deployed, "LICENSE", "THIRD-PARTY-NOTICES.txt"].toSorted());
    for (const file of deployed) {
      expect(readFileSync(path.join(target, file)).equals(readFileSync(path.join(app, file)))).toBe(true);
    }
    expect(readFileSync(path.join(target, "THIRD-PARTY-NOTICES.txt"), "utf8")).toBe(textOf("THIRD-PARTY-NOTICES.txt"));
  });

  it("has the same bytes each time that it is made", async () => {
    const again = await make();
    expect(readFileSync(fileOf("app.zip", again)).equals(readFileSync(fileOf("app.zip")))).toBe(true);
  });
});

describe("the notices", () => {
  it("hold the licence text of every package of which the bundle contains code", () => {
    expect(release.packages.length).toBeGreaterThan(30);
    const text = textOf("THIRD-PARTY-NOTICES.txt");
    for (const { name, version, licence, texts } of release.packages) {
      expect(text).toContain(`${name} ${version} (${licence})\n`);
      for (const part of texts) expect(text).toContain(part.trim());
      expect(texts.join("\n")).toMatch(/copyright|permission/i);
    }
  });

  it("are of licences that allow this", () => {
    const others = release.packages.filter(({ licence }) => !allowed.includes(licence));
    expect(others.map(({ name, licence }) => `${name}: ${licence}`)).toEqual([]);
  });

  it("cannot be made for a package without any licence text", () => {
    const work = mkdtempSync(path.join(tmpdir(), "no-licence-"));
    temporary.push(work);
    execFileSync("mkdir", ["-p", path.join(work, "node_modules/bare")]);
    execFileSync("sh", ["-c", `echo '{"name":"bare","version":"1.0.0","license":"Apache-2.0"}' > bare/package.json`], {
      cwd: path.join(work, "node_modules"),
    });
    expect(() => bundledPackages(work, ["node_modules/bare/index.js"])).toThrow("bare ships no licence text");
  });
});

describe("the bill of materials", () => {
  it("is valid CycloneDX about this app", () => {
    expect(sbomProblems(sbom)).toEqual([]);
    expect(sbom.metadata.component).toMatchObject({ name: packageJson.name, version: packageJson.version });
  });

  it("has every package of which the bundle contains code, and no development tool", () => {
    const listed = sbom.components.map(({ name, version }) => `${name} ${version}`);
    expect(
      release.packages.map(({ name, version }) => `${name} ${version}`).filter((one) => !listed.includes(one)),
    ).toEqual([]);
    const locked: Readonly<Record<string, { readonly version?: string; readonly link?: boolean }>> =
      packageLock.packages;
    const tools = Object.keys(packageJson.devDependencies).filter((name) => !(name in packageJson.dependencies));
    const wrong = tools.map((name) => `${name} ${locked[`node_modules/${name}`]?.version}`);
    expect(wrong.filter((one) => listed.includes(one)).filter((one) => !one.startsWith("semver "))).toEqual([]);
  });

  it("would be refused without a component that another depends on, or with one twice", () => {
    const [first, ...others] = sbom.components;
    if (first === undefined) throw new Error("there is no component");
    expect(sbomProblems({ ...sbom, components: others })).not.toEqual([]);
    expect(sbomProblems({ ...sbom, components: [...sbom.components, first] })).toEqual([
      `${first["bom-ref"]} is twice in it`,
    ]);
  });
});

test("the text of the release comes from the changelog, with a button for each cloud", () => {
  const notes = readFileSync(path.join(release.folder, "../release-notes.md"), "utf8");
  const changelog = readFileSync(path.join(projectRoot, "CHANGELOG.md"), "utf8");
  const [, newest = ""] = /^## .*\n\n([\s\S]*?)(?=\n## |$(?![\s\S]))/m.exec(changelog) ?? [];
  expect(notes.startsWith(newest.trim())).toBe(true);
  const links = [...notes.matchAll(/\]\((https:\/\/portal\.\S+?)\)/g)].map(([, link = ""]) => link);
  expect(links.map((link) => new URL(link).host)).toEqual(["portal.azure.com", "portal.azure.us", "portal.azure.cn"]);
  for (const link of links) {
    const [, template, form] = /template\/uri\/(\S+)\/createUIDefinitionUri\/(\S+)$/i.exec(link) ?? [];
    const base = `https://raw.githubusercontent.com/someone/batch-key-rotator/portal-v${packageJson.version}`;
    expect([template, form].map((one) => decodeURIComponent(one ?? ""))).toEqual([
      `${base}/azuredeploy.json`,
      `${base}/createUiDefinition.json`,
    ]);
  }
});
