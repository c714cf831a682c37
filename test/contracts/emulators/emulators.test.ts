import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { testCertificates, writeCaFile } from "../../emulators/certificate-authority";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { listenOnSteadyPort } from "../../emulators/steady-port";
import { armAudience, armClient, bearer, failureOf, primedSecretClient, raw, useIdentityOf } from "./clients";

const run = promisify(execFile);

let emulators: Emulators;

beforeAll(async () => {
  emulators = await startEmulators();
  useIdentityOf(emulators);
});

afterAll(() => emulators.close());

/** Calls Resource Manager from a child process, and returns the printed status or error code. */
const askFromChild = async (env: NodeJS.ProcessEnv): Promise<string> => {
  const url = JSON.stringify(emulators.armUrl);
  const script = `fetch(${url}).then(a => console.log(a.status), e => console.log(e.cause.code))`;
  const { stdout } = await run(process.execPath, ["-e", script], { env });
  return stdout.trim();
};

describe("trust", () => {
  it("reaches child processes only through the certificate file", async () => {
    const { PATH } = process.env;
    expect(await askFromChild({ PATH, ...emulators.env })).toBe("501");
    expect(await askFromChild({ PATH })).toMatch(/CERT|VERIFY/);
  });

  it("keeps the certificates that NODE_EXTRA_CA_CERTS named before", async () => {
    const folder = mkdtempSync(join(tmpdir(), "authorities-"));
    const already = join(folder, "already.pem");
    const { ca } = await testCertificates();
    writeFileSync(already, "-----THE ONE BEFORE-----");
    const set = process.env["NODE_EXTRA_CA_CERTS"];
    process.env["NODE_EXTRA_CA_CERTS"] = already;
    const written = await writeCaFile();
    if (set === undefined) delete process.env["NODE_EXTRA_CA_CERTS"];
    else process.env["NODE_EXTRA_CA_CERTS"] = set;
    const text = readFileSync(written.file, "utf8");
    written.remove();
    rmSync(folder, { recursive: true });
    expect(text.startsWith("-----THE ONE BEFORE-----\n")).toBe(true);
    expect(text).toContain(ca);
    expect(existsSync(written.file)).toBe(false);
  });
});

it("provides all settings that a child process needs", () => {
  expect(emulators.env).toMatchObject({
    IDENTITY_ENDPOINT: emulators.identity.endpoint,
    IDENTITY_HEADER: emulators.identity.header,
    ROTATION_ARM_ENDPOINT: emulators.armUrl,
    ROTATION_EMULATED: "true",
    NODE_EXTRA_CA_CERTS: emulators.caFile,
    NO_PROXY: expect.stringContaining("localhost,127.0.0.1"),
  });
});

it("answers an unknown route with an error and records it", async () => {
  const vault = await emulators.addVault("loud");
  emulators.journal.clear();
  const statuses = [
    await raw(`${emulators.armUrl}/subscriptions/x/resourceGroups?api-version=2021-04-01`),
    await raw(`${vault.url}/keys/any?api-version=7.5`),
    await raw(`https://${emulators.dataPlaneHost}/nodes`),
    await raw(`${emulators.identity.imdsHost}/elsewhere`),
  ].map(({ status }) => status);
  expect(statuses).toEqual([501, 501, 501, 501]);
  expect(emulators.journal.unknown.map(({ route }) => route)).toEqual([
    "arm.unknown",
    "vault.unknown",
    "batch.unknown",
    "identity.unknown",
  ]);
  expect(() => emulators.journal.assertSound()).toThrow(
    "no route for GET /subscriptions/x/resourceGroups, GET /keys/any",
  );
  emulators.journal.clear();
  expect(() => emulators.journal.assertSound()).not.toThrow();
});

it("keeps state and ports over a restart, and the SDKs continue to work", async () => {
  const account = emulators.batch.addAccount({ name: "restarted" });
  const vault = await emulators.addVault("restarted");
  const secrets = await primedSecretClient(vault);
  const accounts = armClient(emulators).batchAccountOperations;
  await secrets.setSecret("kept", "value");
  const before = await accounts.regenerateKey(account.resourceGroup, account.name, { keyName: "Primary" });
  await emulators.restart();
  expect((await secrets.getSecret("kept")).value).toBe("value");
  expect(await accounts.getKeys(account.resourceGroup, account.name)).toMatchObject(before);
});

