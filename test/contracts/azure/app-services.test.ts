import { AzureAppServices } from "../../../lib/azure/platforms/app-services";
import { aReference, siteId } from "../../builders/sight";
import { EmulatedAppService } from "../../emulators/platforms/app-service";
import type { FaultKind } from "../../emulators/faults";
import type { Route } from "../../emulators/routes";
import { appServicesContract } from "../suites/app-services-suite";
import { type EmulatedWorld, openEmulatedWorld } from "./emulated-world";
import { everythingShownOf, thrownBy } from "./leaks";

let world: EmulatedWorld;
let apps: AzureAppServices;
let app: EmulatedAppService;
const call = { signal: new AbortController().signal };
const secret = { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key" };
const value = "the-value-of-the-secret";
const fetch = () => ({ status: "Resolved", version: "v", value }) as const;

beforeAll(async () => {
  world = await openEmulatedWorld();
  const armScope = "https://management.azure.com/.default";
  apps = new AzureAppServices({ credential: world.credential, armEndpoint: world.emulators.armUrl, armScope });
});
beforeEach(() => {
  let names = 0;
  app = new EmulatedAppService({ now: () => new Date(), fetch, createName: () => `i${(names += 1)}`, overlapMs: 0 });
  app.configure("KEY", `@Microsoft.KeyVault(VaultName=render;SecretName=${secret.name})`);
  world.emulators.platforms.appServices.add(siteId, app);
  world.emulators.platforms.appServices.add(`${siteId}/slots/staging`, app);
});
afterEach(() => {
  const { faults, platforms } = world.emulators;
  faults.clear();
  platforms.appServices.withoutReferences = "emptyList";
  platforms.appServices.pageSize = 100;
});
afterAll(() => world.close());

appServicesContract("Resource Manager", async () => ({
  apps,
  place: (resourceId, placed) => world.emulators.platforms.appServices.add(resourceId, placed),
  close: async () => undefined,
}));

test("a slot is an app of its own", async () => {
  expect(await apps.references(`${siteId}/slots/staging`, secret, call)).toHaveLength(1);
  expect(await apps.references(`${siteId}/slots/other`, secret, call)).toEqual([]);
});

test("a reference in the form of names, which another vault cannot have, is read too", async () => {
  expect(await apps.references(siteId, secret, call)).toEqual([aReference({ setting: "KEY" })]);
  expect(await apps.references(siteId, { ...secret, vaultUrl: "https://other.vault.azure.net" }, call)).toEqual([]);
});

test.each(["notFound", "badRequest"] as const)("an app without references may be answered %s", async (how) => {
  world.emulators.platforms.appServices.withoutReferences = how;
  app.settings.length = 0;
  expect(await apps.references(siteId, secret, call)).toEqual([]);
});

test("all pages are read", async () => {
  world.emulators.platforms.appServices.pageSize = 1;
  app.configure("KEY2", `@Microsoft.KeyVault(VaultName=render;SecretName=${secret.name})`);
  app.scale(3);
  expect(await apps.references(siteId, secret, call)).toHaveLength(2);
  expect(await apps.instances(siteId, call)).toHaveLength(3);
});

test.each([
  [
    "refers in a form that cannot be read",
    { reference: "@Microsoft.KeyVault(?)", vaultName: "render", secretName: secret.name },
    null,
  ],
  ["names a version beside", { vaultName: "RENDER", secretName: secret.name, secretVersion: "v1" }, "v1"],
])("a setting that %s is known by the names that Resource Manager gives", async (_, properties, pinnedTo) => {
  const body = {
    value: [{ name: "KEY", properties: { ...properties, status: "InvalidSyntax", activeVersion: "v9" } }],
  };
  world.emulators.faults.add({ route: "arm.listReferences", when: "after", kind: "status", status: 200, body });
  expect(await apps.references(siteId, secret, call)).toEqual([
    aReference({ setting: "KEY", pinnedTo, status: "InvalidSyntax" }),
  ]);
});

const requests: readonly (readonly [Route, string, () => Promise<unknown>])[] = [
  ["arm.listReferences", "config/Read", () => apps.references(siteId, secret, call)],
  ["arm.listConnectionStrings", "config/Read", () => apps.references(siteId, secret, call)],
  ["arm.listInstances", "instances/Read", () => apps.instances(siteId, call)],
  [
    "arm.refreshReferences",
    "config/configreferences/appsettings/refresh/action",
    () => apps.refresh(siteId, secret, call),
  ],
  ["arm.restartSite", "restart/Action", () => apps.restart(siteId, call)],
];

describe.each(requests)("%s", (route, action, send) => {
  it("names the right that Resource Manager says is missing", async () => {
    const full = `Microsoft.Web/sites/${action}`;
    world.emulators.platforms.deny(full);
    const error = await thrownBy(send);
    world.emulators.platforms.allow(full);
    expect(error).toMatchObject({
      name: "OperatorNeededError",
      reason: "Forbidden",
      remedy: expect.stringContaining(`the action ${full} on ${siteId}`),
    });
  });

  it.each<FaultKind>([
    { kind: "status", status: 429, retryAfter: 60 },
    { kind: "status", status: 401 },
    ...(route === "arm.restartSite" ? [] : [{ kind: "truncatedJson" } as const]),
    { kind: "unexpected202" },
    { kind: "resetBeforeAnswer" },
  ])("fails without a word of the answer: %j", async (fault) => {
    world.emulators.faults.add({ route, when: "after", ...fault, times: 10 });
    const error = await thrownBy(send);
    expect(error.name).toMatch(/^(TransientServiceError|OutcomeUnknownError)$/);
    expect(everythingShownOf(error)).not.toContain(value);
  });
});

test.each([
  ["arm.refreshReferences", () => apps.refresh(siteId, secret, call)],
  ["arm.restartSite", () => apps.restart(siteId, call)],
] as const)("%s is sent once, whatever comes back", async (route, send) => {
  const { restarts } = app;
  world.emulators.faults.add({ route, when: "after", kind: "status", status: 503, times: 10 });
  expect((await thrownBy(send)).name).toBe("OutcomeUnknownError");
  expect(app.restarts - restarts).toBe(1);
});
