import { createHmac, timingSafeEqual } from "node:crypto";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { noWebhook, Webhook, type WebhookOptions } from "../../../lib/alarms/webhook";
import { VirtualClock } from "../../fakes/world/virtual-clock";
import { aClearing, anAlarm } from "./event";
import { LocalReceiver, type Request } from "./receiver";
import { cloudEvents, problemsWith, slackMessages, teamsMessages } from "./schemas";

const call = { signal: new AbortController().signal };
/** A secret used only here: the bytes 0 to 31. */
const secret = Buffer.from(Array.from({ length: 32 }, (_, index) => index));

let receiver: LocalReceiver;
let clock: VirtualClock;

const aWebhook = (changes: Partial<WebhookOptions> = {}): Webhook =>
  new Webhook({
    url: receiver.url,
    format: "cloudevents",
    secret,
    wanted: "alarms",
    site: "rotator-weu",
    clock,
    ...changes,
  });

const last = (): Request => {
  const request = receiver.requests.at(-1);
  if (request === undefined) throw new Error("nothing has been sent");
  return request;
};

beforeEach(async () => {
  // The package compares the timestamp with the real clock.
  clock = new VirtualClock({ startsAt: new Date().toISOString() });
  receiver = await new LocalReceiver().start();
});
afterEach(() => receiver.stop());

describe("a delivery", () => {
  it("is a structured CloudEvent, sent by POST to the configured URL", async () => {
    expect(await aWebhook().deliver(anAlarm(), call)).toBe("delivered");
    expect(last()).toMatchObject({
      method: "POST",
      url: "/hook?token=not-for-the-log",
      headers: { "content-type": "application/cloudevents+json", "webhook-id": "01JDF0000000000000000EVENT" },
    });
    expect(problemsWith(cloudEvents, JSON.parse(last().body))).toEqual([]);
    expect(JSON.parse(last().body)).toMatchObject({
      id: "01JDF0000000000000000EVENT",
      type: "batch-key-rotator.RotationStalled",
      source: "/batch-key-rotator/rotator-weu",
      subject: "render-weu",
    });
  });

  it.each([
    ["teams", teamsMessages],
    ["slack", slackMessages],
  ] as const)("is a message for %s where that format is configured", async (format, schema) => {
    expect(await aWebhook({ format }).deliver(aClearing(), call)).toBe("delivered");
    expect(last().headers["content-type"]).toBe("application/json");
    expect(problemsWith(schema, JSON.parse(last().body))).toEqual([]);
  });

  it("is wanted for the configured events only", () => {
    expect([aWebhook().wanted, aWebhook({ wanted: "all" }).wanted]).toEqual(["alarms", "all"]);
  });
});

describe("a signature", () => {
  it("follows the specification: HMAC-SHA256 of id, seconds and body, joined by full stops", async () => {
    await aWebhook().deliver(anAlarm(), call);
    const { headers, body } = last();
    const seconds = Math.floor(clock.now().getTime() / 1000);
    expect(headers["webhook-timestamp"]).toBe(String(seconds));
    const signed = createHmac("sha256", secret).update(`01JDF0000000000000000EVENT.${seconds}.${body}`).digest();
    const [version, signature] = String(headers["webhook-signature"]).split(",");
    expect([version, timingSafeEqual(Buffer.from(signature ?? "", "base64"), signed)]).toEqual(["v1", true]);
  });

  it("is accepted by the public package, also for text beyond ASCII", async () => {
    await aWebhook().deliver(anAlarm({ detail: "prüft nicht – 😀" }), call);
    const { headers, body } = last();
    const theirs = new StandardWebhook(`whsec_${secret.toString("base64")}`);
    const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    expect(theirs.verify(body, sent)).toEqual(JSON.parse(body));
    expect(() => theirs.verify(body.replace("render-weu", "render-neu"), sent)).toThrow("No matching signature");
    const others = new StandardWebhook(`whsec_${Buffer.alloc(32, 1).toString("base64")}`);
    expect(() => others.verify(body, sent)).toThrow("No matching signature");
  });

  it("is made again for each attempt, with the same id", async () => {
    const webhook = aWebhook();
    receiver.answers = (response, nth) => response.writeHead(nth === 1 ? 500 : 200).end();
    expect(await webhook.deliver(anAlarm(), call)).toBe("failed");
    clock.advance(60_000);
    expect(await webhook.deliver(anAlarm(), call)).toBe("delivered");
    const [first, second] = receiver.requests;
    expect(first?.body).toBe(second?.body);
    expect(first?.headers["webhook-id"]).toBe(second?.headers["webhook-id"]);
    expect(first?.headers["webhook-signature"]).not.toBe(second?.headers["webhook-signature"]);
  });

  it("is omitted without a secret", async () => {
    await aWebhook({ secret: null }).deliver(anAlarm(), call);
    expect(Object.keys(last().headers).filter((name) => name.startsWith("webhook-"))).toEqual([]);
  });
});

