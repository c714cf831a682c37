import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { aConsumer } from "../builders/account";
import { answerHealth } from "../../docs/examples/answer-health";
import { until } from "../e2e/local-host/until";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../rig/emulated";
import { startHealthApp } from "../rig/health-app";
import { type RotatorServer, serveRotator } from "../rig/rotator-server";

const run = promisify(execFile);
const examples = path.resolve(__dirname, "../../docs/examples");
const runs = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

const languages = [
  ["TypeScript", process.execPath, ["--require", require.resolve("tsx/cjs"), path.join(examples, "report.ts")], true],
  [
    "Python",
    "python3",
    [path.join(examples, "report.py")],
    runs("python3", "-c", "import sys; sys.exit(sys.version_info < (3, 8))"),
  ],
  ["bash", "bash", [path.join(examples, "report.sh")], runs("openssl", "version") && runs("curl", "--version")],
] as const;

const here = languages.filter(([, , , present]) => present);
for (const [language] of languages.filter(([, , , present]) => !present)) {
  console.warn(`what the ${language} example needs is not on this machine, so it is not run`);
}

let world: EmulatedRig;
let at: EmulatedPlace;
let server: RotatorServer;
let folder: string;
let functionKeys: readonly (string | undefined)[] = [];

beforeAll(async () => {
  world = await openEmulatedRig(new Date().toISOString());
  at = world.place({ gate: { consumers: [aConsumer({ proof: "required" })] } });
  await world.rig.surface.tick();
  server = await serveRotator(world);
  functionKeys = server.functionKeys;
  folder = mkdtempSync(path.join(tmpdir(), "examples-"));
});
afterAll(async () => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

const environment = (instance: string, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"] ?? "",
  ...world.emulators.env,
  SSL_CERT_FILE: world.emulators.caFile,
  CURL_CA_BUNDLE: world.emulators.caFile,
  ROTATOR_URL: server.url,
  ROTATOR_KEY: "key-of-receiveSignal",
  ACCOUNT: at.name,
  CONSUMER: "render-api",
  INSTANCE: instance,
  VAULT_URL: at.config.secret.vaultUrl,
  SECRET_NAME: at.config.secret.name,
  BATCH_ACCOUNT: at.config.batch.accountName,
  BATCH_ENDPOINT: world.emulators.dataPlaneHost,
  ...more,
});

const reported = async (instance: string) =>
  (await at.status()).consumers[0]?.instances.find(({ id }) => id === instance) ?? null;

/** The whole lines of a file that something writes meanwhile. */
const linesOf = (file = ""): readonly string[] =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];

