import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { grace } from "../../builders/azure-event";
import { until } from "../../e2e/local-host/until";
import { deliveriesOf } from "../../emulators/event-deliveries";
import { EventGrid, subscriptionsOf } from "../../emulators/event-grid";
import { Random } from "../../fakes/world/random";

const resourceId = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/renderweu";
const person = { oid: grace, name: "grace@contoso.example" };

interface Received {
  readonly method: string;
  readonly type: string;
  readonly count: string;
  readonly body: string;
}

let server: Server;
let received: Received[];
let answers: (request: IncomingMessage, body: string) => { readonly status: number; readonly body?: string };
let grid: EventGrid;
let url: string;

/** Proves what a right endpoint proves. */
const right: typeof answers = (request, body) =>
  request.headers["aeg-event-type"] === "SubscriptionValidation"
    ? { status: 200, body: JSON.stringify({ validationResponse: JSON.parse(body)[0].data.validationCode }) }
    : { status: 200 };

const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const body = await text(request);
  const { method = "", headers } = request;
  received.push({
    method,
    type: headers["content-type"] ?? "",
    count: String(headers["aeg-delivery-count"]),
    body,
  });
  const answer = answers(request, body);
  response.writeHead(answer.status, { "WebHook-Allowed-Origin": "eventgrid.azure.net" }).end(answer.body ?? "");
};

beforeEach(async () => {
  received = [];
  answers = right;
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address: AddressInfo | string | null = server.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/api/events?code=k`;
  grid = new EventGrid({ retryMs: [5, 5] });
});
afterEach(async () => {
  await grid.close();
  server.closeAllConnections();
  server.close();
});

const [ofKeys, ofSecrets] = subscriptionsOf("");
const subscribe = async (which = ofKeys): Promise<void> => {
  if (which === undefined) throw new Error("there is no such subscription");
  await grid.subscribe({ ...which, url });
  received.length = 0;
};

test("a subscription needs an endpoint that answers its handshake, in either schema", async () => {
  await subscribe(ofKeys);
  await subscribe(ofSecrets);
  answers = () => ({ status: 200, body: "{}" });
  await expect(subscribe(ofKeys)).rejects.toThrow("failed its handshake");
  answers = () => ({ status: 401 });
  await expect(subscribe(ofSecrets)).rejects.toThrow("failed its handshake");
});

test("events that pass the filters are sent in the schema of their subscription, and no others", async () => {
  await subscribe(ofKeys);
  await subscribe(ofSecrets);
  grid.keyOperation(resourceId, "regenerateKeys", person);
  grid.versionAdded("https://render.vault.azure.net", "renderweu-batch-key", "4".repeat(32));
  for (const event of grid.published.slice(0, 1))
    grid.publish({ ...event, eventType: "Microsoft.Resources.ResourceWriteSuccess" });
  await until("both deliveries", () => received.length >= 2);
  expect(received.map(({ type }) => type).toSorted()).toEqual([
    "application/cloudevents+json; charset=utf-8",
    "application/json; charset=utf-8",
  ]);
});

test("a delivery that fails is repeated, and is a dead letter after the last try or a final answer", async () => {
  await subscribe();
  answers = () => ({ status: 503 });
  grid.keyOperation(resourceId, "regenerateKeys", person);
  await until("the dead letter", () => grid.deadLetters.length > 0);
  expect(received.map(({ count }) => count)).toEqual(["0", "1", "2"]);
  answers = () => ({ status: 400 });
  grid.keyOperation(resourceId, "listKeys", person);
  await until("the other one", () => grid.deadLetters.length > 1);
  expect(received).toHaveLength(4);
});

test("deliveries are doubled, lost and in any order, as often as is asked for", () => {
  const random = new Random(7);
  const all = Array.from({ length: 10_000 }, () =>
    deliveriesOf(random, { doubled: 0.5, lost: 0.1, maxDelayMs: 5_000 }),
  );
  expect(all.filter((each) => each.length === 0).length / 10_000).toBeCloseTo(0.1, 1);
  expect(all.filter((each) => each.length === 2).length / 9_000).toBeCloseTo(0.5, 1);
  const delays = all.flat();
  expect(Math.max(...delays)).toBeLessThan(5_000);
  expect(delays).not.toEqual(delays.toSorted((one, other) => one - other));
});
