import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { FetchHealthChecks } from "../../lib/signals/health-client";
import { aConsumer } from "../builders/account";
import { minutes } from "../builders/time";
import { until } from "../e2e/local-host/until";
import type { Operation } from "../fakes/world/faults";
import { answerJson, type HealthApp, type HealthRequest, startHealthApp } from "../rig/health-app";
import { proofOf, pullProofOf } from "../builders/proof";
import { type Place, place, openRig, type ServedRig } from "../rig/served-place";

const apps: HealthApp[] = [];
let rig: ServedRig;

const started = async (options: Parameters<typeof startHealthApp>[0] = {}): Promise<HealthApp> => {
  const app = await startHealthApp(options);
  apps.push(app);
  return app;
};

beforeEach(async () => {
  rig = await openRig({ ports: { health: new FetchHealthChecks() } });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

/** An account that waits at its gate for one app that posts no signals and has a health URL. */
const asking = async (app: Pick<HealthApp, "url">, more: Parameters<typeof aConsumer>[0] = {}): Promise<Place> => {
  const consumer = aConsumer({ name: "legacy", healthUrl: app.url, proof: "required", ...more });
  const at = place(rig, { gate: { soakMs: 0, consumers: [consumer] } });
  await rig.surface.tick();
  return at;
};

interface AnswerFields {
  readonly consumer?: string;
  readonly instance?: string;
  readonly secretVersion?: string;
  readonly healthy?: boolean;
  readonly at?: string;
  readonly key?: string;
}

/** One signal of an answer. The proof signs the nonce, after the instant or an empty line. */
const answerOf = (of: Place, { nonce }: HealthRequest, fields: AnswerFields = {}) => {
  const { consumer = "legacy", instance = "default", healthy = true, at } = fields;
  const { version, value } = of.newest();
  const secretVersion = fields.secretVersion ?? version;
  const lines = [of.name, consumer, instance, secretVersion, String(healthy), at ?? "", nonce];
  const proof = pullProofOf(fields.key ?? value, lines);
  return { consumer, instance, secretVersion, healthy, ...(at === undefined ? {} : { at }), proof };
};

/** The same, of an app that gives good answers. */
const answering = async () => {
  const app = await started();
  const at = await asking(app);
  app.answer = (request, response) => answerJson(response, answerOf(at, request));
  return { app, at };
};

test("a proof from the health URL, with a future instant as its nonce, is refused when it is posted", async () => {
  const app = await started();
  const at = await asking(app);
  const later = new Date(rig.clock.now().getTime() + minutes(1)).toISOString();
  const { at: _, ...answer } = answerOf(at, { nonce: later, path: "" }) as Record<string, unknown>;
  expect(await at.post({ ...answer, at: later })).toMatchObject({ status: 403, body: { reason: "ProofRefused" } });
});

describe("a good answer", () => {
  test("is requested with a new nonce each time, which its proof signs", async () => {
    const app = await started();
    const at = await asking(app, { instances: 2 });
    app.answer = (request, response) => answerJson(response, answerOf(at, request));
    await rig.surface.tick();
    await rig.tickAfter(minutes(1));
    expect(app.asked.map(({ path }) => path)).toEqual(["/health", "/health"]);
    expect(new Set(app.asked.map(({ nonce }) => nonce)).size).toBe(2);
    expect(app.asked[0]?.nonce).toMatch(/^[0-9A-Za-z_-]{16,}$/);
    expect((await at.status()).consumers[0]).toEqual({
      name: "legacy",
      state: "InstancesMissing",
      evidence: null,
      instances: [{ id: "default", at: rig.clock.at, secretVersion: at.newest().version, healthy: true, proven: true }],
    });
  });

  test("may contain its instant and several instances; it opens the gate as a posted signal does", async () => {
    const app = await started();
    const at = await asking(app, { instances: 2 });
    app.answer = (request, response) =>
      answerJson(response, [
        answerOf(at, request, { instance: "vm-1", at: rig.clock.at }),
        answerOf(at, request, { instance: "vm-2" }),
      ]);
    await rig.surface.tick();
    expect(await at.phase()).toBe("idle");
  });

  test("with an unhealthy instance shuts the gate and names the instance", async () => {
    const app = await started();
    const at = await asking(app);
    app.answer = (request, response) => answerJson(response, answerOf(at, request, { healthy: false }));
    await rig.surface.tick();
    expect(await at.waitingFor()).toMatchObject({
      reason: "Unhealthy",
      detail: expect.stringContaining(`legacy/default is unhealthy on version ${at.newest().version}`),
    });
  });

  test("may be 64 KiB long", async () => {
    const app = await started();
    const at = await asking(app);
    app.answer = (request, response) => {
      const body = JSON.stringify(answerOf(at, request));
      response.writeHead(200).end(body + " ".repeat(64 * 1024 - body.length));
    };
    await rig.surface.tick();
    expect(await at.phase()).toBe("idle");
  });
});

type Answerer = (at: Place) => (request: HealthRequest, response: ServerResponse) => void;

const bad: readonly (readonly [string, Answerer, unknown])[] = [
  ["another status than 200", () => (_, response) => response.writeHead(204).end(), "answered 204, not 200"],
  ["an error", () => (_, response) => response.writeHead(500).end("{}"), "answered 500, not 200"],
  [
    "a redirect, which is not followed",
    (at) => (request, response) =>
      request.path === "/elsewhere"
        ? answerJson(response, answerOf(at, request))
        : response.writeHead(302, { location: "/elsewhere" }).end(),
    "answered 302, not 200",
  ],
  [
    "more than 64 KiB",
    () => (_, response) => response.writeHead(200).end(" ".repeat(64 * 1024 + 1)),
    "answered with more than 65536 bytes",
  ],
  [
    "an answer without end",
    () => (_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(" ".repeat(16 * 1024)));
      };
      response.on("drain", more);
      more();
    },
    "answered with more than 65536 bytes",
  ],
  [
    "a small body that unpacks to a large one",
    () => (_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(" ".repeat(10 * 1024 * 1024))),
    "answered with more than 65536 bytes",
  ],
  [
    "a body shorter than its content-length",
    (at) => (request, response) => {
      const sent = response.writeHead(200, { "content-length": "60000" });
      sent.write(JSON.stringify(answerOf(at, request)), () => response.socket?.destroy());
    },
    expect.stringMatching(/^could not be asked/),
  ],
  ["an empty body", () => (_, response) => response.writeHead(200).end(), "answered with something that is not JSON"],
  ["null", () => (_, response) => answerJson(response, null), "answered in another form: must be a JSON object"],
  [
    "a body that is not JSON",
    () => (_, response) => response.writeHead(200).end("OK"),
    "answered with something that is not JSON",
  ],
  [
    "a signal of another form",
    () => (_, response) => answerJson(response, { consumer: "legacy", secretVersion: "newest", healthy: true }),
    [
      "answered in another form: /secretVersion must be the version id that the vault returned with the key:",
      "32 lower-case hexadecimal digits",
    ].join(" "),
  ],
  [
    "an array with one signal of another form",
    (at) => (request, response) =>
      answerJson(response, [answerOf(at, request), { ...answerOf(at, request), healthy: "yes" }]),
    "answered in another form: /1/healthy must be true or false",
  ],
  [
    "an array without an instance",
    () => (_, response) => answerJson(response, []),
    "answered in another form: must hold at least one signal",
  ],
  [
    "two instances under one name, the second of them on the old key",
    (at) => (request, response) =>
      answerJson(response, [
        answerOf(at, request),
        answerOf(at, request, { secretVersion: at.versions()[0]?.version ?? "" }),
      ]),
    "answered for instance default twice: give each a name of its own",
  ],
  [
    "the name of another consumer",
    (at) => (request, response) => answerJson(response, answerOf(at, request, { consumer: "render-api" })),
    "answered for instance default in the name of another consumer",
  ],
  [
    "a version that the vault does not know",
    (at) => (request, response) => answerJson(response, answerOf(at, request, { secretVersion: "f".repeat(32) })),
    `answered for instance default with version ${"f".repeat(32)}, which the vault does not know`,
  ],
  [
    "a proof made with another key",
    (at) => (request, response) => answerJson(response, answerOf(at, request, { key: at.keys().secondary })),
    "answered for instance default with a proof that this version's key does not make",
  ],
  [
    "the answer to another nonce",
    (at) => (request, response) => answerJson(response, answerOf(at, { ...request, nonce: "an older one" })),
    "answered for instance default with a proof that this version's key does not make",
  ],
  [
    "a proof of a posted signal with the nonce as its instant",
    (at) => (request, response) => {
      const answer = answerOf(at, request);
      const { consumer, instance, secretVersion } = answer;
      const lines = [at.name, consumer, instance, secretVersion, "true", request.nonce];
      answerJson(response, { ...answer, proof: proofOf(at.newest().value, lines) });
    },
    "answered for instance default with a proof that this version's key does not make",
  ],
  [
    "an answer with an instant to another nonce",
    (at) => (request, response) =>
      answerJson(response, answerOf(at, { ...request, nonce: "an older one" }, { at: rig.clock.at })),
    "answered for instance default with a proof that this version's key does not make",
  ],
  [
    "an instant that deviates by more than five minutes",
    (at) => (request, response) =>
      answerJson(
        response,
        answerOf(at, request, { at: new Date(rig.clock.now().getTime() - minutes(5) - 1).toISOString() }),
      ),
    "answered for instance default with an instant more than 5 minutes away from the rotator's clock",
  ],
  [
    "a connection that ends",
    () => (_, response) => void response.socket?.destroy(),
    expect.stringMatching(/^could not be asked/),
  ],
];

