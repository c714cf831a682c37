import type { DeployedApp } from "../../e2e/app/world";
import type { PlacedAccount } from "../../e2e/app/placed-account";
import { EmulatedAppService } from "../../emulators/platforms/app-service";
import { EmulatedContainerApp } from "../../emulators/platforms/container-app";
import { EmulatedDataFactory } from "../../emulators/platforms/data-factory";
import type { Route } from "../../emulators/routes";

const group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/render/providers";
const siteId = `${group}/Microsoft.Web/sites/render-web`;
const slotId = `${siteId}/slots/staging`;
const containerAppId = `${group}/Microsoft.App/containerApps/render-jobs`;
const factoryId = `${group}/Microsoft.DataFactory/factories/etl`;
const linkedService = "AzureBatch1";

/** What each kind of platform is asked for. */
export const platformRoutes: readonly Route[] = [
  "arm.listReferences",
  "arm.listConnectionStrings",
  "arm.refreshReferences",
  "arm.restartSite",
  "arm.listInstances",
  "arm.getContainerApp",
  "arm.listRevisions",
  "arm.listReplicas",
  "arm.getLinkedService",
  "arm.queryPipelineRuns",
  "arm.queryActivityRuns",
];

/** A gate whose consumers are an app, its slot, a Container App and a data factory. */
export const onPlatforms = {
  consumers: [
    { name: "render-web", platform: { kind: "appService", resourceId: siteId, restart: true } },
    { name: "render-web-staging", platform: { kind: "appService", resourceId: slotId } },
    { name: "render-jobs", platform: { kind: "containerApp", resourceId: containerAppId } },
    { name: "etl", platform: { kind: "dataFactory", resourceId: factoryId, linkedService } },
  ],
  soak: "PT0S",
} as const;

const now = () => new Date();

/** Makes these four, which take their key from the account's secret. */
export const placePlatforms = ({ emulators }: DeployedApp, account: PlacedAccount) => {
  const { vault, secretName, batchName } = account;
  const { appServices, containerApps, dataFactories } = emulators.platforms;
  const held = () => ({ version: account.newest().version, value: account.newest().value });
  for (const id of [siteId, slotId]) {
    const app = new EmulatedAppService({
      now,
      fetch: () => ({ status: "Resolved", ...held() }),
      createName: () => "instance",
    });
    app.configure("BATCH_KEY", `@Microsoft.KeyVault(SecretUri=${vault.url}/secrets/${secretName})`);
    appServices.add(id, app);
  }
  let replicas = 0;
  const app = new EmulatedContainerApp({ now, readVault: held, createName: () => `replica-${(replicas += 1)}` });
  app.deploy("one", "environment", 1);
  containerApps.add(containerAppId, app, { secretName: "key", keyVaultUrl: `${vault.url}/secrets/${secretName}` });
  const factory = new EmulatedDataFactory({ now, readVault: held, createId: () => "run" });
  factory.vaults.set("Vault1", `${vault.url}/`);
  const key = { kind: "reference", store: "Vault1", secretName } as const;
  factory.linkedServices.set(linkedService, { accountName: batchName, key });
  factory.startActivity(factory.startRun(), "render", linkedService);
  dataFactories.add(factoryId, factory);
};
