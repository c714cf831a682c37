import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildCommandLine } from "../../tools/build-command-line";
import { helpTexts } from "../../tools/command-line-document";
import { type Ended, endOf, startCommandLine } from "./command-line-process";
import type { Host } from "./host";
import type { PlacedAccount } from "./placed-account";
import { type DeployedApp, openWorld } from "./world";

let folder: string;
let world: DeployedApp;
let host: Host;
let render: PlacedAccount;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "command-line-"));
  world = await openWorld();
  render = world.place({ name: "render", config: { gate: { consumers: [{ name: "render-api" }], soak: "PT0S" } } });
  [host] = await Promise.all([world.host([render]), buildCommandLine(path.join(folder, "rotator.js"))]);
  await host.tick();
  await host.signal("render", render.signal());
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

const ran = new Set<string>();

const start = (args: readonly string[]) => {
  ran.add(args[0] ?? "");
  return startCommandLine(path.join(folder, "rotator.js"), host, args);
};

/** Runs the built file as a process; no output holds a key. */
const run = async (...args: readonly string[]): Promise<Ended> => {
  const ended = await endOf(start(args));
  expect(ended.out + ended.err).not.toContain("key-of-");
  return ended;
};

const order = ["--reason", "a drill", "--yes"];

test("a rotation from its start to its end, with every command that operates an account", async () => {
  expect(await run("check")).toMatchObject({ out: expect.stringContaining("batchAccount") });
  expect(await run("rotate", "render", ...order)).toMatchObject({
    code: 0,
    out: expect.stringContaining("OnPreviousKey"),
  });
  expect(await run("status", "render")).toMatchObject({ code: 0, out: expect.stringContaining("render-api") });
  expect((await run("pause", "render", ...order)).code).toBe(0);
  expect(await run("status")).toMatchObject({ code: 3, out: expect.stringContaining("resume render --reason") });
  expect((await run("resume", "render", ...order)).code).toBe(0);
  expect(await run("rollback", "render", ...order)).toMatchObject({ code: 0, out: expect.stringContaining("Paused") });
  expect((await run("resume", "render", ...order)).code).toBe(0);
  // A rotation that was rolled back is due again as soon as the account is adopted.
  expect(await run("approve", "render", ...order)).toMatchObject({
    code: 0,
    out: expect.stringContaining("OnPrevious"),
  });
  expect(await run("history", "render", "--verify")).toMatchObject({ code: 0 });
  expect(await run("evidence", "render")).toMatchObject({ code: 0, out: expect.stringMatching(/Outcome +underWay/) });
  expect(await run("coverage")).toMatchObject({ code: 0 });
  expect(await run("resume-fleet", ...order)).toMatchObject({
    code: 1,
    err: expect.stringContaining("FleetNotStopped"),
  });
  expect(await run("open")).toMatchObject({ code: 0, out: `${host.address}/api/dashboard\n` });
});

test("watch ends with 0 on Ctrl-C", async () => {
  const child = start(["watch", "--interval", "1"]);
  const ended = once(child, "close");
  await once(child.stdout, "data");
  child.kill("SIGINT");
  await ended;
  expect([child.exitCode, child.signalCode]).toEqual([0, null]);
});

test("commands without an app, and a reader that has seen enough", async () => {
  const file = path.join(folder, "accounts.json");
  writeFileSync(file, "{}");
  expect(await run("validate", file)).toMatchObject({
    code: 1,
    out: expect.stringContaining("accounts.json:1:1 /accounts"),
  });
  expect(await run("completion", "bash")).toMatchObject({ code: 0, err: "" });
  const child = start(["history", "render"]);
  child.stdout.destroy();
  await once(child, "close");
  expect(child.exitCode).toBe(0);
});

test("readers says what is missing where no log is configured", async () => {
  expect(await run("readers", "render")).toMatchObject({ code: 1, err: expect.stringContaining("NoLogWorkspace: ") });
});

test("no command was left out", () => {
  expect([...ran].toSorted()).toEqual(
    helpTexts()
      .map(({ command }) => command)
      .toSorted(),
  );
});
