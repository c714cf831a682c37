import { type FixtureApp, type HostProcess, makeFixtureApp, startHostProcess } from "./fixture-host";
import { until } from "./until";

const keys = JSON.stringify({
  master: "master-key",
  host: "host-key",
  functions: { readOne: "read-key", actOn: "act-key" },
});
const running: HostProcess[] = [];
let app: FixtureApp;

beforeAll(async () => {
  app = await makeFixtureApp();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ child }) => child.stop()));
  app.write({});
});
afterAll(() => app.remove());

const start = (env: Readonly<Record<string, string>> = {}): HostProcess => {
  const host = startHostProcess(app.folder, {
    LOCAL_FUNCTION_KEYS: keys,
    FIXTURE_SCHEDULE: "0 0 0 29 2 *",
    FIXTURE_QUEUE: "fixture-work",
    ...env,
  });
  running.push(host);
  return host;
};

/** Starts the host; returns a function that sends requests. */
const startAndAsk = async (env: Readonly<Record<string, string>> = {}) => {
  const host = start(env);
  const { port } = await host.started();
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init);
  return { host, ask };
};

/** The request as seen by the fixture's functions. */
const echoed = async (response: Response): Promise<Record<string, unknown>> => JSON.parse(await response.text());

test("a function accepts its own, the host's and the master key, by header or query, and no other", async () => {
  const { ask } = await startAndAsk();
  const status = async (path: string, key?: string) =>
    (await ask(path, key === undefined ? {} : { headers: { "x-functions-key": key } })).status;

  expect(await status("/api/items/a")).toBe(401);
  expect(await status("/api/items/a", "act-key")).toBe(401);
  expect(await status("/api/items/a", "read-key")).toBe(200);
  expect(await status("/api/items/a?code=read-key")).toBe(200);
  expect(await status("/api/items/a", "host-key")).toBe(200);
  expect(await status("/api/items/a", "master-key")).toBe(200);
  expect(await status("/api/open")).toBe(200);
  expect(await status("/api/closed", "host-key")).toBe(401);
  expect(await status("/api/closed", "master-key")).toBe(200);
});

test("literal segments take precedence over parameters, and an unsupported method is not found", async () => {
  const { ask } = await startAndAsk();
  const kind = async (method: string, path: string) => {
    const response = await ask(path, { method, headers: { "x-functions-key": "master-key" } });
    return response.status === 200 ? (await echoed(response))["kind"] : response.status;
  };

  expect(await kind("GET", "/api/items/a")).toBe("one");
  expect(await kind("GET", "/api/items/a/history")).toBe("history");
  expect(await kind("POST", "/api/items/a/history")).toBe("action");
  expect(await kind("POST", "/api/items/a/starts")).toBe("start");
  expect(await kind("POST", "/api/ITEMS/a/stop")).toBe("action");
  expect(await kind("GET", "/api/items/a/starts")).toBe(404);
  expect(await kind("DELETE", "/api/items/a")).toBe(404);
  expect(await kind("GET", "/api/unheard-of")).toBe(404);
  expect(await kind("GET", "/items/a")).toBe(404);
});

test("a function receives address, parameters, query, headers and a large body unchanged", async () => {
  const { ask } = await startAndAsk();
  const response = await ask("/api/items/a%20b/stop?x=1&x=2", {
    method: "POST",
    headers: { "x-functions-key": "act-key", "x-test": "sent" },
    body: Buffer.alloc(3_000_000, 7),
  });

  expect(await echoed(response)).toMatchObject({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/api\/items\/a%20b\/stop\?x=1&x=2$/),
    params: { item: "a b", action: "stop" },
    query: { x: "1,2" },
    header: "sent",
    bytes: 3_000_000,
    functionName: "actOn",
    traced: true,
  });
});

test("answers are text, bytes or streams, without body for HEAD, and 204 or 500 without an answer", async () => {
  const { host, ask } = await startAndAsk();

  const bytes = await ask("/api/bytes");
  expect([bytes.status, bytes.headers.get("x-kind")]).toEqual([201, "bytes"]);
  expect([...new Uint8Array(await bytes.arrayBuffer())]).toEqual([1, 2, 250]);
  expect(await (await ask("/api/stream")).text()).toBe("one two");
  const head = await ask("/api/open", { method: "HEAD" });
  expect([head.status, head.headers.get("content-type"), await head.text()]).toEqual([200, "application/json", ""]);
  expect((await ask("/api/nothing")).status).toBe(204);
  const thrown = await ask("/api/throws");
  expect([thrown.status, await thrown.text()]).toEqual([500, ""]);
  await until("the line", () => host.messages().some((message) => message.includes("thrown by the handler")));
});

