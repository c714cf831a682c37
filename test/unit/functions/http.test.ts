import {
  HttpRequest,
  type HttpRequestInit,
  HttpResponse,
  type HttpResponseInit,
  InvocationContext,
} from "@azure/functions";
import { callerOf } from "../../../functions/caller";
import { badRequest, busy, json, problem, readJson } from "../../../functions/http";
import type * as httpModule from "../../../functions/http";
import type * as runtimeModule from "../../../functions/runtime";
import type * as errorsModule from "../../../lib/errors";
import { keyText } from "../../builders/key";

type Http = typeof httpModule;
type Handler = ReturnType<Http["withApp"]>;

const goodSettings = {
  AzureWebJobsStorage:
    "DefaultEndpointsProtocol=https;AccountName=rotations;AccountKey=AAAA;EndpointSuffix=core.windows.net",
  ROTATION_ACCOUNTS: JSON.stringify({
    accounts: [
      {
        name: "render-weu",
        resourceId:
          "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/render" +
          "/providers/Microsoft.Batch/batchAccounts/renderweu",
        secret: { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key" },
        gate: { consumers: [{ name: "render-api" }] },
      },
    ],
  }),
};

const ownSettings = (): string[] =>
  Object.keys(process.env).filter((name) => /^(ROTATION_|AzureWebJobs|WEBSITE_)/.test(name));
const settingsBefore = { ...process.env };

type Errors = typeof errorsModule;

/** The HTTP layer of a fresh process, with its error classes. It reads these settings once, at the first use. */
const layerWith = async (settings: Readonly<Record<string, string>>) => {
  for (const name of ownSettings()) delete process.env[name];
  Object.assign(process.env, settings);
  jest.resetModules();
  const http = jest.requireActual<Http>("../../../functions/http");
  const errors = jest.requireActual<Errors>("../../../lib/errors");
  await jest.requireActual<typeof runtimeModule>("../../../functions/runtime").theApp();
  return { http, errors };
};

let good: Awaited<ReturnType<typeof layerWith>>;
let wrong: typeof good;
beforeAll(async () => {
  wrong = await layerWith({ ROTATION_CLOUD: "Mars", ROTATION_DRY_RUN: "perhaps" });
  // Last, as modules that are loaded later come with the last one.
  good = await layerWith(goodSettings);
});

afterEach(() => {
  for (const name of ownSettings()) delete process.env[name];
  Object.assign(process.env, settingsBefore);
});

const request = (init: Partial<HttpRequestInit> = {}): HttpRequest =>
  new HttpRequest({ url: "https://rotator.example/api/accounts/render-weu", method: "POST", ...init });

/** A body in bytes, because a string would set a content type. */
const withBody = (text: string, headers: Record<string, string> = {}): HttpRequest =>
  request({ body: { bytes: Buffer.from(text) }, headers });

/** The answer as the caller receives it. */
const sent = async (answer: HttpResponseInit) => {
  const response = new HttpResponse(answer);
  const text = await response.text();
  const body: Record<string, unknown> = text === "" ? {} : JSON.parse(text);
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
};

/** A handler's answer and the lines that it logged. */
const answerOf = async (handler: Handler, asked: HttpRequest = request()) => {
  const logged: { readonly level: string; readonly line: string }[] = [];
  const context = new InvocationContext({
    logHandler: (level, ...args) => {
      logged.push({ level, line: args.join(" ") });
    },
  });
  return { ...(await sent(await handler(asked, context))), logged };
};

describe("a problem", () => {
  it("follows RFC 9457, has a reason and is never cached", async () => {
    expect(await sent(problem(409, "Paused", "the account is paused"))).toEqual({
      status: 409,
      headers: {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      },
      body: {
        type: "urn:batch-key-rotator:problem:Paused",
        title: "Conflict",
        status: 409,
        detail: "the account is paused",
        reason: "Paused",
      },
    });
  });

  it.each([
    [400, "Bad request"],
    [403, "Forbidden"],
    [404, "Not found"],
    [409, "Conflict"],
    [413, "Body too large"],
    [415, "Unsupported media type"],
    [422, "Unprocessable content"],
    [500, "Internal error"],
    [503, "Service unavailable"],
    [418, "Error"],
  ])("with status %i has the title %s", async (status, title) => {
    expect(await sent(problem(status, "X", "x"))).toMatchObject({ status, body: { status, title } });
  });

  it("of a bad request lists every place", async () => {
    const problems = [
      { at: "/reason", problem: "must say why" },
      { at: "Idempotency-Key", problem: "is too long" },
    ];
    expect(await sent(badRequest(problems))).toMatchObject({
      status: 400,
      body: { reason: "InvalidRequest", problems },
    });
    expect(await sent(badRequest(problems, "ClockSkew"))).toMatchObject({ body: { reason: "ClockSkew", problems } });
  });

  it("of a busy account has a Retry-After", async () => {
    expect(await sent(busy(7))).toMatchObject({
      status: 409,
      headers: { "retry-after": "7" },
      body: { reason: "Busy" },
    });
  });
});

test("an answer in JSON has its status and headers, and is never cached", async () => {
  expect(await sent(json(202, { ok: true }, { location: "/api/accounts/render-weu" }))).toEqual({
    status: 202,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      location: "/api/accounts/render-weu",
    },
    body: { ok: true },
  });
});

