import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { aConsumer } from "../builders/account";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../rig/emulated";
import { type RotatorServer, serveRotator } from "../rig/rotator-server";

const run = promisify(execFile);
const hasJava = spawnSync("javac", ["--version"]).status === 0;
if (!hasJava) console.warn("javac is not on this machine, so the Java example is not run");

let world: EmulatedRig;
let at: EmulatedPlace;
let server: RotatorServer;
let folder: string;

beforeAll(async () => {
  world = await openEmulatedRig(new Date().toISOString());
  at = world.place({ gate: { consumers: [aConsumer({ proof: "required" })] } });
  await world.rig.surface.tick();
  server = await serveRotator(world);
  folder = mkdtempSync(path.join(tmpdir(), "java-"));
});
afterAll(async () => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

test("the Java example is compiled, follows the key and reports it with a proof that holds", async () => {
  if (!hasJava) return;
  execFileSync("javac", ["-Werror", "-d", folder, path.resolve(__dirname, "../../docs/examples/FollowKey.java")]);
  const store = path.join(folder, "authority.p12");
  const keystore = ["-keystore", store, "-storepass", "changeit", "-storetype", "PKCS12"];
  // The file has the authorities of this machine before its own, and keytool takes only one.
  const authorities = readFileSync(world.emulators.caFile, "utf8").match(/-----BEGIN[\s\S]*?-----END.*/g) ?? [];
  const own = path.join(folder, "authority.pem");
  writeFileSync(own, authorities.at(-1) ?? "");
  const ca = ["-importcert", "-noprompt", "-alias", "authority", "-file", own];
  execFileSync("keytool", [...ca, ...keystore], { stdio: "ignore" });
  const trust = ["-Djavax.net.ssl.trustStore=" + store, "-Djavax.net.ssl.trustStorePassword=changeit"];
  const env = {
    PATH: process.env["PATH"] ?? "",
    ...world.emulators.env,
    ROTATOR_URL: server.url,
    ROTATOR_KEY: "key-of-receiveSignal",
    ACCOUNT: at.name,
    CONSUMER: "render-api",
    INSTANCE: "java-1",
    VAULT_URL: at.config.secret.vaultUrl,
    SECRET_NAME: at.config.secret.name,
    BATCH_ACCOUNT: at.config.batch.accountName,
    BATCH_ENDPOINT: world.emulators.dataPlaneHost,
  };
  const { stdout } = await run("java", [...trust, "-cp", folder, "FollowKey", "once"], { env });
  expect(stdout).toContain(`uses another key of ${at.config.batch.accountName}`);
  expect(stdout).toContain('"accepted":true');
  expect((await at.status()).consumers[0]?.instances).toMatchObject([
    { id: "java-1", secretVersion: at.newest().version, healthy: true, proven: true },
  ]);
});
