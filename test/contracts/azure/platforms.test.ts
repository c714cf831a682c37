import { AzureContainerApps } from "../../../lib/azure/platforms/container-apps";
import { AzureDataFactories } from "../../../lib/azure/platforms/data-factories";
import type { FaultKind } from "../../emulators/faults";
import type { Route } from "../../emulators/routes";
import { anEmulatedApp, containerAppsContract, group, platformSecret } from "../suites/container-apps-suite";
import {
  anEmulatedFactory,
  dataFactoriesContract,
  factoryReference,
  platformBatch,
} from "../suites/data-factories-suite";
import { type EmulatedWorld, openEmulatedWorld } from "./emulated-world";
import { everythingShownOf, thrownBy } from "./leaks";

let world: EmulatedWorld;
const call = () => ({ signal: new AbortController().signal });
const options = () => ({
  credential: world.credential,
  armEndpoint: world.emulators.armUrl,
  armScope: "https://management.azure.com/.default",
});
const appsOf = () => new AzureContainerApps(options());
const factoriesOf = () => new AzureDataFactories(options(), () => new Date("2026-11-24T10:00:00.000Z"));
const close = async (): Promise<void> => world.emulators.faults.clear();

beforeAll(async () => {
  world = await openEmulatedWorld();
});
afterEach(() => {
  const { faults, journal, platforms } = world.emulators;
  faults.clear();
  journal.clear();
  platforms.containerApps.pageSize = 20;
  platforms.dataFactories.pageSize = 100;
});
afterAll(() => world.close());

containerAppsContract("Resource Manager", async () => ({
  apps: appsOf(),
  place: (resourceId, app, form) => world.emulators.platforms.containerApps.add(resourceId, app, form),
  close,
}));

dataFactoriesContract("Resource Manager", async () => ({
  factories: factoriesOf(),
  place: (resourceId, factory) => world.emulators.platforms.dataFactories.add(resourceId, factory),
  close,
}));

const appId = `${group}/Microsoft.App/containerApps/render-jobs`;
const factoryId = `${group}/Microsoft.DataFactory/factories/etl`;

/** One request of each kind. */
const lookAtApp = () => {
  const app = anEmulatedApp();
  app.deploy("one", "environment", 3);
  app.deploy("two", "environment", 1);
  const form = { secretName: "key", keyVaultUrl: `${platformSecret.vaultUrl}/secrets/${platformSecret.name}` };
  world.emulators.platforms.containerApps.add(appId, app, form);
  return appsOf().look(appId, platformSecret, call);
};
const lookAtFactory = () => {
  const factory = anEmulatedFactory(() => new Date("2026-11-24T10:00:00.000Z"));
  factory.linkedServices.set("AzureBatch1", { accountName: "renderweu", key: factoryReference });
  for (const name of ["first", "second", "third"]) factory.startActivity(factory.startRun(), name, "AzureBatch1");
  world.emulators.platforms.dataFactories.add(factoryId, factory);
  const ref = { resourceId: factoryId, linkedService: "AzureBatch1" };
  return factoriesOf().look(ref, platformBatch, platformSecret, call);
};

const routes: readonly (readonly [Route, () => Promise<unknown>, string])[] = [
  ["arm.getContainerApp", lookAtApp, "Microsoft.App/containerApps/read"],
  ["arm.listRevisions", lookAtApp, "Microsoft.App/containerApps/revisions/read"],
  ["arm.listReplicas", lookAtApp, "Microsoft.App/containerApps/revisions/replicas/read"],
  ["arm.getLinkedService", lookAtFactory, "Microsoft.DataFactory/factories/linkedservices/read"],
  ["arm.queryPipelineRuns", lookAtFactory, "Microsoft.DataFactory/factories/querypipelineruns/action"],
  ["arm.queryActivityRuns", lookAtFactory, "Microsoft.DataFactory/factories/pipelineruns/queryactivityruns/action"],
];

describe("lists of platforms", () => {
  it("are read page after page", async () => {
    world.emulators.platforms.containerApps.pageSize = 1;
    const { revisions } = await lookAtApp();
    expect(revisions.map(({ replicas }) => replicas.length)).toEqual([3, 1]);
    world.emulators.platforms.dataFactories.pageSize = 1;
    expect((await lookAtFactory()).oldest).toMatchObject({ activity: "first" });
    expect(world.emulators.journal.count("arm.queryPipelineRuns")).toBe(3);
  });

  it("show nothing where a link leads to another server, which never gets the token", async () => {
    const body = { value: [], nextLink: "https://elsewhere.example/page" };
    world.emulators.faults.add({ route: "arm.listRevisions", when: "after", kind: "status", status: 200, body });
    const error = await thrownBy(lookAtApp);
    expect(error).toMatchObject({ name: "TransientServiceError", facts: { code: "ForeignLink" } });
  });

  it("show nothing where they do not end", async () => {
    const body = { value: [], continuationToken: "again" };
    world.emulators.faults.add({ route: "arm.queryPipelineRuns", when: "after", kind: "status", status: 200, body });
    expect(await thrownBy(lookAtFactory)).toMatchObject({ facts: { code: "MalformedAnswer" } });
  });

  it("show nothing with more runs than a look has time for", async () => {
    const value = Array.from({ length: 201 }, (_, index) => ({ runId: `run-${index}` }));
    const fault = { route: "arm.queryPipelineRuns", when: "after", kind: "status", status: 200 } as const;
    world.emulators.faults.add({ ...fault, body: { value } });
    expect(await thrownBy(lookAtFactory)).toMatchObject({ facts: { code: "MalformedAnswer" } });
  });
});

describe.each(routes)("the failures of %s", (route, look, action) => {
  const failing = (fault: FaultKind, times = 1_000) => {
    world.emulators.faults.add({ route, when: "before", ...fault, times });
    return thrownBy(look);
  };

  it("are repeated where they pass", async () => {
    world.emulators.faults.add({ route, when: "before", kind: "status", status: 503, nth: 1 });
    await expect(look()).resolves.toBeDefined();
  });

  it.each<FaultKind>([
    { kind: "status", status: 401 },
    { kind: "status", status: 429, retryAfter: 60 },
    { kind: "status", status: 503, retryAfter: 60 },
    { kind: "status", status: 200, body: { value: [{ name: 7 }] } },
    { kind: "status", status: 200, body: [] },
    { kind: "truncatedJson" },
    { kind: "unexpected202" },
  ])("show nothing: %j", async (fault) => {
    const error = await failing(fault);
    expect(error.name).toBe("TransientServiceError");
    expect(everythingShownOf(error)).not.toContain("in clear text");
  });

  it("name the right that is missing", async () => {
    world.emulators.platforms.deny(action);
    const error = await thrownBy(look);
    world.emulators.platforms.allow(action);
    expect(error).toMatchObject({ name: "OperatorNeededError", reason: "Forbidden" });
    expect(error).toMatchObject({ remedy: expect.stringContaining(`the action ${action} on ${group}`) });
  });

  it("end with the caller's time", async () => {
    world.emulators.faults.add({ route, when: "before", kind: "hang" });
    const signal = world.emulators.journal.abortsAt(route);
    const limited = () => ({ signal });
    const looked =
      look === lookAtApp
        ? appsOf().look(appId, platformSecret, limited)
        : factoriesOf().look(
            { resourceId: factoryId, linkedService: "AzureBatch1" },
            platformBatch,
            platformSecret,
            limited,
          );
    expect(await thrownBy(() => looked)).toMatchObject({ name: "TransientServiceError" });
  });
});
