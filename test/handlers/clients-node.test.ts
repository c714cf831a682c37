import { BatchServiceClient } from "@azure/batch";
import { rotatingBatchKey } from "../../clients/node/src/index";
import { managedIdentity } from "../../clients/node/src/managed-identity";
import { aConsumer } from "../builders/account";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../rig/emulated";
import { type RotatorServer, serveRotator } from "../rig/rotator-server";

let world: EmulatedRig;
let at: EmulatedPlace;
let server: RotatorServer;

beforeAll(async () => {
  world = await openEmulatedRig(new Date().toISOString());
  at = world.place({ gate: { consumers: [aConsumer({ proof: "required" })], soakMs: 0 } });
  await world.rig.surface.tick();
  server = await serveRotator(world);
});
afterAll(async () => {
  server.close();
  await world.close();
});

test("the SDK lists pools with it, over a rotation and a key that dies without warning", async () => {
  const url = `https://${world.emulators.dataPlaneHost}`;
  const key = rotatingBatchKey({
    account: at.config.batch.accountName,
    secretUrl: `${at.config.secret.vaultUrl}/secrets/${at.config.secret.name}`,
    credential: managedIdentity(),
    report: {
      url: server.url,
      key: "key-of-receiveSignal",
      account: at.name,
      consumer: "render-api",
      instance: "vm-1",
    },
    // A minute of the client takes 0.3 seconds.
    internals: { secondMs: 5 },
  });
  const client = new BatchServiceClient(key, url);
  const list = () => client.pool.list({ poolListOptions: { maxResults: 1, select: "id" } });
  const until = async (phase: string): Promise<void> => {
    while ((await at.phase()) !== phase) {
      await list();
      server.setClock();
      await world.rig.surface.tick();
    }
  };
  await until("idle");
  server.setClock();
  expect((await at.rotate()).status).toBe(202);
  await until("idle");
  expect((await key.current()).version).toBe(at.newest().version);

  const dead = at.newest().value;
  const value = world.emulators.batch.regenerateManually(at.config.batch.accountName, at.publishedSlot() ?? "primary");
  world.vault.seed(at.config.secret.name, { value });
  expect(at.accepts(dead)).toBe(false);
  expect(await list()).toHaveLength(0);
  expect((await key.current()).key).toBe(value);
  await key.close();
  expect((await at.status()).consumers[0]?.instances).toEqual([]);
});
