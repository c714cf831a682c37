import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import rootPackage from "../../../package.json";
import nodePackage from "../../../clients/node/package.json";
import { packNodeClient, packPythonClient } from "../../tools/release/client-packages";

const root = path.resolve(__dirname, "../../..");
let folder: string;
let installed: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "clients-"));
  const packed = await packNodeClient(folder);
  const app = path.join(folder, "app");
  mkdirSync(app);
  writeFileSync(path.join(app, "package.json"), JSON.stringify({ name: "app", version: "1.0.0", private: true }));
  execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund", packed], { cwd: app });
  installed = path.join(app, "node_modules/@batch-key-rotator/client");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd: path.join(folder, "app"), encoding: "utf8" }).trim();

const use = `
const key = rotatingBatchKey({
  account: "renderweu",
  secretUrl: "https://keys.vault.azure.net/secrets/renderweu-batch-key",
  credential: managedIdentity(),
  fallbackKey: "a2V5",
});
key.current().then(async (held) => { console.log(held.key, await key.close()); });
`;

describe("the package for Node", () => {
  it("holds its code, types, licence and description, and nothing else", () => {
    const files = readdirSync(installed, { recursive: true, encoding: "utf8" }).filter((file) =>
      statSync(path.join(installed, file)).isFile(),
    );
    const [libraries, types] = [
      ["index", "managed-identity"],
      ["d.ts", "d.mts"],
    ];
    const expected = [
      ...libraries.flatMap((name) => ["cjs", "mjs", ...types].map((ending) => `dist/${name}.${ending}`)),
      "dist/cli.cjs",
      "LICENSE",
      "README.md",
      "package.json",
    ];
    expect(files.toSorted()).toEqual(expected.toSorted());
    for (const file of files)
      expect(readFileSync(path.join(installed, file), "utf8")).not.toContain("sourceMappingURL");
  });

  it("has at most 10 KB of minified code, and no dependency", () => {
    for (const file of ["index.cjs", "index.mjs"])
      expect(statSync(path.join(installed, "dist", file)).size).toBeLessThan(10_000);
    expect(Object.keys(nodePackage).filter((name) => /dependencies/i.test(name))).toEqual([]);
    expect(nodePackage.version).toBe(rootPackage.version);
  });

  it("is used from an ES module and from CommonJS", () => {
    const imports =
      'import { rotatingBatchKey } from "@batch-key-rotator/client";\n' +
      'import { managedIdentity } from "@batch-key-rotator/client/managed-identity";\n';
    writeFileSync(path.join(folder, "app/esm.mjs"), imports + use);
    writeFileSync(
      path.join(folder, "app/cjs.cjs"),
      'const { rotatingBatchKey } = require("@batch-key-rotator/client");\n' +
        `const { managedIdentity } = require("@batch-key-rotator/client/managed-identity");\n${use}`,
    );
    expect(run(process.execPath, "esm.mjs")).toBe("a2V5 undefined");
    expect(run(process.execPath, "cjs.cjs")).toBe("a2V5 undefined");
  });

  it.each(["node16", "bundler"])("is used from TypeScript with the resolution %s, as credential of the SDK", (kind) => {
    const page = readFileSync(path.join(root, "docs/consumers.md"), "utf8");
    const [, block = ""] = /<!-- block: client node -->\n```ts\n([\s\S]*?)```/.exec(page) ?? [];
    const source = `
import { BatchServiceClient } from "@azure/batch";
import { managedIdentity } from "@batch-key-rotator/client/managed-identity";
declare const rotatorUrl: string, functionKey: string, secretUrl: string;
const credential = managedIdentity();
${block}
export const pools = client.pool.list();
`;
    for (const ending of ["mts", "cts"]) writeFileSync(path.join(folder, `app/use.${ending}`), source);
    const azure = path.join(root, "node_modules/@azure/batch/types/src/index.d.ts");
    const options = {
      module: kind === "node16" ? "node16" : "preserve",
      moduleResolution: kind,
      target: "es2022",
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      types: ["node"],
      typeRoots: [path.join(root, "node_modules/@types")],
      paths: { "@azure/batch": [azure] },
    };
    const files = ["use.mts", "use.cts"];
    writeFileSync(path.join(folder, "app/tsconfig.json"), JSON.stringify({ compilerOptions: options, files }));
    const { stdout, status } = spawnSync(path.join(root, "node_modules/.bin/tsc"), ["-p", "."], {
      cwd: path.join(folder, "app"),
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, ""]);
  });

  it("has the command", () => {
    expect(run("npx", "--offline", "batch-key-client", "--help")).toContain("batch-key-client exec");
  });
});

const hasPython = spawnSync("python3", ["-c", "import sys, pip; sys.exit(sys.version_info < (3, 9))"]).status === 0;
if (!hasPython) console.warn("python3 with pip is not on this machine, so the wheel is not installed");

it("the wheel for Python is installed, holds no test, and has module and command", () => {
  if (!hasPython) return;
  const wheel = packPythonClient(folder);
  const target = path.join(folder, "site");
  execFileSync("python3", ["-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", target, wheel], {
    env: { ...process.env, PIP_ROOT_USER_ACTION: "ignore" },
  });
  const code = "import batch_key_client; print(sorted(batch_key_client.__all__))";
  const env = { ...process.env, PYTHONPATH: target };
  expect(execFileSync("python3", ["-c", code], { env, encoding: "utf8" })).toContain("RotatingBatchKey");
  expect(readdirSync(path.join(target, "bin"))).toEqual(["batch-key-client"]);
  expect(spawnSync("python3", ["-m", "batch_key_client", "--help"], { env, encoding: "utf8" }).stdout).toContain(
    "exec",
  );
  expect(readdirSync(target, { recursive: true, encoding: "utf8" }).filter((file) => /test/i.test(file))).toEqual([]);
});

it("both packages have the version of the app", () => {
  const project = readFileSync(path.join(root, "clients/python/pyproject.toml"), "utf8");
  expect(project).toContain(`\nversion = "${rootPackage.version}"\n`);
});
