import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { aConsumer } from "../../builders/account";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../../rig/emulated";
import { Random } from "../../fakes/world/random";
import { hasPython } from "../../local/python";
import { type RotatorServer, serveRotator } from "../../rig/rotator-server";
import { freshSeed } from "../../simulation/fresh-seed";

if (!hasPython) console.warn("python3 (3.9 or later) is not on this machine, so the Python client is not tested");

/** `npm run clients:soak` runs 200 rotations. */
const rotations = Number(process.env["CLIENT_ROTATIONS"] ?? 5);
/** Of the faults: each process draws its own from it. */
const seed = Number(process.env["CLIENT_SEED"] ?? freshSeed());
/** What a client takes for a second: it reads the vault every three seconds and reports several times a second. */
const secondMs = 10;
const python = path.resolve(__dirname, "../../../clients/python/src");

interface Counts {
  readonly answered: number;
  readonly refused: number;
  readonly failed: number;
  readonly refusals: number;
}

let world: EmulatedRig;
let at: EmulatedPlace;
let server: RotatorServer;
const children: ChildProcess[] = [];

beforeAll(async () => {
  world = await openEmulatedRig(new Date().toISOString());
  const consumers = ["node", "python"].slice(0, hasPython ? 2 : 1);
  at = world.place({
    gate: { consumers: consumers.map((name) => aConsumer({ name, instances: 2, proof: "required" })), soakMs: 0 },
  });
  const random = new Random(seed);
  server = await serveRotator(world, () => random.next() < 0.05);
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  server.close();
  await world.close();
});

interface App {
  readonly child: ChildProcess;
  readonly counts: Promise<Counts>;
}

const start = (consumer: string, index: number): App => {
  const instance = `vm-${index}`;
  const load = {
    seed: seed + index,
    account: at.config.batch.accountName,
    secretUrl: `${at.config.secret.vaultUrl}/secrets/${at.config.secret.name}`,
    endpoint: `https://${world.emulators.dataPlaneHost}`,
    report: { url: server.url, key: "key-of-receiveSignal", account: at.name, consumer, instance },
    secondMs,
  };
  const [command, args] =
    consumer === "node"
      ? [process.execPath, ["--require", require.resolve("tsx/cjs"), path.join(__dirname, "load.ts")]]
      : ["python3", [path.join(__dirname, "load.py")]];
  const child = spawn(command, args, {
    env: {
      PATH: process.env["PATH"] ?? "",
      ...world.emulators.env,
      SSL_CERT_FILE: world.emulators.caFile,
      PYTHONPATH: python,
      PYTHONDONTWRITEBYTECODE: "1",
      LOAD: JSON.stringify(load),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (data: string) => (text += data));
  const counts = new Promise<Counts>((resolve, reject) => {
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(text));
      else reject(new Error(`${consumer}/${instance} ended with ${code}`));
    });
  });
  return { child, counts };
};

/** Runs the timer until the account is at rest. */
const atRest = async (): Promise<void> => {
  for (let turn = 0; turn < 2_400; turn += 1) {
    server.setClock();
    await world.rig.surface.tick();
    if ((await at.phase()) === "idle") return;
    await wait(50);
  }
  throw new Error(`not at rest: ${JSON.stringify(await at.status())}`);
};

/** Of the clients alone: the rotator's requests have an id. */
const readsOfClients = (): number =>
  world.emulators.journal.of("vault.getSecret").filter(({ clientRequestId }) => clientRequestId === null).length;

test(
  `${rotations} rotations under load and faults: no call is refused, and the vault is called seldom (seed ${seed})`,
  async () => {
    const apps = (hasPython ? ["node", "node", "python", "python"] : ["node", "node"]).map((consumer, index) =>
      start(consumer, index),
    );
    const began = Date.now();
    let reads = 0;
    await atRest();
    for (let rotation = 0; rotation < rotations; rotation += 1) {
      server.setClock();
      const { status } = await at.rotate();
      expect([202, 503]).toContain(status);
      await atRest();
      reads += readsOfClients();
      world.emulators.journal.clear();
    }
    const windows = (Date.now() - began) / (300 * secondMs);
    for (const { child } of apps) child.kill("SIGTERM");
    const counts = await Promise.all(apps.map((app) => app.counts));
    const refusals = counts.reduce((sum, one) => sum + one.refusals, 0);
    const cost = `${reads} reads in ${windows.toFixed(1)} windows`;
    console.log(`${rotations} rotations (seed ${seed}), ${cost}: ${JSON.stringify(counts)}`);
    for (const { answered, refused } of counts) {
      expect(answered).toBeGreaterThan(20);
      expect(refused).toBe(0);
    }
    // One in each five minutes of the client and process, and after each refusal at most two.
    expect(reads).toBeLessThanOrEqual(apps.length * (windows + 1) + 2 * refusals);
  },
  300_000 + rotations * 60_000,
);
