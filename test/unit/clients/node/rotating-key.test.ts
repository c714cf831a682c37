import { EventEmitter, once } from "node:events";
import { rotatingBatchKey } from "../../../../clients/node/src/index";
import type { KeyOptions, RotatingBatchKey } from "../../../../clients/node/src/types";
import { minutes, seconds } from "../../../builders/time";
import { Cloud, endpoint, optionsOf } from "./cloud";

let cloud: Cloud;
const opened: RotatingBatchKey[] = [];

const open = (changes: Partial<KeyOptions> = {}): RotatingBatchKey => {
  const key = rotatingBatchKey(optionsOf(cloud, changes));
  opened.push(key);
  return key;
};

beforeEach(() => {
  cloud = new Cloud();
});
afterEach(async () => {
  for (const key of opened.splice(0)) await key.close();
});

const list = (key: RotatingBatchKey): Promise<Response> => key.fetch(`${endpoint}/pools?maxresults=1&api-version=1`);

describe("a key", () => {
  it("is the newest version, read at the start, proven and reported", async () => {
    const key = open();
    await cloud.settle();
    expect(await key.current()).toEqual(cloud.newest);
    expect(cloud.reports).toEqual([{ at: cloud.now(), version: cloud.newest.version, healthy: true, leaving: false }]);
  });

  it("signs what Batch accepts, with and without a body", async () => {
    const key = open();
    expect((await list(key)).status).toBe(200);
    const post = { method: "POST", headers: { "Content-Type": "application/json", "ocp-range": "1" } };
    expect((await key.fetch(`${endpoint}/jobs?api-version=1`, { ...post, body: '{"id":"a"}' })).status).toBe(200);
    expect((await key.fetch(`${endpoint}/jobs/a/disable?api-version=1`, post)).status).toBe(200);
    const url = `${endpoint}/pools?api-version=1`;
    const response = await cloud.fetch(url, { headers: await key.sign({ method: "GET", url }) });
    expect(response.status).toBe(200);
  });

  it("waits for the vault only where none was ever read", async () => {
    cloud.fault = (service) => (service === "vault" ? 503 : null);
    const key = open();
    await expect(key.current()).rejects.toThrow("no key of renderweu: the vault has none, or cannot be read");
    expect(await open({ account: "other", fallbackKey: cloud.newest.key }).current()).toEqual({
      version: null,
      key: cloud.newest.key,
    });
    cloud.fault = () => null;
    await cloud.advance(seconds(20));
    expect(await key.current()).toEqual(cloud.newest);
  });

  it.each(["https://keys.vault.azure.net/secrets/a/0123", "https://keys.vault.azure.net/keys/a", "https://a.example"])(
    "is refused where its secret is %s",
    (secretUrl) => {
      expect(() => open({ secretUrl })).toThrow(TypeError);
    },
  );
});

