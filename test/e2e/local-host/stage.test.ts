import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import packageJson from "../../../package.json";
import { type Child, nodeCommand, startChild } from "../../local/child-process";
import { buildBundle } from "../../tools/build";
import { buildCommandLine } from "../../tools/build-command-line";
import { packageApp } from "../../tools/package";
import { until } from "./until";

const children: Child[] = [];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "stage-"));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.stop()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Builds the app into a folder in its deployed form. */
const buildApp = async (name: string): Promise<string> => {
  const bundle = path.join(folder, name, path.basename(packageJson.main));
  await buildBundle({ outfile: bundle });
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

/** Runs `npm start`, and waits until it prints the address of its accounts. */
const startStaying = async () => {
  const started = run("start.ts", ["--app", await buildApp("staying")], { PORT: "0" });
  const url = await until(
    "the address",
    () =>
      started.lines.map((line) => /^Accounts\s+(http\S+)/.exec(line)?.[1]).find((found) => found !== undefined) ?? null,
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

test("start keeps running, its printed address works, and Ctrl-C ends it with 0", async () => {
  const { child, url, lines } = await startStaying();
  const response = await fetch(url);
  const body: { accounts: { account: string }[] } = JSON.parse(await response.text());
  expect(body.accounts.map(({ account }) => account)).toEqual(["render", "nightly", "archive", "hosted"]);
  const addresses = lines.map((line) => /^\w+\s+(http\S+)/.exec(line)?.[1]).filter((found) => found !== undefined);
  const page = await fetch(addresses[0] ?? "");
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const text = await page.text();
  const shown = ["render", "nightly", "archive"].filter((name) => text.includes(`&amp;account=${name}"`));
  expect(shown).toHaveLength(3);

  process.kill(child.pid, "SIGINT");
  // npm and tsx pass on the same Ctrl-C: it must not count as a second one.
  process.kill(child.pid, "SIGINT");
  expect(await child.ended).toEqual({ code: 0, signal: null });
  expect(await isGone(url)).toBe(true);
});

test("a port in use is reported with the setting that changes it", async () => {
  const { url } = await startStaying();
  const { child, lines } = run("start.ts", ["--app", await buildApp("second")], { PORT: new URL(url).port });
  expect(await child.ended).toEqual({ code: 1, signal: null });
  expect(lines.at(-1)).toBe(
    `Failed: port ${new URL(url).port} is in use: stop the program that listens there, or set PORT to another port`,
  );
});

/** The commands of README.md about an account that waits, in their order, as arguments. */
const readmeStory = (): readonly (readonly string[])[] => {
  const readme = readFileSync(path.join(__dirname, "../../../README.md"), "utf8");
  const [, block = ""] = /```sh\n((?:npx batch-key-rotator .*\n)+)```/.exec(readme) ?? [];
  const lines = block.trimEnd().split("\n");
  return lines.map((line) =>
    [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "").slice(2),
  );
};

test("with --stuck an account waits for an app; README's commands find, explain and release it", async () => {
  const started = run("start.ts", ["--stuck", "--app", await buildApp("stuck")], { PORT: "0" });
  const file = path.join(folder, "rotator.js");
  await buildCommandLine(file);
  const printed = () => started.lines.join("\n");
  await until("the suspension", () => /nightly-etl is suspended/.test(printed()));
  const [, url = "", key = ""] = /export ROTATOR_URL=(\S+) ROTATOR_KEY=(\S+)/.exec(printed()) ?? [];
  const command = (args: readonly string[]): string =>
    spawnSync(process.execPath, [file, ...args], {
      env: { PATH: process.env["PATH"], ROTATOR_URL: url, ROTATOR_KEY: key },
      encoding: "utf8",
    }).stdout;

  const [rotate = [], list = [], one = [], approve = []] = readmeStory();
  expect(command(rotate)).toMatch(/^nightly waits for an app /);
  // Until the last report of the suspended app is too old, other reasons come and go.
  const waits = () => /nightly +waits for an app +published +(?:SignalStale|NoSignalYet)/.test(command(list));
  await until("the account that waits for it", waits);
  expect(command(list)).toContain('npx batch-key-rotator approve nightly --reason "<why>"');
  expect(command(one)).toMatch(/\nnightly-etl +(?:SignalStale|NoSignalYet) /);
  command(approve);
  await until("its end", () => command(one).startsWith("nightly idle "));
  process.kill(started.child.pid, "SIGINT");
  expect(await started.child.ended).toEqual({ code: 0, signal: null });
  // The suspended app called no more, so the key that died was in no use.
  expect(printed()).toMatch(/consumer calls: answered \d+, refused 0\n*(?:\n|$)/);
});
