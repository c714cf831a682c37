import { AzureResourceGraph } from "../../../lib/azure/resource-graph/azure-resource-graph";
import { OperatorNeededError, TransientServiceError } from "../../../lib/errors";
import { graphDiscovery, resourceGraphContract } from "../suites/resource-graph-suite";
import { type EmulatedWorld, openEmulatedWorld } from "./emulated-world";

const call = { signal: new AbortController().signal };
const tags = { "batch-key-rotator": "standard" };

let world: EmulatedWorld;
const slept: number[] = [];
const graphOf = ({ credential, emulators }: EmulatedWorld): AzureResourceGraph =>
  new AzureResourceGraph({
    credential,
    armEndpoint: emulators.armUrl,
    armScope: "https://management.azure.com/.default",
    sleep: async (ms) => void slept.push(ms),
  });

const emptied = (): void => {
  const { batch, faults, journal } = world.emulators;
  for (const name of names) batch.removeAccount(name);
  names.clear();
  Object.assign(batch.graph, {
    maxPage: 1000,
    enforcesQuota: false,
    hidesModes: false,
    truncates: false,
    hitsTenantLimit: false,
    readsNothing: false,
  });
  batch.graph.catchUp();
  faults.clear();
  journal.clear();
  slept.length = 0;
};
const names = new Set<string>();
const add = (name: string, of: Readonly<Record<string, string>> = tags, subscriptionId?: string) => {
  names.add(name);
  const { batch } = world.emulators;
  const { name: accountName, ...ref } = batch.addAccount({
    name,
    tags: of,
    ...(subscriptionId === undefined ? {} : { subscriptionId }),
  });
  return { ...ref, accountName };
};
const fill = (count: number): void => {
  for (let number = 0; number < count; number += 1) add(`fill${String(number).padStart(4, "0")}`);
};

beforeAll(async () => {
  world = await openEmulatedWorld();
});
afterEach(() => emptied());
afterAll(() => world.close());

resourceGraphContract("Azure Resource Graph", async () => {
  const { batch } = world.emulators;
  return {
    graph: graphOf(world),
    addAccount: add,
    setTags: ({ accountName }, of) => batch.setTags(accountName, of),
    setModes: ({ accountName }, modes) => batch.setModes(accountName, modes),
    setUserSubscription: ({ accountName }) => batch.setPoolAllocationMode(accountName, "UserSubscription"),
    remove: ({ accountName }) => batch.removeAccount(accountName),
    lag: () => batch.graph.lag(),
    catchUp: () => batch.graph.catchUp(),
    readNothing: () => {
      batch.graph.readsNothing = true;
    },
    close: async () => emptied(),
  };
});

describe("many accounts", () => {
  it("are read page after page, each once", async () => {
    fill(25);
    world.emulators.batch.graph.maxPage = 10;
    const { accounts } = await graphOf(world).batchAccounts(graphDiscovery, call);
    expect(new Set(accounts.map(({ resourceId }) => resourceId)).size).toBe(25);
    expect(world.emulators.journal.count("arm.queryResources")).toBe(3);
  });

  it("wait for the quota between two pages, and are never refused", async () => {
    fill(40);
    Object.assign(world.emulators.batch.graph, { maxPage: 2, enforcesQuota: false });
    await graphOf(world).batchAccounts(graphDiscovery, call);
    expect(slept.filter((ms) => ms > 0).length).toBeGreaterThanOrEqual(5);
    expect(Math.max(...slept)).toBeLessThanOrEqual(7_000);
  });

  it("are none where one page is refused: nothing is concluded from the others", async () => {
    fill(25);
    world.emulators.batch.graph.maxPage = 10;
    const { faults } = world.emulators;
    faults.add({ route: "arm.queryResources", when: "before", kind: "status", status: 400, nth: 2 });
    await expect(graphOf(world).batchAccounts(graphDiscovery, call)).rejects.toBeInstanceOf(OperatorNeededError);
  });
});

describe("an answer that leaves accounts out", () => {
  it.each([
    ["is cut off", { truncates: true }, /cut its answer off/],
    ["reads the first 10,000 subscriptions", { hitsTenantLimit: true }, /first 10,000 subscriptions/],
  ])("says so: it %s", async (_what, changes, incomplete) => {
    add("one");
    Object.assign(world.emulators.batch.graph, changes);
    expect(await graphOf(world).batchAccounts(graphDiscovery, call)).toMatchObject({
      accounts: [{ tags: { profile: "standard" } }],
      isComplete: false,
      incomplete: expect.stringMatching(incomplete),
    });
  });
});

describe("a scope", () => {
  const other = "00000000-0000-4000-8000-000000000002";

  it("holds the accounts of its subscriptions only", async () => {
    add("mine");
    add("theirs", tags, other);
    const graph = graphOf(world);
    const of = async (subscriptions: readonly string[]) => {
      const { accounts } = await graph.batchAccounts({ ...graphDiscovery, scope: { subscriptions } }, call);
      return accounts.map(({ resourceId }) => resourceId.split("/").at(-1));
    };
    expect(await of([other])).toEqual(["theirs"]);
    expect(await of(["00000000-0000-4000-8000-000000000001", other])).toEqual(["mine", "theirs"]);
  });

  it("may be management groups; one that does not exist is named in the remedy", async () => {
    add("theirs", tags, other);
    world.emulators.batch.graph.managementGroups.set("platform", [other]);
    const graph = graphOf(world);
    const of = (group: string) =>
      graph.batchAccounts({ ...graphDiscovery, scope: { managementGroups: [group] } }, call);
    expect((await of("platform")).accounts).toHaveLength(1);
    await expect(of("nowhere")).rejects.toThrow(/status 400.*management groups nowhere of discovery/);
  });
});

const failing = (status: number, more: { readonly retryAfter?: number } = {}) => {
  world.emulators.faults.add({ route: "arm.queryResources", when: "before", kind: "status", status, ...more });
  return graphOf(world).batchAccounts(graphDiscovery, call);
};

describe("the graph's failures", () => {
  it.each([
    [400, OperatorNeededError],
    [401, TransientServiceError],
    [403, OperatorNeededError],
    [404, OperatorNeededError],
    [500, TransientServiceError],
  ])("are distinguished by what ends them: %i", async (status, kind) => {
    await expect(failing(status)).rejects.toBeInstanceOf(kind);
  });

  it("keep how long the quota asks to wait", async () => {
    await expect(failing(429, { retryAfter: 30 })).rejects.toMatchObject({ retryAfterMs: 30_000 });
  });

  it.each(["resetBeforeAnswer", "truncatedJson", "resetInMiddle"] as const)("may be repeated: %s", async (kind) => {
    world.emulators.faults.add({ route: "arm.queryResources", when: "after", kind });
    await expect(graphOf(world).batchAccounts(graphDiscovery, call)).rejects.toBeInstanceOf(TransientServiceError);
  });
});