describe("a new version", () => {
  it("is read within five and a half minutes, proven by one call, and then used and reported", async () => {
    const key = open();
    const switches: (string | null)[] = [];
    key.onChange(({ version }) => switches.push(version));
    await list(key);
    const before = cloud.newest;
    const next = cloud.publish();
    await cloud.advance(minutes(4));
    expect((await list(key)).status).toBe(200);
    expect(cloud.reports.at(-1)?.version).toBe(before.version);
    await cloud.advance(seconds(90));
    expect(switches).toEqual([next.version]);
    expect(cloud.reports.at(-1)).toMatchObject({ version: next.version, healthy: true });
  });

  it("is not used before Batch accepts it", async () => {
    const key = open();
    await cloud.settle();
    const before = cloud.newest;
    const next = cloud.publish();
    cloud.dead.add(next.key);
    await cloud.advance(minutes(7));
    expect((await key.current()).version).toBe(before.version);
    expect(cloud.count("vault")).toBe(2);
    expect(cloud.reports.every(({ version }) => version === before.version)).toBe(true);
    cloud.dead.clear();
    await cloud.advance(seconds(15));
    expect((await key.current()).version).toBe(next.version);
    expect(cloud.count("vault")).toBe(2);
  });

  it("is reported only after the calls with the old key have ended", async () => {
    const key = open();
    await list(key);
    const before = cloud.newest;
    const next = cloud.publish();
    const answers = new EventEmitter();
    const slow = { sendRequest: () => once(answers, "end").then(() => ({ status: 200 })) };
    const headers = new Map<string, string>();
    const request = {
      method: "GET",
      url: `${endpoint}/jobs`,
      headers: {
        get: (name: string) => headers.get(name),
        set: (name: string, value: string) => void headers.set(name, value),
        headerNames: () => [...headers.keys()],
      },
    };
    const policy: { sendRequest(sent: unknown): Promise<unknown> } = key.create(slow);
    const call = policy.sendRequest(request);
    await cloud.advance(minutes(6));
    expect((await key.sign({ method: "GET", url: `${endpoint}/pools` }))["authorization"]).toBeDefined();
    expect(cloud.lines.filter(({ event }) => event === "switched")).toHaveLength(1);
    expect(cloud.reports.at(-1)?.version).toBe(before.version);
    answers.emit("end");
    await call;
    await cloud.advance(seconds(2));
    expect(cloud.reports.at(-1)?.version).toBe(next.version);
  });

  it("is reported half a minute later where the key was handed out as a text", async () => {
    const key = open();
    const named = await key.asNamedKey();
    const next = cloud.publish();
    await cloud.advance(minutes(5) + seconds(20));
    expect(named).toMatchObject({ name: "renderweu", key: next.key });
    expect(cloud.reports.at(-1)?.version).not.toBe(next.version);
    await cloud.advance(seconds(35));
    expect(cloud.reports.at(-1)?.version).toBe(next.version);
  });

  it("updates a named key credential", async () => {
    const key = open();
    const held: string[] = [];
    const credential = {
      name: "renderweu",
      key: "",
      update: (name: string, text: string) => void held.push(name, text),
    };
    await key.asNamedKey(credential);
    const [first, next] = [cloud.newest, cloud.publish()];
    await cloud.advance(minutes(6));
    expect(held).toEqual(["renderweu", first.key, "renderweu", next.key]);
  });

  it("with the key in use only changes the version that is reported", async () => {
    const key = open();
    await cloud.settle();
    const again = cloud.publish(cloud.newest.key);
    await cloud.advance(minutes(7));
    expect(await key.current()).toEqual(again);
    expect(cloud.reports.at(-1)?.version).toBe(again.version);
    expect(cloud.lines.filter(({ event }) => event === "switched")).toEqual([]);
  });
});

describe("a refusal", () => {
  it("makes it read the vault at once, and the call is repeated with the next key", async () => {
    const key = open();
    await list(key);
    cloud.dead.add(cloud.newest.key);
    const next = cloud.publish();
    expect((await list(key)).status).toBe(200);
    expect((await key.current()).version).toBe(next.version);
  });

  it("falls back to the key before where the newest one is refused", async () => {
    const key = open();
    await list(key);
    const before = cloud.newest;
    const next = cloud.publish();
    await cloud.advance(minutes(6));
    expect((await key.current()).version).toBe(next.version);
    cloud.dead.add(next.key);
    expect((await list(key)).status).toBe(200);
    expect((await key.current()).version).toBe(before.version);
  });

  it("of every key is reported as unhealthy, and ends with a key that works", async () => {
    const key = open();
    await list(key);
    cloud.dead.add(cloud.newest.key);
    const refused = list(key);
    await cloud.advance(seconds(5));
    expect((await refused).status).toBe(403);
    expect(cloud.reports.at(-1)).toMatchObject({ version: cloud.newest.version, healthy: false });
    expect(await key.refused()).toBe(false);
    cloud.dead.clear();
    await cloud.advance(minutes(1));
    expect(cloud.reports.at(-1)?.healthy).toBe(true);
  });

  it("is repeated where the proof of the key gets no answer, since it is not known to be dead", async () => {
    const key = open();
    await list(key);
    const answers = [403, 503, 403];
    cloud.fault = (service) => (service === "batch" ? (answers.shift() ?? null) : null);
    const call = list(key);
    await cloud.advance(seconds(5));
    expect((await call).status).toBe(200);
    expect(cloud.lines.filter(({ event }) => event === "refused")).toEqual([]);
  });

  it("of an older version says at once that there is another one", async () => {
    const key = open();
    await list(key);
    const vault = cloud.count("vault");
    expect(await key.refused("0123456789abcdef0123456789abcdef")).toBe(true);
    expect(cloud.count("vault")).toBe(vault);
  });

  it("a thousand times in a minute costs the vault a few calls", async () => {
    const key = open();
    await list(key);
    const before = cloud.count("vault");
    cloud.dead.add(cloud.newest.key);
    for (let turn = 0; turn < 1_000; turn += 1) {
      const call = key.refused();
      await cloud.advance(60);
      await call;
    }
    expect(cloud.count("vault") - before).toBeLessThanOrEqual(8);
  });

  it("that is no refusal of the key does not make it unhealthy", async () => {
    const key = open();
    await list(key);
    cloud.fault = (service) => (service === "batch" ? 503 : null);
    expect((await list(key)).status).toBe(503);
    await cloud.advance(minutes(3));
    expect(cloud.reports.every(({ healthy }) => healthy)).toBe(true);
  });
});

