import { type Azurite, queueEndpointFor, startAzurite } from "../../emulators/azurite";
import { QueueService } from "../../local/host/queue-service";
import { until } from "../local-host/until";
import type { Host } from "./host";
import { type DeployedApp, openWorld } from "./world";

let world: DeployedApp;
let azurite: Azurite;
let queues: QueueService;
let host: Host;

beforeAll(async () => {
  [world, azurite] = await Promise.all([openWorld(), startAzurite({ service: "queue" })]);
  const accounts = ["one", "two", "three"].map((name) => world.place({ name: `account-${name}` }));
  const settings = world.settings(accounts);
  const connectionString = `${settings["AzureWebJobsStorage"]}${queueEndpointFor(azurite.port)}`;
  const opened = QueueService.open(connectionString);
  if (opened === null) throw new Error("the connection string names no queues");
  queues = opened;
  host = await world.host(accounts, { AzureWebJobsStorage: connectionString, ROTATION_FAN_OUT: "2" });
});
afterAll(async () => {
  await world.close();
  await azurite.stop();
});

const workQueue = "endtoend-work";

test("more accounts than ROTATION_FAN_OUT go through the queue, and a worker drives them", async () => {
  await host.tick();
  expect(host.logged("Tick").at(-1)).toMatchObject({ accounts: 3, moved: 0, handedOver: 3 });
  await until("the work", () => host.logged("WorkDone").length === 1);
  expect(host.logged("WorkDone")).toMatchObject([{ accounts: 3, failed: 0, left: 0 }]);
  expect((await host.status("account-two")).phase).toBe("adopting");
  expect(host.logged("WorkUntaken")).toEqual([]);
  await until("the message's deletion", async () => (await queues.count(workQueue)) === 0);
});

test("the same message again, and one from before, do no harm", async () => {
  const at = new Date(Date.now() - 600_000).toISOString();
  const names = ["account-one", "account-two", "account-three"];
  const subscription = String(host.logged("WorkDone")[0]?.["subscription"]);
  const fresh = { at, until: new Date(Date.now() + 60_000).toISOString(), subscription, accounts: names };
  await queues.put(workQueue, JSON.stringify(fresh));
  await queues.put(workQueue, JSON.stringify(fresh));
  await queues.put(workQueue, JSON.stringify({ ...fresh, until: at }));
  await until("the work", () => host.logged("WorkDone").length === 3 && host.logged("WorkDropped").length === 1);
  expect(host.logged("WorkDone").map(({ failed }) => failed)).toEqual([0, 0, 0]);
  expect((await host.status("account-two")).phase).toBe("adopting");
});

test("a message that the host has given up is an alarm", async () => {
  await queues.put(`${workQueue}-poison`, "anything");
  await until("the alarm", () => host.logged("WorkLost").length === 1);
  expect(host.logged("WorkLost")).toMatchObject([{ level: "error", account: null }]);
});
