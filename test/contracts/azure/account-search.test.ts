import { BatchServiceClient, BatchSharedKeyCredentials } from "@azure/batch";
import { AzureBatchKeys } from "../../../lib/azure/batch/batch-keys";
import { BatchKey } from "../../../lib/batch-key";
import type { BatchAccountRef } from "../../../lib/rotation/account-config";
import { systemClock } from "../../../lib/system";
import { plantCopies, spots } from "../../builders/batch-content";
import type { BatchContent } from "../../emulators/batch-content";
import type { Route } from "../../emulators/routes";
import { type EmulatedWorld, openEmulatedWorld } from "./emulated-world";
import { leaked, thrownBy } from "./leaks";

const call = { signal: new AbortController().signal };

let world: EmulatedWorld;
let batch: AzureBatchKeys;
beforeAll(async () => {
  world = await openEmulatedWorld();
  // Its pauses take no time.
  const clock = { ...systemClock, sleep: async () => undefined };
  batch = new AzureBatchKeys({
    credential: world.credential,
    armEndpoint: world.emulators.armUrl,
    armScope: "",
    clock,
  });
});
afterEach(() => world.emulators.faults.clear());
afterAll(() => world.close());

const holding = (contentFor: (keys: Readonly<Record<"primary" | "secondary", string>>) => BatchContent) => {
  const ref = world.addAccount();
  const keys = world.emulators.batch.keys(ref.accountName);
  world.emulators.batch.setContent(ref.accountName, contentFor(keys));
  return { ref, ...keys };
};

const search = (ref: BatchAccountRef, signal = call.signal) => {
  const { primary, secondary } = world.emulators.batch.keys(ref.accountName);
  const keys = { primary: new BatchKey(primary), secondary: new BatchKey(secondary) };
  return batch.search(ref, world.emulators.dataPlaneHost, { signWith: keys.primary, keys }, { signal });
};

const requestsOf = async (work: () => Promise<unknown>): Promise<readonly Route[]> => {
  const before = world.emulators.journal.entries.length;
  await work();
  return world.emulators.journal.entries.slice(before).map(({ route }) => route);
};

const parts = (key: string): readonly string[] => Array.from({ length: 77 }, (_, at) => key.slice(at, at + 12));

it("takes three requests for an empty account", async () => {
  const { ref } = holding(() => ({}));
  const routes = await requestsOf(() => search(ref));
  expect(routes.toSorted()).toEqual(["batch.listJobSchedules", "batch.listJobs", "batch.listPools"]);
});

it("finds 1,000 copies in 200 jobs and 5,000 tasks, none that is not there, and shows no part of a key", async () => {
  const other = world.addAccount();
  const decoy = world.emulators.batch.keys(other.accountName).primary;
  const planted: { places?: readonly string[] } = {};
  const { ref, primary, secondary } = holding((keys) => {
    const { content, places } = plantCopies({
      jobs: 200,
      tasks: 5_000,
      copies: 1_000,
      keys: [keys.primary, keys.secondary],
      decoy,
    });
    planted.places = places;
    return content;
  });
  const found = await search(ref);
  expect(found).toMatchObject({ objects: 20 + 10 + 200 + 5_000, incomplete: null });
  expect(found.copies).toHaveLength(1_000);
  const named = found.copies.map(({ place }) => place);
  expect(named.toSorted()).toEqual(planted.places?.toSorted());
  expect(new Set(found.copies.map(({ slot }) => slot))).toEqual(new Set(["primary", "secondary"]));
  const output = JSON.stringify(found);
  for (const part of [...parts(primary), ...parts(secondary), ...parts(decoy)]) expect(output).not.toContain(part);
});

it.each(spots.map((spot) => [spot.of, spot.named, spot] as const))("looks in a %s: %s", async (_of, _named, spot) => {
  const { ref } = holding(({ secondary }) => {
    const item = { id: "x", ...spot.holds(secondary) };
    if (spot.of === "pool") return { pools: [item] };
    if (spot.of === "jobSchedule") return { jobSchedules: [item] };
    return spot.of === "job" ? { jobs: [item] } : { jobs: [{ id: "j" }], tasks: { j: [item] } };
  });
  expect((await search(ref)).copies).toEqual([{ slot: "secondary", place: expect.stringContaining(spot.named) }]);
});

it("reads further pages, each signed", async () => {
  const { ref } = holding(({ primary }) => ({
    jobs: Array.from({ length: 2_001 }, (_, nth) => ({
      id: `job-${nth}`,
      ...(nth === 2_000 ? { metadata: [{ name: "key", value: primary }] } : {}),
    })),
  }));
  expect(await search(ref)).toMatchObject({
    objects: 2_001,
    copies: [{ slot: "primary", place: "job job-2000, metadata item key" }],
  });
});

it("names no place by a name that holds a key, a part of one, or characters that show nothing", async () => {
  const { ref, primary } = holding(({ primary: value }) => ({
    jobs: [
      {
        id: "j",
        commonEnvironmentSettings: [
          { name: value, value: "x" },
          { name: `K_${value.slice(5, 30)}`, value },
          { name: "new\nline\u202e", value },
          { name: "name ".repeat(40), value },
        ],
      },
    ],
  }));
  const { copies } = await search(ref);
  expect(copies.map(({ place }) => place)).toEqual([
    "job j, common environment setting 1 [name removed: it holds a part of a key]",
    "job j, common environment setting 2 [name removed: it holds a part of a key]",
    "job j, common environment setting new line",
    `job j, common environment setting ${"name ".repeat(13).slice(0, 64)}`,
  ]);
  for (const part of parts(primary)) expect(JSON.stringify(copies)).not.toContain(part);
});

