import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Plugin } from "esbuild";
import packageJson from "../../../package.json";
import { type Child, type Ended, nodeCommand, startChild } from "../../local/child-process";
import { buildBundle } from "../../tools/build";
import { packageApp } from "../../tools/package";
import { until } from "./until";

const children: Child[] = [];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "stage-"));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.stop(30_000)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Builds the app, changed by the plugins, into a folder as it is deployed. */
const buildApp = async (name: string, plugins: readonly Plugin[] = []): Promise<string> => {
  const bundle = path.join(folder, name, path.basename(packageJson.main));
  await buildBundle({ outfile: bundle, plugins });
  packageApp(path.join(folder, name, "app"), bundle);
  return path.join(folder, name, "app");
};

const run = (file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const lines: string[] = [];
  const child = startChild({
    name: file,
    ...nodeCommand(file, args),
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
    onLine: (line) => lines.push(line),
  });
  children.push(child);
  return { child, lines };
};

/** A gate that is never shut, as if somebody had broken it. */
const gateStandsOpen: Plugin = {
  name: "gate stands open",
  setup: (build) => {
    build.onLoad({ filter: /lib[\\/]rotation[\\/]gate\.ts$/ }, (file) => {
      const source = readFileSync(file.path, "utf8");
      const signature = "export const gate = (input: GateInput): Gate => {";
      if (!source.includes(signature)) {
        throw new Error(`this test looks for '${signature}' in lib/rotation/gate.ts`);
      }
      return {
        loader: "ts",
        contents: source.replace(signature, `${signature} return { open: true, override: null };`),
      };
    });
  },
};

test("the demo rotates all accounts under load without a refused call, and shows no key", async () => {
  const kept = path.join(folder, "kept.log");
  const { child, lines } = run("demo.ts", ["--app", await buildApp("sound"), "--keep-output", kept]);

  expect([await child.ended, lines.at(-1)]).toEqual([
    { code: 0, signal: null } satisfies Ended,
    expect.stringMatching(/^Done in [\d.]+ s: every account completed a rotation, and no consumer call was refused\.$/),
  ]);
  // 64 bytes in base64, which is what a Batch key looks like.
  expect(readFileSync(kept, "utf8").match(/[A-Za-z0-9+/]{86}==/g)).toBeNull();
});

test("the demo fails when the old key dies before the apps have moved", async () => {
  const { child, lines } = run("demo.ts", ["--app", await buildApp("broken", [gateStandsOpen])]);

  expect(await child.ended).toEqual({ code: 1, signal: null });
  expect(lines.at(-1)).toMatch(/^Failed after [\d.]+ s: \d+ consumer calls were refused$/);
});

/** Starts what stays, and waits until it says where its accounts are. */
const startStaying = async () => {
  const started = run("start.ts", ["--app", await buildApp("staying")], { PORT: "0" });
  const url = await until(
    "the address",
    () =>
      started.lines.map((line) => /^Accounts\s+(http\S+)/.exec(line)?.[1]).find((found) => found !== undefined) ?? null,
    30_000,
  );
  return { ...started, url };
};

const isGone = async (url: string): Promise<boolean> => {
  try {
    await fetch(url);
    return false;
  } catch {
    return true;
  }
};

test("start stays, its address works as printed, and Ctrl-C ends it with 0", async () => {
  const { child, url } = await startStaying();
  const response = await fetch(url);
  const body: { accounts: { account: string }[] } = JSON.parse(await response.text());
  expect(body.accounts.map(({ account }) => account)).toEqual(["render", "nightly", "archive"]);

  process.kill(child.pid, "SIGINT");
  // npm and tsx pass the same Ctrl-C on: it must not count as a second, impatient one.
  process.kill(child.pid, "SIGINT");
  expect(await child.ended).toEqual({ code: 0, signal: null });
  expect(await isGone(url)).toBe(true);
});

test("a taken port is named together with the setting that changes it", async () => {
  const { url } = await startStaying();
  const { child, lines } = run("start.ts", ["--app", await buildApp("second")], { PORT: new URL(url).port });
  expect(await child.ended).toEqual({ code: 1, signal: null });
  expect(lines.at(-1)).toBe(
    `Failed: port ${new URL(url).port} is taken: end what listens there, or set PORT to another one`,
  );
});

test("the deployable folder holds the bundle, host.json and a package.json without dependencies", async () => {
  const app = await buildApp("deployed");
  expect(readdirSync(app).toSorted()).toEqual(["functions.js", "host.json", "package.json"]);
  expect(JSON.parse(readFileSync(path.join(app, "package.json"), "utf8"))).toEqual({
    name: packageJson.name,
    version: packageJson.version,
    main: "functions.js",
    engines: packageJson.engines,
  });
});