describe("reports", () => {
  it("are sent every minute, each resting on a call of the last minute", async () => {
    const key = open();
    await cloud.settle();
    await cloud.advance(minutes(10));
    expect(cloud.reports).toHaveLength(11);
    expect(cloud.count("batch")).toBeGreaterThanOrEqual(10);
    const own = cloud.count("batch");
    for (let turn = 0; turn < 60; turn += 1) {
      await list(key);
      await cloud.advance(seconds(5));
    }
    expect(cloud.count("batch") - own).toBe(60);
  });

  it("end with one of leaving, when the last client of an instance is closed", async () => {
    const [one, other] = [open(), open()];
    await cloud.settle();
    await one.close();
    expect(cloud.reports.at(-1)?.leaving).toBe(false);
    await other.close();
    expect(cloud.reports.at(-1)).toMatchObject({ version: cloud.newest.version, leaving: true });
    const sent = cloud.reports.length;
    await cloud.advance(minutes(10));
    expect(cloud.reports).toHaveLength(sent);
  });

  it("that fail are sent again soon, and never disturb a call", async () => {
    const key = open();
    cloud.fault = (service) => (service === "rotator" ? "reset" : null);
    await cloud.settle();
    expect((await list(key)).status).toBe(200);
    for (let turn = 0; turn < 100; turn += 1) await list(key);
    expect(cloud.count("rotator")).toBe(1);
    cloud.fault = () => null;
    await cloud.advance(seconds(20));
    expect(cloud.reports).toHaveLength(1);
  });

  it("are not sent before the endpoint is known, which the first call shows", async () => {
    const { endpoint: _, ...options } = optionsOf(cloud);
    const key = rotatingBatchKey(options);
    opened.push(key);
    await cloud.advance(minutes(2));
    expect(cloud.reports).toEqual([]);
    await list(key);
    await cloud.settle();
    expect(cloud.reports).toHaveLength(1);
  });

  it("do not exist without report options", async () => {
    const { report: _, ...options } = optionsOf(cloud);
    const key = rotatingBatchKey(options);
    opened.push(key);
    await list(key);
    await cloud.advance(minutes(5));
    await key.close();
    expect(cloud.count("rotator")).toBe(0);
  });
});

it("the vault is called at most once in five minutes, however many clients there are", async () => {
  const keys = Array.from({ length: 20 }, (_, index) =>
    open({ report: { url: "https://rotator/api", key: "f", account: "render-weu", consumer: `app-${index % 3}` } }),
  );
  await cloud.advance(minutes(60));
  await Promise.all(keys.map((key) => key.current()));
  const times = cloud.calls.filter(({ service }) => service === "vault").map(({ at }) => at);
  expect(times.length).toBeGreaterThanOrEqual(10);
  times.slice(1).forEach((at, index) => expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(minutes(5)));
});

it("what is logged and thrown contains no key", async () => {
  const key = open();
  await list(key);
  const keys = [cloud.newest.key];
  cloud.fault = (service) => (service === "batch" ? null : 500);
  keys.push(cloud.publish().key);
  cloud.dead.add(keys[0] ?? "");
  cloud.dead.add(keys[1] ?? "");
  const refused = list(key);
  await cloud.advance(minutes(6));
  await refused;
  cloud.fault = (service) => (service === "rotator" ? "reset" : null);
  await cloud.advance(minutes(6));
  const said = JSON.stringify(cloud.lines);
  expect(new Set(cloud.lines.map(({ event }) => event)).size).toBeGreaterThanOrEqual(4);
  for (const text of [...keys, "function-key"]) expect(said).not.toContain(text);
});