it("stops after 20,000 objects and says so", async () => {
  const { ref } = holding(() => ({ pools: Array.from({ length: 20_001 }, (_, nth) => ({ id: `pool-${nth}` })) }));
  expect(await search(ref)).toMatchObject({ objects: 20_000, incomplete: "only the first 20000 were searched" });
});

it("leaves out a job that was deleted meanwhile", async () => {
  const { ref } = holding(() => ({ jobs: [{ id: "j" }, { id: "k" }] }));
  world.emulators.faults.add({ route: "batch.listTasks", when: "before", kind: "status", status: 404, nth: 1 });
  expect(await search(ref)).toMatchObject({ objects: 2, incomplete: null });
});

it.each([
  "https://attacker.example/jobs?$skiptoken=1",
  "http://localhost/jobs?$skiptoken=1",
  "https://user@HOST/jobs?$skiptoken=1",
  "https://HOST/pools?$skiptoken=1",
  "not an address",
])("signs no request to a next page that is elsewhere (%s)", async (link) => {
  const { ref } = holding(() => ({}));
  const body = { value: [], "odata.nextLink": link.replace("HOST", world.emulators.dataPlaneHost) };
  world.emulators.faults.add({ route: "batch.listJobs", when: "before", kind: "status", status: 200, body });
  const outgoing = jest.spyOn(globalThis, "fetch");
  const error = await thrownBy(() => search(ref));
  const hosts = outgoing.mock.calls.map(([url]) => new URL(url instanceof Request ? url.url : url).host);
  outgoing.mockRestore();
  expect(error).toMatchObject({ name: "TransientServiceError", facts: { code: "MalformedAnswer" } });
  expect(new Set(hosts)).toEqual(new Set([world.emulators.dataPlaneHost]));
});

const lists = ["batch.listPools", "batch.listJobs", "batch.listJobSchedules", "batch.listTasks"] as const;

const aJob = () => holding(({ secondary }) => ({ jobs: [{ id: "j", commandLine: secondary }], tasks: { j: [] } }));

describe.each(lists)("with faults of %s", (route) => {
  const faulty = [
    { kind: "status", status: 503, retryAfter: 1 },
    { kind: "status", status: 429 },
    { kind: "resetBeforeAnswer" },
    { kind: "resetInMiddle" },
    { kind: "truncatedJson" },
    { kind: "unexpected202" },
    { kind: "status", status: 200, body: { value: [{}] } },
    { kind: "status", status: 200, body: [] },
  ] as const;

  it.each(faulty)("repeats a request that failed for a moment: %j", async (fault) => {
    const { ref } = aJob();
    world.emulators.faults.add({ route, when: "after", ...fault, nth: 1 });
    expect((await search(ref)).objects).toBe(1);
  });

  it.each(faulty.slice(1))("fails without a key in its error where it lasts: %j", async (fault) => {
    const { ref, primary, secondary } = aJob();
    world.emulators.faults.add({ route, when: "after", ...fault });
    const error = await thrownBy(() => search(ref));
    expect(error.name).toBe("TransientServiceError");
    expect(leaked(error, [primary, secondary])).toEqual([]);
  });

  it("passes on a refusal that lasts", async () => {
    const { ref } = aJob();
    world.emulators.faults.add({ route, when: "before", kind: "status", status: 403, code: "AccountIsDisabled" });
    const error = await thrownBy(() => search(ref));
    expect(error).toMatchObject({ name: "OperatorNeededError", reason: "Forbidden" });
  });

  it("is aborted by its caller's signal", async () => {
    const { ref } = aJob();
    world.emulators.faults.add({ route, when: "before", kind: "hang" });
    const error = await thrownBy(() => search(ref, world.emulators.journal.abortsAt(route)));
    expect(error.name).toBe("TransientServiceError");
  });
});

const ids = async (list: Promise<Iterable<{ id?: string }>>) => [...(await list)].map(({ id }) => id);

it("asks for the lists that the official client asks for", async () => {
  const { ref, primary } = holding(() => ({
    pools: [{ id: "p" }],
    jobs: [{ id: "j" }, { id: "done", state: "completed" }],
    jobSchedules: [{ id: "s" }],
    tasks: { j: [{ id: "t" }] },
  }));
  const client = new BatchServiceClient(
    new BatchSharedKeyCredentials(ref.accountName, primary),
    `https://${world.emulators.dataPlaneHost}`,
    { noRetryPolicy: true },
  );
  const notDone = { filter: "state ne 'completed'", select: "id,state" };
  const routes = await requestsOf(async () => {
    expect(await ids(client.pool.list())).toEqual(["p"]);
    expect(await ids(client.job.list({ jobListOptions: notDone }))).toEqual(["j"]);
    expect(await ids(client.jobSchedule.list())).toEqual(["s"]);
    expect(await ids(client.task.list("j", { taskListOptions: notDone }))).toEqual(["t"]);
  });
  expect(routes.toSorted()).toEqual((await requestsOf(() => search(ref))).toSorted());
});