test.each(bad)("%s makes the consumer unhealthy until the next good answer", async (_what, answerer, problem) => {
  const app = await started();
  const at = await asking(app);
  app.answer = answerer(at);
  await rig.surface.tick();
  const { waitingFor, consumers } = await at.status();
  expect(waitingFor).toMatchObject({ reason: "Unhealthy", since: rig.clock.at });
  const [, sentence = "", heardAt, version] =
    /^legacy: its health URL (.*), last at (\S+), asked about version (\S+)$/s.exec(waitingFor?.detail ?? "") ?? [];
  expect(sentence).toEqual(problem);
  expect([heardAt, version]).toEqual([rig.clock.at, at.newest().version]);
  expect(consumers[0]).toMatchObject({ name: "legacy", state: "Unhealthy" });
  expect(app.asked).toHaveLength(1);

  app.answer = (request, response) => answerJson(response, answerOf(at, request));
  await rig.tickAfter(minutes(1));
  expect(await at.phase()).toBe("idle");
});

describe("TLS", () => {
  test("an untrusted certificate makes the consumer unhealthy", async () => {
    const app = await started({ trusted: false });
    const at = await asking(app);
    app.answer = (request, response) => answerJson(response, answerOf(at, request));
    await rig.surface.tick();
    expect(await at.waitingFor()).toMatchObject({
      reason: "Unhealthy",
      detail: expect.stringMatching(/could not be asked \((DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)\)/),
    });
    expect(app.asked).toHaveLength(0);
  });

  test("a certificate for another name makes the consumer unhealthy", async () => {
    const app = await started();
    const at = await asking({ url: `https://127.0.0.2:${app.port}/health` });
    await rig.surface.tick();
    expect((await at.waitingFor())?.detail).toContain("could not be asked (ERR_TLS_CERT_ALTNAME_INVALID)");
  });

  test("an app that does not listen makes the consumer unhealthy", async () => {
    const app = await started();
    await app.close();
    const at = await asking(app);
    await rig.surface.tick();
    expect((await at.waitingFor())?.detail).toContain("could not be asked (ECONNREFUSED)");
  });
});