/** The result of `readJson`: the body, or the answer that refuses it. */
const read = async (asked: HttpRequest): Promise<unknown> => {
  const found = await readJson(asked);
  return found.kind === "body" ? found.body : { refused: await sent(found.answer) };
};

/** JSON of exactly this number of bytes. */
const ofBytes = (count: number): string => `"${"x".repeat(count - 2)}"`;

describe("a request's body", () => {
  it.each([
    ["without a content type", {}],
    ["of the type JSON", { "content-type": "application/json" }],
    ["with a character set", { "content-type": "Application/JSON; charset=utf-8" }],
    ["of a type based on JSON", { "content-type": "application/cloudevents+json" }],
  ])("is read as JSON %s", async (_what, headers) => {
    expect(await read(withBody('{"a":[1]}', headers))).toEqual({ a: [1] });
  });

  it.each(["text/plain", "application/xml", "application/x-www-form-urlencoded", "text/json-not", "application/jsonp"])(
    "of type %s is refused",
    async (type) => {
      expect(await read(withBody("{}", { "content-type": type }))).toMatchObject({
        refused: { status: 415, body: { reason: "NotJson" } },
      });
    },
  );

  it("may have at most 16 KiB", async () => {
    expect(await read(withBody(ofBytes(16_384)))).toHaveLength(16_382);
    expect(await read(withBody(ofBytes(16_385)))).toMatchObject({
      refused: { status: 413, body: { reason: "BodyTooLarge" } },
    });
  });

  it("is measured in bytes, not in characters", async () => {
    expect(await read(withBody(`"${"é".repeat(8_191)}"`))).toHaveLength(8_191);
    expect(await read(withBody(`"${"é".repeat(8_192)}"`))).toMatchObject({ refused: { status: 413 } });
  });

  it("with a larger Content-Length is refused before it is read", async () => {
    const asked = withBody("{}", { "content-length": "16385" });
    expect(await read(asked)).toMatchObject({ refused: { status: 413 } });
    expect(asked.bodyUsed).toBe(false);
  });

  it.each(["", "{", "{'a':1}", "undefined", "\u0000"])("that is %j is refused because it is not JSON", async (text) => {
    expect(await read(withBody(text))).toMatchObject({
      refused: {
        status: 400,
        body: { reason: "InvalidRequest", problems: [{ at: "", problem: "is not JSON: send one JSON object" }] },
      },
    });
  });

  it("is not quoted when it is refused", async () => {
    expect(JSON.stringify(await read(withBody(`{"key": ${keyText}`)))).not.toContain(keyText.slice(0, 12));
  });
});

/** Some problem at this place. */
const aProblem = (at: string): unknown => expect.objectContaining({ at, problem: expect.stringMatching(/.{8,}/) });

test("with invalid settings a route runs no handler and answers 503 with all problems by name and remedy", async () => {
  let ran = false;
  const handler = wrong.http.withAccount(async () => {
    ran = true;
    return { status: 200 };
  });
  const { status, body } = await answerOf(handler, request({ params: { account: "render-weu" } }));
  expect(status).toBe(503);
  expect(body).toMatchObject({
    type: "urn:batch-key-rotator:problem:ConfigurationInvalid",
    reason: "ConfigurationInvalid",
    status: 503,
  });
  expect(body["problems"]).toEqual(
    expect.arrayContaining([
      aProblem("ROTATION_ACCOUNTS"),
      aProblem("ROTATION_CLOUD"),
      aProblem("ROTATION_DRY_RUN"),
      aProblem("AzureWebJobsStorage"),
    ]),
  );
  expect(JSON.stringify(body)).not.toMatch(/Mars|perhaps/);
  expect(ran).toBe(false);
});

