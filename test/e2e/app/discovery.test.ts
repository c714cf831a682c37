import { until } from "../local-host/until";
import { bodyOf, type Host } from "./host";
import { expectProblem } from "./problem";
import { type DeployedApp, gate, openWorld } from "./world";

let world: DeployedApp;
let host: Host;

const standard = { "batch-key-rotator": "standard", "batch-key-consumers": "render-api" };

const add = (name: string, tags: Readonly<Record<string, string>>): void =>
  void world.emulators.batch.addAccount({ name, tags });

/** The configuration of a process that lists no account. */
const found = (): Readonly<Record<string, string>> => ({
  ROTATION_ACCOUNTS: JSON.stringify({
    defaults: { gate: { soak: gate.soak } },
    profiles: { standard: { secret: { vaultUrl: world.vault.url, name: "{account}-batch-key" } } },
    discovery: { scope: { subscriptions: [world.emulators.subscriptionId] }, every: "PT1S" },
    accounts: [],
  }),
});

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

test("the built app finds accounts by their tag, and reports those that it cannot rotate", async () => {
  add("render", standard);
  add("wrong", { ...standard, "batch-key-rotator": "gold" });
  add("untagged", {});
  host = await world.host([], found());
  await host.tick();
  const listed = bodyOf(await host.list());
  expect(listed).toMatchObject({
    accounts: [{ account: "render", phase: "adopting", secret: { name: "render-batch-key" } }],
    discoveryProblems: [{ account: "wrong", reason: "TagInvalid" }],
    orphanedRecords: [],
  });
  expectProblem(await host.get("wrong"), 409, "DiscoveryProblem");
  expectProblem(await host.get("untagged"), 404, "UnknownAccount");
  expect(bodyOf(await host.call({ method: "GET", path: "/coverage", keyOf: "coverage" }))).toEqual({
    unprotected: [
      { resourceId: expect.stringMatching(/\/untagged$/), name: "untagged", reason: "NotTagged" },
      { resourceId: expect.stringMatching(/\/wrong$/), name: "wrong", reason: "TagInvalid" },
    ],
    switchable: [],
    checkedAt: expect.any(String),
  });
  expect(host.logged("DiscoveryProblem")).toMatchObject([{ account: "wrong", reason: "TagInvalid" }]);
});

test("another process reads what was found, and a tag that is removed pauses the account there", async () => {
  const other = await world.host([], found());
  world.emulators.batch.setTags("render", {});
  await until("the process to see that the tag is gone", async () => {
    await other.tick();
    return (await other.status("render")).paused;
  });
  const answer = await other.rotate("render", { reason: "asked for" });
  expect(answer.status).toBe(409);
  expectProblem(answer, 409, "Paused");
});
