import { type Azurite, connectionStringFor, queueEndpointFor, startAzurite } from "../../emulators/azurite";
import { QueueService } from "../../local/host/queue-service";
import { type FixtureApp, type HostProcess, makeFixtureApp, startHostProcess } from "./fixture-host";
import { until } from "./until";

let azurite: Azurite;
let app: FixtureApp;
let host: HostProcess;
let queues: QueueService;

beforeAll(async () => {
  [azurite, app] = await Promise.all([startAzurite({ service: "queue" }), makeFixtureApp()]);
  const connectionString = connectionStringFor(azurite.port) + queueEndpointFor(azurite.port);
  const opened = QueueService.open(connectionString);
  if (opened === null) throw new Error("the connection string names no queues");
  queues = opened;
  app.write({ hostJson: { version: "2.0", extensions: { queues: { maxDequeueCount: 3 } } } });
  host = startHostProcess(app.folder, {
    FIXTURE_SCHEDULE: "0 0 0 29 2 *",
    FIXTURE_QUEUE: "fixture-work",
    LOCAL_FUNCTION_KEYS: JSON.stringify({ master: "master-key" }),
    AzureWebJobsStorage: connectionString,
  });
  await host.started();
});
afterAll(async () => {
  await host.child.stop();
  await azurite.stop();
  app.remove();
});

const logged = (event: string): readonly Readonly<Record<string, unknown>>[] =>
  host
    .messages()
    .filter((message) => message.includes(`"event":"${event}"`))
    .map((message) => JSON.parse(message));

test("a message runs its function once, and each item that this sets for an output is a message", async () => {
  await queues.put("fixture-work", JSON.stringify({ subject: "a snowman ☃" }));
  await until("the run", () => logged("Took").length === 1);
  expect(logged("Took")).toEqual([{ event: "Took", message: { subject: "a snowman ☃" }, dequeueCount: 1 }]);
  await until("the outputs", async () => (await queues.count("fixture-work-echoes")) === 2);
  const echoes = await queues.get("fixture-work-echoes", 32, 1);
  expect(echoes.map(({ text }) => text)).toEqual(['{"echoOf":{"subject":"a snowman ☃"}}', "and a text"]);
  await until("the message's deletion", async () => (await queues.count("fixture-work")) === 0);
});

test("a message that fails as often as host.json says goes to the queue of lost messages", async () => {
  await queues.put("fixture-work", "bad");
  await until("the lost message", () => logged("Poisoned").length === 1);
  const bad = logged("Took").filter(({ message }) => message === "bad");
  expect(bad.map(({ dequeueCount }) => dequeueCount)).toEqual([1, 2, 3]);
  expect(logged("Poisoned")).toEqual([{ event: "Poisoned", message: "bad" }]);
});

test("a queue function can be fired manually with a message", async () => {
  const before = logged("Took").length;
  const { port } = await host.started();
  const answer = await fetch(`http://127.0.0.1:${port}/admin/functions/takesMessages`, {
    method: "POST",
    headers: { "x-functions-key": "master-key" },
    body: JSON.stringify({ input: '{"subject":"manually"}' }),
  });
  expect(answer.status).toBe(202);
  await until("the run", () => logged("Took").length > before);
  expect(logged("Took").at(-1)).toMatchObject({ message: { subject: "manually" } });
});
