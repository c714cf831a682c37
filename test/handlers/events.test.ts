import { createServer } from "node:http";
import { aKeyOperation, asCloudEvent } from "../builders/azure-event";
import { adopted, type Place, openRig, type ServedRig } from "../rig/served-place";

let rig: ServedRig;
let at: Place;

beforeEach(async () => {
  rig = await openRig();
  ({ at } = await adopted(rig));
});

const send = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  rig.surface.call({ method: "POST", path: "/events", body, headers });

const regenerated = () =>
  aKeyOperation({ resourceId: at.config.batch.resourceId, at: rig.clock.at, id: `event-${rig.clock.at}` });

const repaired = async (): Promise<boolean> => (await at.waitingFor()) !== null && (await at.phase()) === "adopting";

const validation = (validationCode: unknown) => [
  {
    id: "1",
    topic: "/subscriptions/s",
    subject: "",
    eventType: "Microsoft.EventGrid.SubscriptionValidationEvent",
    eventTime: "2026-11-22T10:00:00Z",
    data: { validationCode, validationUrl: "https://rp-westeurope.eventgrid.azure.net/validate?id=1" },
    dataVersion: "2",
    metadataVersion: "1",
  },
];

test("the handshake of Event Grid's schema is answered with the code that was sent", async () => {
  const answer = await send(validation("512D38B6-C7B8-40C8-89FE-F46F9E9622B6"), {
    "aeg-event-type": "SubscriptionValidation",
  });
  expect(answer).toMatchObject({
    status: 200,
    body: { validationResponse: "512D38B6-C7B8-40C8-89FE-F46F9E9622B6" },
  });
});

test("the handshake of CloudEvents is answered with the origin that asks, at any rate", async () => {
  const answer = await rig.surface.call({
    method: "OPTIONS",
    path: "/events",
    headers: { "webhook-request-origin": "eventgrid.azure.net", "webhook-request-rate": "120" },
  });
  expect(answer).toMatchObject({
    status: 200,
    headers: { "webhook-allowed-origin": "eventgrid.azure.net", "webhook-allowed-rate": "*" },
  });
});

test.each([
  ["without the origin", {}],
  ["with an origin that is no host", { "webhook-request-origin": "a b" }],
])("a handshake %s is refused", async (_what, headers) => {
  expect(await rig.surface.call({ method: "OPTIONS", path: "/events", headers })).toMatchObject({ status: 400 });
});

test.each([
  ["a single CloudEvent", "application/cloudevents+json; charset=utf-8", () => asCloudEvent(regenerated())],
  ["a batch of CloudEvents", "application/cloudevents-batch+json", () => [asCloudEvent(regenerated())]],
  ["Event Grid's schema", "application/json", () => [regenerated()]],
  [
    "texts in place of objects, as older topics send them",
    "application/json",
    () => {
      const event = regenerated();
      const { claims, authorization, httpRequest } = event.data;
      const texts = Object.entries({ claims, authorization, httpRequest }).map(([name, value]) => [
        name,
        JSON.stringify(value),
      ]);
      return [{ ...event, data: { ...event.data, ...Object.fromEntries(texts) } }];
    },
  ],
  [
    "the operation and the resource in another case, and the action at the end of the resource",
    "application/json",
    () => {
      const event = regenerated();
      const operationName = "MICROSOFT.BATCH/BATCHACCOUNTS/REGENERATEKEYS/ACTION";
      const resourceUri = `${at.config.batch.resourceId.toUpperCase()}/regenerateKeys`;
      return [{ ...event, data: { ...event.data, operationName, resourceUri } }];
    },
  ],
])("a delivery as %s has a dead key repaired", async (_form, type, body) => {
  at.regenerateManually("primary");
  expect(await send(body(), { "content-type": type })).toMatchObject({ status: 200 });
  expect(await repaired()).toBe(true);
});

test.each([
  ["nothing that is an event", [{ some: "thing" }]],
  ["a text", "event"],
  ["null", null],
  ["a number in an array", [1]],
  ["an event without an instant", [{ ...aKeyOperation(), eventTime: "yesterday" }]],
  ["an event without data", [{ ...aKeyOperation(), data: undefined }]],
  ["a validation without a code", validation(17)],
])("a body with %s is refused with 400", async (_what, body) => {
  const text = JSON.stringify(body);
  const answer = await send(text, { "content-type": "application/json" });
  expect(answer).toMatchObject({ status: 400, body: { reason: "InvalidRequest" } });
});

test("an empty batch is accepted", async () => {
  expect(await send([])).toMatchObject({ status: 200, body: { received: 0 } });
});

test("one element that cannot be read does not lose the others of its batch", async () => {
  at.regenerateManually("primary");
  const poison = [null, { eventType: "Microsoft.Resources.ResourceActionSuccess" }, { ...regenerated(), data: [1] }];
  expect(await send([...poison, regenerated(), ...poison])).toMatchObject({ status: 200, body: { received: 1 } });
  expect(await repaired()).toBe(true);
  expect(rig.lines.filter(({ event }) => event === "EventUnreadable")).toMatchObject([
    { level: "warn", account: null, detail: "6 of the events of one delivery cannot be read" },
  ]);
});