describe.each(here)("the %s example", (language, command, args) => {
  const report = (env: NodeJS.ProcessEnv) => run(command, [...args], { env });
  const named = (name: string): string => `${language}-${name}`;

  test("reports the newest version with a proof that holds", async () => {
    const { stdout } = await report(environment(named("newest")));
    expect(stdout).toContain('"accepted":true');
    expect(functionKeys.at(-1)).toBe("key-of-receiveSignal");
    expect(await reported(named("newest"))).toMatchObject({
      secretVersion: at.newest().version,
      healthy: true,
      proven: true,
    });
  });

  test("uses the token of a virtual machine where there is no App Service", async () => {
    const { IDENTITY_ENDPOINT: _endpoint, IDENTITY_HEADER: _header, ...env } = environment(named("vm"));
    await report({ ...env, AZURE_POD_IDENTITY_AUTHORITY_HOST: world.emulators.identity.imdsHost });
    expect(await reported(named("vm"))).toMatchObject({ healthy: true, proven: true });
  });

  test("finds the version of a key from an app setting or a file, even if it is not the newest", async () => {
    const old = at.newest();
    const other = at.publishedSlot() === "primary" ? "secondary" : "primary";
    world.vault.seed(at.config.secret.name, { value: at.keys()[other] });
    const file = path.join(folder, named("key"));
    writeFileSync(file, at.newest().value);
    await report(environment(named("setting"), { BATCH_KEY: old.value }));
    expect(await reported(named("setting"))).toMatchObject({
      secretVersion: old.version,
      healthy: true,
      proven: true,
    });
    await report(environment(named("file"), { BATCH_KEY_FILE: file }));
    expect(await reported(named("file"))).toMatchObject({ secretVersion: at.newest().version, proven: true });
  });

  test("finds the version on any page of the vault's list", async () => {
    const { name } = at.config.secret;
    const added = Array.from({ length: 30 }, () =>
      world.vault.seed(name, { value: randomBytes(64).toString("base64") }),
    );
    // The vault lists by id, whatever the age.
    const last = added.toSorted((one, other) => (one.version < other.version ? -1 : 1)).at(-1);
    world.vault.seed(name, { value: at.keys().primary });
    await report(environment(named("page"), { BATCH_KEY: last?.value ?? "" }));
    expect(await reported(named("page"))).toMatchObject({ secretVersion: last?.version, proven: true });
  });

  test("reports unhealthy where Batch refuses its key", async () => {
    const old = at.newest();
    const value = world.emulators.batch.regenerateManually(
      at.config.batch.accountName,
      at.publishedSlot() ?? "primary",
    );
    await report(environment(named("refused"), { BATCH_KEY: old.value }));
    expect(await reported(named("refused"))).toMatchObject({
      secretVersion: old.version,
      healthy: false,
      proven: true,
    });
    world.vault.seed(at.config.secret.name, { value });
  });

  test("fails and reports nothing with a key that the vault does not know", async () => {
    const unknown = randomBytes(64).toString("base64");
    await expect(report(environment(named("unknown"), { BATCH_KEY: unknown }))).rejects.toMatchObject({
      stderr: expect.stringContaining("the vault has no enabled version with the key that this instance holds"),
    });
    expect(await reported(named("unknown"))).toBeNull();
  });

  test("reports a problem and fails, without an exception, where the rotator cannot be reached", async () => {
    const away = environment(named("away"), { ROTATOR_URL: "http://127.0.0.1:1/api" });
    await expect(report(away)).rejects.toMatchObject({
      stderr: expect.not.stringMatching(/Traceback|Uncaught|at async/),
    });
  });

  test("fails where the rotator refuses the signal", async () => {
    await expect(report(environment(named("unlisted"), { CONSUMER: "unlisted" }))).rejects.toMatchObject({
      stdout: expect.stringContaining("UnknownConsumer"),
    });
  });

  if (language !== "bash") return;

  /** As Batch issues it: 72 characters and more. */
  const nodeId = `tvmps_${"4f2c8a1d".repeat(8)}_d`;
  const manage = (work: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const { INSTANCE: _instance, ...env } = environment("");
    const script = path.join(examples, "job-manager.sh");
    return run("bash", [script, ...work], { env: { ...env, AZ_BATCH_NODE_ID: nodeId, ...more } });
  };

  test("the job manager's command reports for its node before and after its work", async () => {
    const posted = functionKeys.length;
    const reportedOnce = path.join(folder, "reported-once");
    const managed = manage(["bash", "-c", `until [ -e ${reportedOnce} ]; do sleep 0.05; done; echo the work`]);
    let shown = "";
    managed.child.stdout?.on("data", (data: string) => {
      shown += data;
      if (shown.includes("accepted")) writeFileSync(reportedOnce, "");
    });
    const { stdout } = await managed;
    expect(stdout).toMatch(/accepted.*the work.*accepted/s);
    expect(functionKeys.length - posted).toBe(2);
    expect(await reported(nodeId)).toMatchObject({ healthy: true, proven: true });
  });

  test("the job manager's work keeps its result where the rotator refuses, is away, or has no settings", async () => {
    for (const broken of [{ CONSUMER: "unlisted" }, { ROTATOR_URL: "http://127.0.0.1:1/api" }, { VAULT_URL: "" }]) {
      const { stdout, stderr } = await manage(["echo", "the work"], broken);
      expect(stdout).toContain("the work");
      expect(stderr).toContain("the report has failed; the work continues");
      await expect(manage(["bash", "-c", "exit 7"], broken)).rejects.toMatchObject({ code: 7 });
    }
  });

  test("the job manager's work does not wait for a report that hangs, and ends with its time limit", async () => {
    const [worked, limits, hanging] = ["worked", "limits", "hanging"].map((name) => path.join(folder, name));
    // The limit of a minute, which ends when the test says so.
    const timeout = path.join(folder, "timeout");
    const limited = `[ "$1" = 60 ] && shift\necho $$ >> ${limits}\nexec /usr/bin/timeout 600 "$@"\n`;
    writeFileSync(timeout, `#!/usr/bin/env bash\n${limited}`);
    chmodSync(timeout, 0o755);
    const curl = path.join(folder, "curl");
    writeFileSync(curl, `#!/usr/bin/env bash\necho hangs >> ${hanging}\nexec sleep 600\n`);
    chmodSync(curl, 0o755);
    const endLimit = async (nth: number): Promise<void> => {
      await until("a report that hangs", () => linesOf(hanging).length === nth);
      // Its whole group, as at its end: a busy machine may let the command run before `timeout` knows of it.
      process.kill(-Number(linesOf(limits)[nth - 1]), "SIGTERM");
    };
    const managed = manage(["bash", "-c", `echo works > ${worked}`], {
      PATH: `${folder}:${process.env["PATH"] ?? ""}`,
    });
    await until("the work, while the first report hangs", () => linesOf(worked).length === 1);
    await endLimit(1);
    await endLimit(2);
    expect((await managed).stderr.match(/the report has failed; the work continues/g)).toHaveLength(2);
    rmSync(curl);
    rmSync(timeout);
  });

  test("refreshing Key Vault references calls Resource Manager with the name of the site", async () => {
    const az = path.join(folder, "az");
    writeFileSync(az, '#!/usr/bin/env bash\nprintf "%s\\n" "$@"\n');
    chmodSync(az, 0o755);
    const site = "/subscriptions/1/resourceGroups/render/providers/Microsoft.Web/sites/render-api";
    const { stdout } = await run("bash", [path.join(examples, "refresh-references.sh")], {
      env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, SITE_ID: site },
    });
    expect(stdout.trim().split("\n")).toEqual([
      "rest",
      "--method",
      "post",
      "--url",
      `https://management.azure.com${site}/config/configreferences/appsettings/refresh?api-version=2022-03-01`,
    ]);
  });
});

test("the answer to a health request opens the gate of an app that posts no signals", async () => {
  const app = await startHealthApp();
  const asked = world.place({
    name: "asked-weu",
    gate: { soakMs: 0, consumers: [aConsumer({ name: "legacy", healthUrl: app.url, proof: "required" })] },
  });
  app.answer = ({ nonce }, response) => {
    const { version: secretVersion, value: key } = asked.newest();
    const held = { account: asked.name, consumer: "legacy", instance: "default", secretVersion, key, healthy: true };
    response.writeHead(200, { "content-type": "application/json" }).end(answerHealth(held, nonce));
  };
  await world.rig.surface.tick();
  await world.rig.surface.tick();
  expect(await asked.phase()).toBe("idle");
  await app.close();
});