test("a health URL is requested only in the phases that have a gate", async () => {
  const { app, at } = await answering();
  const askedIn = async (expected: string): Promise<number> => {
    rig.clock.advance(minutes(1));
    expect(await at.phase()).toBe(expected);
    const before = app.asked.length;
    await rig.surface.tick();
    return app.asked.length - before;
  };
  rig.deploy([{ ...at.config, settleOn: "primary" }]);
  expect(await askedIn("adopting")).toBe(1);
  expect(await askedIn("idle")).toBe(0);

  const refuse = (operation: Operation) => rig.unavailable(operation, 2);
  refuse("batch.regenerate");
  await at.rotate();
  expect(await askedIn("started")).toBe(0);
  rig.unavailable("secrets.publish", 1);
  await rig.tickAfter(minutes(2));
  expect(await askedIn("regenerated")).toBe(0);
  await rig.tickAfter(minutes(2));
  refuse("secrets.disable");
  expect(await askedIn("published")).toBe(1);
  expect(await askedIn("retired")).toBe(0);
  await rig.tickAfter(minutes(2));
  expect(await askedIn("settling")).toBe(1);
  expect(await at.phase()).toBe("idle");
});

test("no health URL is requested while the account is idle or paused", async () => {
  const { app, at } = await answering();
  await at.order("pause");
  await rig.tickAfter(minutes(1));
  expect(app.asked).toHaveLength(0);
  await at.order("resume");
  await rig.surface.tick();
  expect(app.asked).toHaveLength(1);
  expect(await at.phase()).toBe("idle");
  await rig.tickAfter(minutes(5));
  expect(app.asked).toHaveLength(1);
});