it("writes no key, secret or authorization into the journal", async () => {
  const { journal } = emulators;
  const account = emulators.batch.addAccount({ name: "journaled" });
  const vault = await emulators.addVault("journaled");
  const heard: string[] = [];
  const off = journal.onRequest((entry) => heard.push(entry.route));
  journal.clear();
  const secrets = await primedSecretClient(vault);
  await secrets.setSecret("journaled-secret", "a secret value");
  await armClient(emulators).batchAccountOperations.getKeys(account.resourceGroup, account.name);
  off();
  await raw(emulators.armUrl);
  const text = JSON.stringify(journal.entries);
  expect(journal.of("vault.setSecret")).toMatchObject([
    { subject: "journaled-secret", method: "PUT", path: "/secrets/journaled-secret", status: 200, fault: null },
  ]);
  expect(journal.of("vault.setSecret")[0]?.clientRequestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(journal.countOf("arm")).toBe(2);
  expect(heard).toEqual(expect.arrayContaining(["vault.challenge", "vault.setSecret", "arm.listKeys"]));
  expect(heard).not.toContain("arm.unknown");
  for (const leak of [...emulators.batch.issuedKeys(), "a secret value", "Bearer"]) {
    expect(text.includes(leak)).toBe(false);
  }
});

it("notifies listeners after the effect and before the answer arrives", async () => {
  const account = emulators.batch.addAccount({ name: "listened" });
  const { primary } = emulators.batch.keys(account.name);
  const seen: string[] = [];
  const off = emulators.journal.onRequest(({ route }) => {
    seen.push(`${route} changed: ${emulators.batch.keys(account.name).primary !== primary}`);
  });
  await raw(`${emulators.armUrl}${account.resourceId}/regenerateKeys?api-version=2023-11-01`, {
    method: "POST",
    headers: bearer(armAudience),
    body: { keyName: "Primary" },
  });
  seen.push("answered");
  off();
  expect(seen).toEqual(["arm.regenerateKeys changed: true", "answered"]);
});

it("leaves no server, connection, timer or file behind", async () => {
  const others = process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
  const closed = await startEmulators();
  const vault = await closed.addVault("closed");
  closed.faults.add({ route: "vault.challenge", when: "before", kind: "hang", nth: 1 });
  closed.faults.add({ route: "vault.challenge", when: "before", kind: "delay", ms: 60_000, nth: 2 });
  closed.faults.add({ route: "arm.unknown", when: "before", kind: "status", status: 500, late: 60_000 });
  const pending = [raw(`${vault.url}/secrets/a`), raw(`${vault.url}/secrets/b`)].map(failureOf);
  await raw(`${closed.armUrl}/`);
  while (closed.faults.fired < 3) await new Promise((resolve) => setImmediate(resolve));
  await closed.close();
  expect((await Promise.all(pending)).map(({ message }) => message)).toEqual(["fetch failed", "fetch failed"]);
  expect(closed.faults.pendingLate).toBe(0);
  expect(existsSync(closed.caFile)).toBe(false);
  expect(process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length).toBe(others);
  expect(await failureOf(raw(closed.armUrl))).toMatchObject({ message: "fetch failed" });
});

it("takes another port where the first is in use", async () => {
  const [one, other] = [createServer(), createServer()];
  const random = jest.spyOn(Math, "random").mockReturnValueOnce(0.123).mockReturnValueOnce(0.123);
  try {
    const port = await listenOnSteadyPort(one);
    expect(await listenOnSteadyPort(other)).not.toBe(port);
    expect(random.mock.calls.length).toBeGreaterThanOrEqual(3);
  } finally {
    random.mockRestore();
    for (const server of [one, other]) server.close();
  }
});

it("lets the process end after close", async () => {
  const script = join(__dirname, "start-and-close.ts");
  const { stdout } = await run(process.execPath, ["--import", "tsx", script], { timeout: 120_000 });
  expect(stdout.trim()).toBe("closed");
});