describe("an answer", () => {
  it.each([
    [200, "delivered"],
    [202, "delivered"],
    [204, "delivered"],
    [301, "failed"],
    [307, "failed"],
    [400, "failed"],
    [401, "failed"],
    [404, "failed"],
    [410, "gone"],
    [429, "failed"],
    [500, "failed"],
    [503, "failed"],
  ])("of %i counts as %s", async (status, outcome) => {
    receiver.answers = (response) => response.writeHead(status).end("never read");
    expect(await aWebhook().deliver(anAlarm(), call)).toBe(outcome);
  });

  it("that redirects is not followed: the signature is for this receiver only", async () => {
    receiver.answers = (response) => response.writeHead(307, { location: "/elsewhere" }).end();
    expect(await aWebhook().deliver(anAlarm(), call)).toBe("failed");
    expect(receiver.requests.map(({ url }) => url)).toEqual(["/hook?token=not-for-the-log"]);
  });

  it("that never comes is awaited up to the time limit only", async () => {
    const settled = jest.fn();
    const received = new Promise((resolve) => {
      receiver.answers = resolve;
    });
    const delivery = aWebhook().deliver(anAlarm(), call).finally(settled);
    await received;
    clock.advance(4_999);
    await new Promise(setImmediate);
    expect(settled).not.toHaveBeenCalled();
    clock.advance(1);
    expect(await delivery).toBe("failed");
  });

  it("that never ends is not read", async () => {
    receiver.answers = (response) => {
      response.writeHead(200);
      response.write("x".repeat(64 * 1024));
    };
    expect(await aWebhook().deliver(anAlarm(), call)).toBe("delivered");
  });

  it("that breaks off counts as a failure", async () => {
    receiver.answers = (response) => response.socket?.destroy();
    expect(await aWebhook().deliver(anAlarm(), call)).toBe("failed");
  });

  it("is no longer awaited once the caller aborts", async () => {
    receiver.answers = () => undefined;
    expect(await aWebhook().deliver(anAlarm(), { signal: AbortSignal.timeout(50) })).toBe("failed");
    clock.advance(30_000);
    expect(await aWebhook().deliver(anAlarm(), { signal: AbortSignal.abort() })).toBe("failed");
  });

  it("of an unreachable receiver counts as a failure; nothing is thrown or logged", async () => {
    const { url } = receiver;
    await receiver.stop();
    const written = [jest.spyOn(process.stdout, "write"), jest.spyOn(process.stderr, "write")];
    expect(await aWebhook({ url }).deliver(anAlarm(), call)).toBe("failed");
    expect(await aWebhook({ url: "https://127.0.0.1:1/?token=not-for-the-log" }).deliver(anAlarm(), call)).toBe(
      "failed",
    );
    expect(await aWebhook({ url: "not a URL" }).deliver(anAlarm(), call)).toBe("failed");
    expect(written.flatMap((spy) => spy.mock.calls)).toEqual([]);
    jest.restoreAllMocks();
  });
});

const failed = async (): Promise<Webhook> => {
  const webhook = aWebhook();
  receiver.answers = (response, nth) => response.writeHead(nth === 1 ? 500 : 200).end();
  expect(await webhook.deliver(anAlarm(), call)).toBe("failed");
  return webhook;
};

describe("a receiver that has failed", () => {
  it("gets no request for 30 s", async () => {
    const webhook = await failed();
    clock.advance(29_999);
    expect([await webhook.deliver(anAlarm(), call), receiver.requests.length]).toEqual(["failed", 1]);
    clock.advance(1);
    expect([await webhook.deliver(anAlarm(), call), receiver.requests.length]).toEqual(["delivered", 2]);
  });

  it("gets a request again after the clock was set back", async () => {
    const webhook = await failed();
    clock.offsetMs -= 1;
    expect(await webhook.deliver(anAlarm(), call)).toBe("delivered");
  });

  it("does not delay other events once it has answered, even with 410", async () => {
    const webhook = aWebhook();
    receiver.answers = (response) => response.writeHead(410).end();
    expect(await webhook.deliver(anAlarm(), call)).toBe("gone");
    expect(await webhook.deliver(anAlarm(), call)).toBe("gone");
    expect(receiver.requests).toHaveLength(2);
  });
});

it("wants and keeps no events where no webhook is configured", async () => {
  expect([noWebhook.wanted, await noWebhook.deliver(anAlarm(), call)]).toEqual([null, "gone"]);
});
