import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { aConsumer } from "../builders/account";
import { until } from "../e2e/local-host/until";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../rig/emulated";
import { type RotatorServer, serveRotator } from "../rig/rotator-server";
import { hasPython } from "../local/python";
import { buildClient } from "../tools/build-client";

if (!hasPython) console.warn("python3 (3.9 or later) is not on this machine, so the Python client is not tested");

const python = path.resolve(__dirname, "../../clients/python/src");

let world: EmulatedRig;
let at: EmulatedPlace;
let server: RotatorServer;
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  world = await openEmulatedRig(new Date().toISOString());
  const consumers = [aConsumer(), aConsumer({ name: "nightly", instances: 0, proof: "required" })];
  at = world.place({ gate: { consumers, soakMs: 0 } });
  await world.rig.surface.tick();
  server = await serveRotator(world);
  folder = mkdtempSync(path.join(tmpdir(), "client-"));
  await buildClient(path.join(folder, "dist"));
});
afterAll(async () => {
  for (const child of children) child.kill("SIGTERM");
  server.close();
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly says: (text: string) => Promise<void>;
}

const clients = [
  { language: "Node", command: process.execPath, args: () => [path.join(folder, "dist/cli.cjs")] },
  ...(hasPython ? [{ language: "Python", command: "python3", args: () => ["-m", "batch_key_client"] }] : []),
];

/** Texts of options and values, parted by spaces. */
const options = (): readonly string[] => {
  const { secret, batch } = at.config;
  const own = `--secret-url ${secret.vaultUrl}/secrets/${secret.name} --account ${batch.accountName}`;
  return `${own} --consumer nightly --report-url ${server.url} --report-account ${at.name}`.split(" ");
};

const nightly = async () => (await at.status()).consumers.find(({ name }) => name === "nightly")?.instances ?? [];

describe.each(clients)("the command of the $language client", ({ command, args }) => {
  const start = (
    given: readonly string[],
    env: Readonly<Record<string, string>> = {},
    input: string | null = null,
  ): Started => {
    const child = spawn(command, [...args(), ...given], {
      env: {
        PATH: process.env["PATH"] ?? "",
        ...world.emulators.env,
        SSL_CERT_FILE: world.emulators.caFile,
        PYTHONPATH: python,
        PYTHONDONTWRITEBYTECODE: "1",
        BATCH_ROTATOR_KEY: "key-of-receiveSignal",
        ...env,
      },
    });
    children.push(child);
    const texts = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (data: string) => (texts.stdout += data));
    child.stderr.setEncoding("utf8").on("data", (data: string) => (texts.stderr += data));
    child.stdin.end(input ?? "");
    const ended = new Promise<Ended>((resolve) => {
      child.on("close", (code, signal) => resolve({ code, signal, ...texts }));
    });
    const says = async (text: string): Promise<void> => {
      await until(`the text ${text}`, () => texts.stdout.includes(text));
    };
    return { child, ended, says };
  };

  const exec = (...program: readonly string[]): Started => start(["exec", ...options(), "--", ...program]);

  test("runs a command with the key in its environment, and reports that it has ended", async () => {
    const posted = server.functionKeys.length;
    const print = 'echo "$AZURE_BATCH_ACCOUNT_NAME $AZURE_BATCH_ACCOUNT_KEY ${BATCH_ROTATOR_KEY:-none}"';
    const { code, stdout, stderr } = await exec("sh", "-c", print).ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.trim()).toBe(`${at.config.batch.accountName} ${at.newest().value} none`);
    expect(server.functionKeys.slice(posted)).toEqual(["key-of-receiveSignal", "key-of-receiveSignal"]);
    expect(await nightly()).toEqual([]);
  });

  test("names the variables by its options", async () => {
    const names = ["--account-variable", "NAME", "--key-variable", "KEY"];
    const { stdout } = await start(["exec", ...options(), ...names, "--", "sh", "-c", 'echo "$NAME $KEY"']).ended;
    expect(stdout.trim()).toBe(`${at.config.batch.accountName} ${at.newest().value}`);
  });

  test.each([
    ["that fails", ["sh", "-c", "exit 42"], 42],
    ["that is killed", ["sh", "-c", "kill -9 $$"], 128 + constants.signals.SIGKILL],
    ["that ends itself by a signal", ["sh", "-c", "kill -15 $$"], 128 + constants.signals.SIGTERM],
    ["that is not there", ["no-such-command"], 127],
    ["that cannot be run", [__filename], 126],
  ])("ends with the code of a command %s", async (_what, program, code) => {
    expect((await exec(...program).ended).code).toBe(code);
  });

  test("forwards signals to the command", async () => {
    const trap = 'trap "echo caught; exit 5" TERM; trap "echo again" USR2; echo ready; while true; do sleep 0.05; done';
    const started = exec("sh", "-c", trap);
    await started.says("ready");
    started.child.kill("SIGUSR2");
    await started.says("again");
    started.child.kill("SIGTERM");
    expect(await started.ended).toMatchObject({ code: 5, stdout: expect.stringContaining("caught") });
    expect(await nightly()).toEqual([]);
  });

  test("passes standard input and much output through", async () => {
    const input = "0123456789abcdef".repeat(100_000);
    const { stdout } = await start(["exec", ...options(), "--", "cat"], {}, input).ended;
    expect(stdout === input).toBe(true);
    const { stdout: much } = await exec("sh", "-c", "yes 0123456789 | head -n 500000").ended;
    expect(much.length).toBe(5_500_000);
  });

  test("a rotation waits for a running command, and ends right after it", async () => {
    const vm = at.vm();
    server.setClock();
    await vm.refresh().report();
    const file = path.join(folder, `end-${Date.now()}`);
    const started = exec("sh", "-c", `echo ready; while [ ! -e ${file} ]; do sleep 0.05; done; exit 3`);
    await started.says("ready");
    await world.rig.surface.tick();
    expect(await at.phase()).toBe("idle");
    server.setClock();
    expect((await at.rotate()).status).toBe(202);
    await vm.refresh().report();
    await world.rig.surface.tick();
    expect(await at.status()).toMatchObject({
      phase: "published",
      waitingFor: { reason: "OnPreviousKey", detail: expect.stringContaining("nightly/") },
    });
    expect(await nightly()).toMatchObject([{ healthy: true, proven: true }]);
    const used = at.versions().at(-2)?.value ?? "";
    expect(at.accepts(used)).toBe(true);
    writeFileSync(file, "");
    expect((await started.ended).code).toBe(3);
    expect(await at.phase()).toBe("idle");
    expect(at.accepts(used)).toBe(false);
  });

  test("runs with the key of the environment where the vault and the rotator are out of reach", async () => {
    const away = ["--secret-url", "https://127.0.0.1:1/secrets/a", "--account", "renderweu", "--consumer", "nightly"];
    const rotator = ["--report-url", "http://127.0.0.1:1/api"];
    const program = ["--", "sh", "-c", 'echo "$AZURE_BATCH_ACCOUNT_KEY"; exit 6'];
    const { code, stdout, stderr } = await start(["exec", ...away, ...rotator, ...program], {
      AZURE_BATCH_ACCOUNT_KEY: "a2V5",
    }).ended;
    expect([code, stdout.trim()]).toEqual([6, "a2V5"]);
    expect(stderr).toContain("uses the key in AZURE_BATCH_ACCOUNT_KEY");
    const without = await start(["exec", ...away, ...program]).ended;
    expect([without.code, without.stdout]).toEqual([69, ""]);
    expect(without.stderr).toContain("there is no key");
    const noRotator = ["exec", ...options(), ...rotator, "--", "sh", "-c", "exit 7"];
    expect(await start(noRotator).ended).toMatchObject({ code: 7, stderr: expect.stringContaining("was not reached") });
  });

  test("reports nothing without an address for reports", async () => {
    const posted = server.functionKeys.length;
    const unreported = options().slice(0, 6);
    expect((await start(["exec", ...unreported, "--", "true"]).ended).code).toBe(0);
    expect(server.functionKeys).toHaveLength(posted);
  });

  test("`report` sends one report, of the version that holds the key of the environment", async () => {
    const endpoint = ["--endpoint", `https://${world.emulators.dataPlaneHost}`];
    const report = ["report", ...options(), ...endpoint, "--instance", "vm-9"];
    expect((await start(report).ended).code).toBe(0);
    expect(await nightly()).toMatchObject([{ id: "vm-9", secretVersion: at.newest().version, healthy: true }]);
    const other = at.publishedSlot() === "primary" ? "secondary" : "primary";
    const held = world.vault.seed(at.config.secret.name, { value: at.keys()[other] });
    world.vault.seed(at.config.secret.name, { value: at.keys()[at.publishedSlot() ?? "primary"] });
    await wait(5);
    expect((await start(report, { AZURE_BATCH_ACCOUNT_KEY: held.value }).ended).code).toBe(0);
    const versions = at.versions().filter(({ value }) => value === held.value);
    expect(versions.map(({ version }) => version)).toContain((await nightly())[0]?.secretVersion);
    const refused = await start([...report, "--consumer", "unlisted"]).ended;
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("400 UnknownConsumer")]);
  });

  test("`watch` reports beside a process, and that it has ended", async () => {
    const app = spawn("sleep", ["1000"]);
    const started = start(["watch", ...options(), "--instance", "vm-9", "--pid", String(app.pid)]);
    const version = at.newest().version;
    await until("its report", async () => (await nightly())[0]?.secretVersion === version);
    app.kill("SIGKILL");
    expect((await started.ended).code).toBe(0);
    expect(await nightly()).toEqual([]);
  });

  test.each([
    [["exec"], "--account|a command is missing|required"],
    [["exec", "--", "true"], "missing|required"],
    [
      ["report", "--account", "a", "--secret-url", "https://v.example/secrets/a/b", "--consumer", "c"],
      "version|needed",
    ],
    [["fly", "--account", "a"], "fly"],
  ])("says what is wrong with %j", async (given, text) => {
    const { code, stderr } = await start(given).ended;
    expect(code).toBe(64);
    expect(stderr).toMatch(new RegExp(text));
  });
});
