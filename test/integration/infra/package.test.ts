import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateRawSync } from "node:zlib";
import packageJson from "../../../package.json";
import packageLock from "../../../package-lock.json";
import { buildBundle } from "../../tools/build";
import { packageApp } from "../../tools/package";
import { projectRoot } from "../../unit/infra/bicep";
import { words } from "../../builders/words";

const maxBytes = 400 * 1024;

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
    expect(zipped).toBeLessThan(maxBytes);
  });

  it("contains only this app's sources and runtime dependencies, no tests or development tools", () => {
    expect(inputs).toEqual(expect.arrayContaining(["functions/index.ts", "lib/operations/tick.ts"]));
    expect(inputs.length).toBeGreaterThan(200);
    expect(strangers(inputs)).toEqual([]);
  });

  it("would be rejected with a test or a development tool in it", () => {
    expect(
      strangers([
        "functions/index.ts",
        "lib/operations/tick.ts",
        "test/emulators/vault.ts",
        "node_modules/azurite/dist/a.js",
      ]),
    ).toEqual(["test/emulators/vault.ts", "node_modules/azurite/dist/a.js"]);
  });
});

test(".funcignore reduces a deployment from this folder to the same bundle and the files that start it", () => {
  const tree = path.join(folder, "tree");
  const files = words(`
    dist/functions.js dist/functions.js.map dist/app/functions.js docs/deploy.md functions/index.ts host.json
    infra/main.bicep lib/operations/tick.ts local.settings.json node_modules/zod/index.js package-lock.json
    package.json test/unit/a.test.ts .github/workflows/ci.yml
  `);
  for (const file of files) {
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    writeFileSync(path.join(tree, file), "");
  }
  copyFileSync(path.join(projectRoot, ".funcignore"), path.join(folder, "ignore"));
  const git = (args: readonly string[]): string => execFileSync("git", args, { cwd: tree, encoding: "utf8" });
  git(["init", "--quiet"]);
  const left = git(["ls-files", "--others", `--exclude-from=${path.join(folder, "ignore")}`]);
  expect(left.trim().split("\n")).toEqual(["dist/functions.js", "host.json", "package.json"]);
});