describe("with valid settings", () => {
  it("a handler gets the app", async () => {
    let seen: readonly string[] = [];
    const handler = good.http.withApp(async (app) => {
      seen = app.accounts.list().map(({ name }) => name);
      return { status: 204 };
    });
    expect(await answerOf(handler)).toMatchObject({ status: 204 });
    expect(seen).toEqual(["render-weu"]);
  });

  it("an account handler gets the account named in the route", async () => {
    const handler = good.http.withAccount(async (_app, { name }) => json(200, { name }));
    const answer = await answerOf(handler, request({ params: { account: "render-weu" } }));
    expect(answer).toMatchObject({ status: 200, body: { name: "render-weu" } });
  });

  it.each<[string, Record<string, string>]>([
    ["is not configured", { account: "render-neu" }],
    ["is written in another case", { account: "Render-Weu" }],
    ["is empty", { account: "" }],
    ["is missing", {}],
    ["is the name of an object's member", { account: "constructor" }],
  ])("an account that %s is not found", async (_what, params) => {
    const handler = good.http.withAccount(async () => ({ status: 200 }));
    const { status, body } = await answerOf(handler, request({ params }));
    expect(status).toBe(404);
    expect(body).toMatchObject({ reason: "UnknownAccount" });
    expect(JSON.stringify(body)).not.toContain("render-neu");
  });

  it("lines go as JSON to the log of the invocation that wrote them", async () => {
    const handler = good.http.withApp(async (app) => {
      app.ports.log.write("info", { event: "A" });
      app.ports.log.write("warn", { event: "B" });
      app.ports.log.write("error", { event: "C" });
      return {};
    });
    expect((await answerOf(handler)).logged).toEqual([
      { level: "information", line: '{"event":"A"}' },
      { level: "warning", line: '{"event":"B"}' },
      { level: "error", line: '{"event":"C"}' },
    ]);
  });
});

/** The answer of a handler that throws. Errors of the app are created by the modules that the layer has loaded. */
const answerToFailure = async (make: (errors: Errors) => unknown) => {
  const { http, errors } = good;
  return answerOf(
    http.withApp(async () => {
      throw make(errors);
    }),
  );
};

describe("a handler that fails", () => {
  const facts = { operation: "Tables read", statusCode: 503 };

  it.each<[string, (errors: Errors) => Error]>([
    ["for now", ({ TransientServiceError }) => new TransientServiceError(facts)],
    ["until an operator acts", ({ OperatorNeededError }) => new OperatorNeededError("Forbidden", facts, "give a role")],
  ])("answers 503 with Retry-After when storage or vault is out of reach %s", async (_what, make) => {
    const answer = await answerToFailure(make);
    expect(answer).toMatchObject({
      status: 503,
      headers: { "retry-after": "30" },
      body: { reason: "Unavailable", detail: expect.stringContaining("Tables read") },
    });
    expect(answer.logged).toMatchObject([{ level: "warning" }]);
  });

  it("answers 409 when a record cannot be read", async () => {
    const answer = await answerToFailure(({ CorruptRecordError }) => new CorruptRecordError("render-weu", "no phase"));
    expect(answer).toMatchObject({
      status: 409,
      body: {
        reason: "RecordCorrupt",
        detail: "record of account render-weu: no phase; GET the account for the remedy",
      },
    });
  });

  it.each<[string, unknown, string]>([
    ["an error", new RangeError(`secret ${keyText}`), "unexpected RangeError"],
    ["a text", `secret ${keyText}`, "unexpected string"],
    ["nothing", undefined, "unexpected undefined"],
  ])("answers 500 without message or stack after a defect that throws %s", async (_what, thrown, detail) => {
    const answer = await answerToFailure(() => thrown);
    expect(answer).toMatchObject({
      status: 500,
      body: { reason: "Unexpected", detail: `${detail}: please report this defect` },
    });
    const { logged, ...response } = answer;
    expect(logged.map(({ level, line }) => [level, JSON.parse(line)])).toEqual([
      ["error", { event: "RequestFailed", detail, stack: good.errors.framesOf(thrown) }],
    ]);
    expect(JSON.stringify(answer)).not.toContain(keyText.slice(0, 12));
    expect(JSON.stringify(response)).not.toMatch(/\bat .*:\d+:\d+/);
  });
});

describe("the operator of a request", () => {
  const signIn = { WEBSITE_AUTH_ENABLED: "True" };

  it.each<[string, Record<string, string>, Record<string, string>, string]>([
    ["is the user signed in by the platform", signIn, { name: "ada@example.com" }, "operator:ada@example.com"],
    ["is the function key where no user is signed in", signIn, {}, "operator:function-key"],
    ["is not the header's without the platform's sign-in", {}, { name: "ada@example.com" }, "operator:function-key"],
    ["is truncated", signIn, { name: "ab-".repeat(50) }, `operator:${"ab-".repeat(33)}a`],
    ["contains printable characters only", signIn, { name: "ad\u00e9a" }, "operator:ada"],
    ["is removed if it looks like a key", signIn, { name: keyText }, "operator:[removed: looks like a key]"],
  ])("%s", (_what, settings, { name }, by) => {
    Object.assign(process.env, settings);
    const headers: Record<string, string> = name === undefined ? {} : { "x-ms-client-principal-name": name };
    expect(callerOf(request({ headers }))).toBe(by);
  });
});
