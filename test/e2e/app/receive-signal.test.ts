import { type Answer, bodyOf, type Host, statusOf } from "./host";
import type { PlacedAccount, SignalFields } from "./placed-account";
import { expectProblem } from "./problem";
import { openWorld, type DeployedApp } from "./world";

const minuteMs = 60_000;

let world: DeployedApp;
let host: Host;
let render: PlacedAccount;
let nightly: PlacedAccount;

beforeAll(async () => {
  world = await openWorld();
  const consumers = [
    { name: "render-api", proof: "required" },
    { name: "nightly-etl", instances: 2 },
  ];
  render = world.place({ name: "render", config: { gate: { consumers } } });
  nightly = world.place({ name: "nightly" });
  host = await world.host([render, nightly]);
  await host.tick();
});
afterAll(() => world.close());

const send = (fields: SignalFields = {}): Promise<Answer> => host.signal("render", render.signal(fields));

const reportOf = async (consumer: string, instance: string): Promise<object | undefined> => {
  const { consumers } = statusOf(await host.get("render"));
  return consumers.find(({ name }) => name === consumer)?.instances.find(({ id }) => id === instance);
};
const stateOf = async (consumer: string): Promise<string | undefined> =>
  (await host.status("render")).consumers.find(({ name }) => name === consumer)?.state;

test("a signal is accepted, stored, and answered with the reason that the account waits for", async () => {
  const signal = render.signal({ consumer: "render-api" });
  const answer = await host.signal("render", signal);
  expect([answer.status, bodyOf(answer)]).toEqual([
    202,
    {
      account: "render",
      accepted: true,
      waitingFor: {
        reason: "NoSignalYet",
        detail: expect.stringContaining("nightly-etl"),
        since: expect.stringMatching(/Z$/),
      },
    },
  ]);
  expect(await reportOf("render-api", "vm-1")).toEqual({
    id: "vm-1",
    at: signal["at"],
    secretVersion: render.newest().version,
    healthy: true,
    proven: true,
  });
});

test("an earlier or equal instant replaces a later one only if it is unhealthy", async () => {
  const later = render.signal();
  await host.signal("render", later);
  for (const stale of [later, render.signal({ inMs: -minuteMs })]) {
    expect(bodyOf(await host.signal("render", stale))).toMatchObject({ accepted: false });
  }
  expect(await reportOf("render-api", "vm-1")).toMatchObject({ at: later["at"], healthy: true });

  expect(bodyOf(await send({ inMs: -minuteMs, healthy: false, detail: "queue is stuck" }))).toMatchObject({
    accepted: true,
  });
  expect(await reportOf("render-api", "vm-1")).toMatchObject({ at: later["at"], healthy: false });
  expect(await stateOf("render-api")).toBe("Unhealthy");

  await send();
  expect(await stateOf("render-api")).toBe("Good");
});

test("an instant in the future is stored as the instant of the receipt", async () => {
  expect(bodyOf(await send({ consumer: "nightly-etl", instance: "fast-clock", inMs: 4.5 * minuteMs }))).toMatchObject({
    accepted: true,
  });
  const report = await reportOf("nightly-etl", "fast-clock");
  expect(Date.parse(String(Object(report).at))).toBeLessThanOrEqual(Date.now());
});

test("an instance without a name is called default, and an optional proof may be missing", async () => {
  const { instance: _, ...nameless } = render.signal({ consumer: "nightly-etl", proof: "none" });
  expect((await host.signal("render", nameless)).status).toBe(202);
  expect(await reportOf("nightly-etl", "default")).toMatchObject({ healthy: true, proven: false });
  expect(await stateOf("nightly-etl")).toBe("Good");
});

test("a consumer with a required proof is not good without one", async () => {
  await send({ proof: "none" });
  expect(await stateOf("render-api")).toBe("ProofMissing");
  await send();
  expect(await stateOf("render-api")).toBe("Good");
});

test("a consumer that is not configured is refused by name", async () => {
  const answer = await send({ consumer: "stranger" });
  expect(expectProblem(answer, 400, "UnknownConsumer")).toEqual(["/consumer"]);
});

test.each([5.5, -5.5])("an instant %d minutes from the rotator's clock is refused", async (minutes) => {
  const answer = await send({ inMs: minutes * minuteMs });
  expect(expectProblem(answer, 400, "ClockSkew")).toEqual(["/at"]);
});

test("a version that is not in the vault is refused", async () => {
  const answer = await send({ secretVersion: "0123456789abcdef0123456789abcdef" });
  expect(expectProblem(answer, 400, "UnknownSecretVersion")).toEqual(["/secretVersion"]);
});

