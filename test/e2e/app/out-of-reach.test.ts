import { type Answer, bodyOf, type Host } from "./host";
import type { PlacedAccount } from "./placed-account";
import { expectProblem } from "./problem";
import { openWorld, type DeployedApp } from "./world";

let world: DeployedApp;
let host: Host;
let render: PlacedAccount;

beforeAll(async () => {
  world = await openWorld();
  render = world.place({ name: "render" });
  host = await world.host([render]);
  await host.tick();
  await host.signal("render", render.signal());
});
afterEach(() => world.emulators.faults.clear());
afterAll(() => world.close());

/** The Retry-After in seconds. */
const retryAfter = (answer: Answer): number => {
  expectProblem(answer, 503, "Unavailable");
  return Number(answer.headers["retry-after"]);
};

/** Every kind of failure of a service, a network or a firewall. */
const failures = [
  { kind: "resetBeforeAnswer" },
  { kind: "status", status: 500 },
  { kind: "status", status: 403 },
  { kind: "status", status: 429, retryAfter: 3600 },
  { kind: "status", status: 503, retryAfter: 3600 },
  { kind: "truncatedJson" },
] as const;

test.each(failures)("storage that fails (%j) is a 503 with Retry-After on every route", async (failure) => {
  world.emulators.faults.add({ route: "tables.*", when: "before", ...failure });
  const answers = await Promise.all([
    host.list(),
    host.get("render"),
    host.rotate("render", { reason: "x" }),
    host.signal("render", render.signal()),
    host.operate("render", "pause", { reason: "x" }),
    host.call({ method: "GET", path: "/accounts/render/history", keyOf: "accountHistory" }),
    host.call({ method: "GET", path: "/accounts/render/rotations/x", keyOf: "rotationRecord" }),
  ]);
  for (const answer of answers) expect(retryAfter(answer)).toBeGreaterThan(0);
});

test("a tick without storage completes, and names the accounts that failed", async () => {
  world.emulators.faults.add({ route: "tables.*", when: "before", kind: "status", status: 500 });
  await host.tick();
  expect(host.logged("Tick").at(-1)).toMatchObject({ accounts: 1, moved: 0, failed: 1 });
  expect(host.logged("AccountFailed").at(-1)).toMatchObject({ account: "render", level: "error" });
});

test("requests are answered as soon as storage is available again", async () => {
  expect((await host.status("render")).phase).toBe("idle");
  expect((await host.list()).status).toBe(200);
});

test.each(failures)("a vault that fails (%j) is a 503 on a signal, and the signal is not kept", async (failure) => {
  // A version that is not in the cache of earlier signals.
  const { version } = render.vault.seed(render.secretName, { value: render.keys().primary });
  world.emulators.faults.add({ route: "vault.*", when: "before", ...failure });
  const signal = render.signal({ instance: "vm-2", secretVersion: version });
  expect(retryAfter(await host.signal("render", signal))).toBeGreaterThan(0);
  world.emulators.faults.clear();
  expect((await host.status("render")).consumers[0]?.instances.map(({ id }) => id)).toEqual(["vm-1"]);
  expect(bodyOf(await host.signal("render", render.signal({ consumer: "render-api" })))).toMatchObject({
    accepted: true,
  });
});

test("a rotation starts even if Batch is unavailable, and backs off", async () => {
  await host.tick();
  await host.signal("render", render.signal());
  expect((await host.status("render")).phase).toBe("idle");
  world.emulators.faults.add({ route: "arm.*", when: "before", kind: "status", status: 503, retryAfter: 120 });
  const answer = await host.rotate("render", { reason: "in a bad hour" });
  expect([answer.status, bodyOf(answer)]).toEqual([
    202,
    expect.objectContaining({ phase: "started", waitingFor: expect.objectContaining({ reason: "BackingOff" }) }),
  ]);
});