test("an answer that cannot be stored is requested again at the next tick, and the others are stored", async () => {
  const app = await started();
  const asked = (name: string) => aConsumer({ name, healthUrl: `${app.url}/${name}` });
  const at = place(rig, { gate: { soakMs: 0, consumers: [asked("quick"), asked("late")] } });
  await rig.surface.tick();
  const calls = jest.spyOn(rig.world.observer, "beforeCall");
  app.answer = ({ path }, response) => {
    const consumer = path.split("/").at(-1);
    const answer = () => answerJson(response, { consumer, secretVersion: at.newest().version, healthy: true });
    if (consumer === "quick") answer();
    else
      void until("the failure", () => calls.mock.calls.some(([operation]) => operation === "secrets.version")).then(
        answer,
      );
  };
  rig.unavailable("secrets.version");
  await rig.surface.tick();
  expect(rig.logged("PullFailed")).toHaveLength(1);
  expect((await at.status()).consumers.map(({ name, state }) => [name, state])).toEqual([
    ["quick", "NoSignalYet"],
    ["late", "Good"],
  ]);
  await rig.tickAfter(minutes(1));
  expect(await at.phase()).toBe("idle");
});

test("a bad answer during the soak restarts it", async () => {
  const app = await started();
  const consumer = aConsumer({ name: "legacy", healthUrl: app.url });
  const at = place(rig, { gate: { soakMs: minutes(10), consumers: [consumer] } });
  await rig.surface.tick();
  const good = (request: HealthRequest, response: ServerResponse) => answerJson(response, answerOf(at, request));
  for (const answer of [
    good,
    good,
    (_: unknown, response: ServerResponse) => void response.writeHead(500).end(),
    good,
    good,
  ]) {
    app.answer = answer;
    await rig.surface.tick();
    rig.clock.advance(minutes(4));
  }
  expect(await at.status()).toMatchObject({ phase: "adopting", waitingFor: { reason: "SoakNotElapsed" } });
  await rig.tickAfter(minutes(2));
  expect(await at.phase()).toBe("idle");
});

/** The time limits that are set from now on; each ends when the test says so. */
const heldLimits = () => {
  const limits: { readonly ms: number; end(): void }[] = [];
  jest.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const controller = new AbortController();
    limits.push({ ms, end: () => controller.abort(new DOMException("timed out", "TimeoutError")) });
    return controller.signal;
  });
  return limits;
};

test("health URLs are requested concurrently; a timeout after ten seconds affects only its consumer", async () => {
  const app = await started();
  const asked = (account: string, name: string) => aConsumer({ name, healthUrl: `${app.url}/${account}/${name}` });
  const names = Array.from({ length: 60 }, (_, index) => `app-${index}`);
  const slow = ["silent", "dripping"];
  const at = place(rig, { gate: { soakMs: 0, consumers: [...slow, ...names].map((name) => asked("render", name)) } });
  const other = place(rig, { name: "archive-weu", gate: { soakMs: 0, consumers: [asked("archive", "app-0")] } });
  await rig.surface.tick();
  const limits = heldLimits();
  app.answer = ({ path }, response) => {
    const [, , account, consumer] = path.split("/");
    const { version } = (account === "render" ? at : other).newest();
    if (consumer === "dripping") response.writeHead(200).write(" ");
    // Nothing is answered before everything is asked.
    else if (consumer !== "silent")
      void until("all requests", () => app.asked.length === slow.length + names.length + 1).then(() =>
        answerJson(response, { consumer, secretVersion: version, healthy: true }),
      );
  };
  const ticked = rig.surface.tick();
  // An account whose app has answered is adopted while another one waits for its apps.
  await until("the adoption", async () => (await other.phase()) === "idle");
  const inState = async (state: string) => (await at.status()).consumers.filter((one) => one.state === state);
  await until("the answers", async () => (await inState("Good")).length === names.length);
  expect(new Set(limits.map(({ ms }) => ms))).toEqual(new Set([10_000]));
  for (const limit of limits) limit.end();
  await ticked;
  expect(await at.waitingFor()).toMatchObject({
    reason: "Unhealthy",
    detail: expect.stringContaining("silent: its health URL did not answer within 10 seconds"),
  });
  expect((await inState("Unhealthy")).map(({ name }) => name)).toEqual(slow);
});