test("a wrong proof is refused and recorded, and changes nothing else", async () => {
  await send();
  const before = await reportOf("render-api", "vm-1");
  expectProblem(await send({ healthy: false, proof: "wrong" }), 403, "ProofRefused");
  expect(await reportOf("render-api", "vm-1")).toEqual(before);
  const { at, ...signal } = render.signal();
  expectProblem(await host.signal("render", { ...signal, at: String(at).replace("Z", "+00:00") }), 403, "ProofRefused");
  const recorded = (await world.rows.history("render")).filter(({ event }) => event === "ProofRefused");
  expect(recorded).toHaveLength(2);
  expect(recorded[0]).toMatchObject({
    by: "signal:render-api",
    detail: expect.stringContaining("render-api/vm-1"),
  });
});

test("the proof signs the instant in the form in which it was sent", async () => {
  const signal = render.signal({ consumer: "nightly-etl", instance: "offset", proof: "none" });
  expect((await host.signal("render", { ...signal, at: String(signal["at"]).replace("Z", "+00:00") })).status).toBe(
    202,
  );
  expect(await reportOf("nightly-etl", "offset")).toMatchObject({ at: signal["at"] });
});

test("a signal for a disabled version shows who uses it, but proves nothing", async () => {
  const old = render.vault.seed(render.secretName, { value: render.keys().primary, enabled: false });
  render.vault.seed(render.secretName, { value: render.keys().primary });
  const answer = await send({ instance: "vm-2", secretVersion: old.version, proof: "wrong" });
  expect(bodyOf(answer)).toMatchObject({ accepted: true });
  expect(await reportOf("render-api", "vm-2")).toMatchObject({ secretVersion: old.version, proven: false });
});

test("a malformed signal is answered with all its problems", async () => {
  const answer = await host.signal("render", {
    consumer: "render api",
    instance: "",
    secretVersion: "newest",
    healthy: "yes",
    at: "yesterday",
    detail: "x".repeat(501),
    proof: "none",
    key: "see above",
  });
  expect(expectProblem(answer, 400, "InvalidRequest").toSorted()).toEqual(
    ["/at", "/consumer", "/detail", "/healthy", "/instance", "/key", "/proof", "/secretVersion"].toSorted(),
  );
  expect(expectProblem(await host.signal("render", {}), 400, "InvalidRequest").toSorted()).toEqual(
    ["/at", "/consumer", "/healthy", "/secretVersion"].toSorted(),
  );
  expect(expectProblem(await host.signal("render", []), 400, "InvalidRequest")).toEqual([""]);
});

test.each([
  ["control characters", "\u0000\u0007"],
  ["half a character", "\ud83d"],
  ["wide characters", "\u{1f600} ﷽".repeat(100)],
  ["quotes", "'; -- \" \\"],
])("a detail of %s is accepted", async (_what, detail) => {
  expect((await send({ consumer: "nightly-etl", healthy: false, detail })).status).toBe(202);
  expect((await host.get("render")).status).toBe(200);
});

test("concurrent signals are all stored", async () => {
  const instances = Array.from({ length: 20 }, (_, index) => `burst-${index}`);
  const answers = await Promise.all(
    instances.map((instance) => send({ consumer: "nightly-etl", instance, secretVersion: render.newest().version })),
  );
  expect(answers.map((answer) => [answer.status, Object(bodyOf(answer)).accepted])).toEqual(
    instances.map(() => [202, true]),
  );
  const { consumers } = await host.status("render");
  expect(consumers.flatMap((consumer) => consumer.instances.map(({ id }) => id))).toEqual(
    expect.arrayContaining(instances),
  );
});

test("the last good signal opens the gate at once: the rotation completes without a tick", async () => {
  expect(bodyOf(await host.signal("nightly", nightly.signal()))).toEqual({
    account: "nightly",
    accepted: true,
    waitingFor: null,
  });
  expect((await host.status("nightly")).phase).toBe("idle");
  const started = statusOf(await host.rotate("nightly", { reason: "without a tick" }));
  expect(started.phase).toBe("published");

  expect(bodyOf(await host.signal("nightly", nightly.signal()))).toMatchObject({ accepted: true, waitingFor: null });
  expect(await host.status("nightly")).toMatchObject({
    phase: "idle",
    lastRotation: { id: started.rotation?.id, outcome: "completed" },
  });
  const retired = (await world.rows.history("nightly")).find(({ event }) => event === "KeyRetired");
  expect(retired).toMatchObject({ by: "signal:render-api" });
});

test("a signal is stored even if the account's record is unreadable", async () => {
  await world.rows.corrupt("nightly");
  const answer = await host.signal("nightly", nightly.signal());
  expect([answer.status, bodyOf(answer)]).toEqual([202, { account: "nightly", accepted: true, waitingFor: null }]);
  expectProblem(await host.signal("nightly", nightly.signal({ proof: "wrong" })), 403, "ProofRefused");
});