test("an event whose type or operation is the name of a member of every object is one of another type", async () => {
  const { data, ...event } = regenerated();
  const odd = ["constructor", "__proto__", "toString", "hasownproperty"].flatMap((name) => [
    { ...event, data, eventType: name },
    { ...event, data: { ...data, operationName: name } },
  ]);
  at.regenerateManually("primary");
  expect(await send([...odd, regenerated()])).toMatchObject({ status: 200, body: { received: 1 } });
  expect(await repaired()).toBe(true);
  expect(rig.lines.map(({ event: kind }) => kind)).not.toContain("KeysListed");
});

const unreadable = (count: number) => Array.from({ length: count }, () => ({}));

test("a delivery may have as many events as Event Grid sends at once, and no more", async () => {
  expect(await send([...unreadable(4_999), regenerated()])).toMatchObject({ status: 200, body: { received: 1 } });
  const answer = await send(unreadable(5_001));
  expect(answer).toMatchObject({ status: 400, body: { problems: [{ problem: "may have at most 5000 events" }] } });
});

test("nothing that a sender names is called: neither the address of a validation nor that of a handshake", async () => {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(request.url ?? "");
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/validate`;
  const [event] = validation("512D38B6");
  await send([{ ...event, data: { validationCode: "512D38B6", validationUrl: url } }]);
  await send([{ ...event, data: { validationUrl: url } }]);
  const headers = { "webhook-request-origin": "eventgrid.azure.net", "webhook-request-callback": url };
  await rig.surface.call({ method: "OPTIONS", path: "/events", headers });
  await new Promise((resolve) => server.close(resolve));
  expect(calls).toEqual([]);
});

test.each(["text/plain", "multipart/form-data; boundary=+json", "application/x-www-form-urlencoded", "json"])(
  "a body of the type %s is refused, whatever is in it",
  async (type) => {
    at.regenerateManually("primary");
    expect(await send(JSON.stringify([regenerated()]), { "content-type": type })).toMatchObject({ status: 415 });
    expect(await repaired()).toBe(false);
  },
);

test("a body as deep as 1 MiB lets it be is answered, as an object and as a text within an event", async () => {
  const deep = `${"[".repeat(250_000)}${"]".repeat(250_000)}`;
  expect(await send(deep, { "content-type": "application/json" })).toMatchObject({ status: 400 });
  const { data, ...event } = regenerated();
  at.regenerateManually("primary");
  expect(await send([{ ...event, data: { ...data, claims: deep } }])).toMatchObject({ status: 200 });
  expect(await repaired()).toBe(true);
});

const fill = (length: number) => [{ ...regenerated(), topic: "x".repeat(length) }];

test("a body may have 1 MiB and no more", async () => {
  const empty = JSON.stringify(fill(0)).length;
  expect(await send(fill(1024 * 1024 - empty))).toMatchObject({ status: 200 });
  expect(await send(fill(1024 * 1024 - empty + 1))).toMatchObject({ status: 413 });
});

test("tables out of reach are answered with 503, so that Event Grid delivers once more", async () => {
  at.regenerateManually("primary");
  rig.unavailable("rotations.read");
  const answer = await send([regenerated()]);
  expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "30" } });
  expect(await send([regenerated()])).toMatchObject({ status: 200 });
  expect(await repaired()).toBe(true);
});

test("what an event says is shown in one line, short, and without anything that looks like a key", async () => {
  at.regenerateManually("primary");
  const key = at.newest().value;
  const name = `grace\n\u202e{"event":"RotationBlocked"} ${key} ${"x ".repeat(5_000)}`;
  const event = aKeyOperation({ resourceId: at.config.batch.resourceId, at: rig.clock.at, name, role: `\u0007${key}` });
  expect(await send([event])).toMatchObject({ status: 200 });
  const [line] = rig.lines.filter(({ event: kind }) => kind === "DriftRepaired");
  expect(String(line?.["detail"])).toMatch(
    /called by grace \{"event":"RotationBlocked"\} \[removed: looks like a key\] [x ]+ \(/,
  );
  expect(String(line?.["detail"]).length).toBeLessThan(700);
  expect(String(line?.["detail"])).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(JSON.stringify(rig.lines)).not.toContain(key);
});

test("an event from the future counts as one of now", async () => {
  at.regenerateManually("primary");
  const event = aKeyOperation({ resourceId: at.config.batch.resourceId, at: "2099-01-01T00:00:00Z" });
  await send([event]);
  const [line] = rig.lines.filter(({ event: kind }) => kind === "DriftRepaired");
  expect(String(line?.["detail"])).toContain(rig.clock.at.slice(0, 16));
});
