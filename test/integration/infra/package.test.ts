import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateRawSync } from "node:zlib";
import packageJson from "../../../package.json";
import packageLock from "../../../package-lock.json";
import { buildBundle } from "../../tools/build";
import { packageApp } from "../../tools/package";
import { maxZipBytes } from "../../tools/release/main";
import { isLeftOut, packagingSteps, type Service } from "../../unit/infra/azd";
import { at, projectRoot } from "../../unit/infra/bicep";
import { resourceId } from "../../unit/infra/parameter-sets";

let folder: string;
let app: string;
let inputs: readonly string[];

/** The path as in the lock file, wherever `node_modules` is. */
const asLocked = (file: string): string => file.replace(/^.*?(?=node_modules\/)/, "");

const packages: Readonly<Record<string, { readonly dev?: boolean } | object>> = packageLock.packages;
const runtimePackages = Object.entries(packages).flatMap(([name, about]) =>
  name.startsWith("node_modules/") && !("dev" in about) ? [`${name}/`] : [],
);

/** Files that must not be deployed. */
const strangers = (files: readonly string[]): readonly string[] =>
  files.filter((file) => !["functions/", "lib/", ...runtimePackages].some((start) => file.startsWith(start)));

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "package-"));
  app = path.join(folder, "app");
  const bundle = path.join(folder, path.basename(packageJson.main));
  inputs = (await buildBundle({ outfile: bundle })).inputs.map(asLocked);
  packageApp(app, bundle);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package", () => {
  it("is small when zipped", () => {
    const zipped = readdirSync(app).reduce(
      (sum, file) => sum + deflateRawSync(readFileSync(path.join(app, file))).length,
      0,
    );
    expect(zipped).toBeLessThan(maxZipBytes);
  });

  it("contains only this app's sources and runtime dependencies, no tests or development tools", () => {
    expect(inputs).toEqual(expect.arrayContaining(["functions/index.ts", "lib/operations/tick/tick.ts"]));
    expect(inputs.length).toBeGreaterThan(200);
    expect(strangers(inputs)).toEqual([]);
  });

  it("contains no code that the app never runs", () => {
    const parts = ["semver/", "open/", "luxon/build/", "luxon/src/datetime.js", "tslib/tslib.js"];
    expect(inputs.filter((file) => parts.some((part) => file.startsWith(`node_modules/${part}`)))).toEqual([]);
    expect(inputs).toContain("node_modules/luxon/src/zones/IANAZone.js");
  });

  it("would be rejected with a test or a development tool in it", () => {
    expect(
      strangers([
        "functions/index.ts",
        "lib/operations/tick/tick.ts",
        "test/emulators/vault.ts",
        "node_modules/azurite/dist/a.js",
      ]),
    ).toEqual(["test/emulators/vault.ts", "node_modules/azurite/dist/a.js"]);
  });
});

/** A copy of what a user has, with these accounts in infra/accounts.json. */
const projectWith = (name: string, accounts: readonly object[], comment = ""): string => {
  const copy = path.join(folder, name);
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: projectRoot, encoding: "utf8" }).split("\0");
  const sources = /^(?:[^/]+$|cli\/|docs\/openapi\.json$|functions\/|infra\/|lib\/|test\/tools\/)/;
  const needed = listed.filter((file) => sources.test(file));
  for (const file of needed) {
    const from = path.join(projectRoot, file);
    if (existsSync(from)) cpSync(from, path.join(copy, file));
  }
  writeFileSync(path.join(copy, "local.settings.json"), "{}");
  writeFileSync(path.join(copy, "infra/accounts.json"), `${comment}${JSON.stringify({ defaults: {}, accounts })}`);
  symlinkSync(path.join(projectRoot, "node_modules"), path.join(copy, "node_modules"));
  return copy;
};

const azure: unknown = createRequire(path.join(projectRoot, "package.json"))("js-yaml").load(
  readFileSync(path.join(projectRoot, "azure.yaml"), "utf8"),
);
const service: Service = JSON.parse(JSON.stringify(at(azure, "services.rotator")));

/** What azd would put into the zip after its steps. The first installs packages, which are there. */
const zippedByAzd = (project: string): readonly string[] => {
  const [install, ...others] = packagingSteps(service);
  expect(install).toMatch(/^npm install /);
  for (const command of others) execFileSync("sh", ["-c", command], { cwd: project, stdio: "pipe" });
  const root = path.join(project, service.dist ?? "");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  return files.filter((file) => statSync(path.join(root, file)).isFile() && !isLeftOut(file)).toSorted();
};

const account = { resourceId: resourceId(0, "render", "Microsoft.Batch/batchAccounts/renderweu") };

const appFiles = ["functions.js", "host.json", "openapi.json", "package.json"];

describe("the zip of azd", () => {
  it("holds the bundle and the files that start it", () => {
    expect(zippedByAzd(projectWith("none", []))).toEqual(appFiles);
  });

  it("holds infra/accounts.json too where it lists accounts", () => {
    const approved = { ...account, gate: { mode: "approval" } };
    const project = projectWith("some", [approved]);
    expect(zippedByAzd(project)).toEqual(["accounts.json", ...appFiles]);
    expect(JSON.parse(readFileSync(path.join(project, "dist/app/accounts.json"), "utf8"))).toEqual({
      defaults: {},
      accounts: [approved],
    });
  });

  it("is not made of a file that Bicep would not read", () => {
    const project = projectWith("commented", [{ ...account, gate: { mode: "approval" } }], "// ours\n");
    expect(() => zippedByAzd(project)).toThrow("holds comments or trailing commas, which Bicep does not read");
  });

  it("is not made of accounts that the app would refuse", () => {
    const wrong = { ...account, rotateEvry: "P30D", secret: { vault: "render-keys" } };
    const project = projectWith("wrong", [wrong]);
    const packaged = () => zippedByAzd(project);
    expect(packaged).toThrow("/accounts/0/rotateEvry is not a known key");
    expect(packaged).toThrow("/accounts/0/secret/vault is not a known key");
    expect(packaged).toThrow("/accounts/0/gate/consumers must name at least one consumer");
  });
});