test("a timer fires on schedule, one run at a time, and once after an overrun", async () => {
  const { host, ask } = await startAndAsk({ FIXTURE_SCHEDULE: "* * * * * *" });

  // Runs last 1.3 s and are due every second: each is followed by the next at once and never overlaps it.
  await until("three runs", async () => Number((await echoed(await ask("/api/counts")))["ticks"]) >= 3);
  expect((await echoed(await ask("/api/counts")))["mostAtOnce"]).toBe(1);
  const ticked = '{"event":"Ticked","isPastDue":false,"scheduleStatus":null}';
  await until("the line", () => host.messages().includes(ticked));
});

test("a timer can be fired manually with the master key", async () => {
  const { host, ask } = await startAndAsk();
  const fire = async (name: string, key: string) =>
    (await ask(`/admin/functions/${name}`, { method: "POST", headers: { "x-functions-key": key }, body: "{}" })).status;

  expect(await fire("manual", "host-key")).toBe(401);
  expect(await fire("unheardOf", "master-key")).toBe(404);
  expect(await fire("manual", "master-key")).toBe(202);
  await until("the run", () => host.messages().includes("fired manually, past due: false"));
});

test("a schedule can name a setting; without that setting only its function is in error", async () => {
  const { functions } = await start({ FIXTURE_SCHEDULE: "0 30 9 * * *" }).started();
  expect(functions).toContainEqual({ name: "everySecond", type: "timerTrigger", schedule: "0 30 9 * * *" });

  const host = start({ FIXTURE_SCHEDULE: "" });
  const { port, inError } = await host.started();
  expect(inError).toEqual({ everySecond: "'%FIXTURE_SCHEDULE%' does not resolve to a value." });
  expect((await fetch(`http://127.0.0.1:${port}/api/open`)).status).toBe(200);
  expect(host.messages()).toContain(
    "The 'everySecond' function is in error: '%FIXTURE_SCHEDULE%' does not resolve to a value.",
  );
});

test("host.json sets the route prefix, and no function key is printed", async () => {
  app.write({ hostJson: { version: "2.0", extensions: { http: { routePrefix: "v1" } } } });
  const { host, ask } = await startAndAsk();
  expect((await ask("/v1/counts")).status).toBe(200);
  expect(host.lines.join()).not.toContain("read-key");
});

test("an entry point that throws or is missing is reported and ends the host", async () => {
  app.write({
    packageJson: { main: "dist/other.js" },
    files: { "dist/other.js": 'throw new Error("broken on load");' },
  });
  const broken = start();
  expect(await broken.child.ended).toEqual({ code: 1, signal: null });
  expect(broken.lines.join("\n")).toMatch(/unable to load entry point \\"dist\/other\.js\\".*broken on load/);

  app.write({ packageJson: { main: "lib/absent.js" } });
  const absent = start();
  expect(await absent.child.ended).toEqual({ code: 1, signal: null });
  expect(absent.lines.join("\n")).toContain("found zero files matching the supplied pattern");
});

test("a function that exceeds functionTimeout ends the whole process", async () => {
  app.write({ hostJson: { version: "2.0", functionTimeout: "00:00:01" } });
  const { host, ask } = await startAndAsk();
  await expect(ask("/api/hangs")).rejects.toThrow("fetch failed");
  expect(await host.child.ended).toEqual({ code: 70, signal: null });
  expect(host.lines.join("\n")).toContain("function 'hangs' ran longer than functionTimeout");
});

test("SIGTERM lets running functions finish, and then the process ends with 0", async () => {
  const { host, ask } = await startAndAsk();
  const slow = ask("/api/slow");
  await until("the slow run", () => host.messages().includes("slow began"));
  process.kill(host.child.pid, "SIGTERM");
  expect(await (await slow).text()).toBe("done");
  expect(await host.child.ended).toEqual({ code: 0, signal: null });
});
