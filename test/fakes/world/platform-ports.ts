import type { ContainerApps, DataFactories } from "../../../lib/ports/platforms";
import type { BatchAccountRef, SecretRef } from "../../../lib/rotation/account-config";
import type { ContainerAppShown } from "../../../lib/rotation/platforms/container-app";
import type { DataFactoryShown } from "../../../lib/rotation/platforms/data-factory";
import type { LinkedKeySeen } from "../../../lib/rotation/platforms/data-factory-seen";
import type { AppRevision } from "../../emulators/platforms/container-app";
import type { EmulatedDataFactory } from "../../emulators/platforms/data-factory";
import { appServicesPort } from "./app-services-port";
import type { PlacedApp } from "./fake-platforms";
import type { Process } from "./process";
import { refusal } from "./refusal";
import type { World } from "./world";

export const containerAppsPort = (world: World, process: Process): ContainerApps => ({
  look: (resourceId, secret, call) =>
    world.wire.call(process, {
      operation: "containerApps.look",
      signal: call().signal,
      subject: () => resourceId,
      effect: () => {
        const placed = world.platforms.containerApps.get(resourceId);
        if (placed === undefined) throw refusal(world, "NotFound", "Container Apps read", 404);
        return shownApp(placed, secret);
      },
    }),
});

export const dataFactoriesPort = (world: World, process: Process): DataFactories => ({
  look: ({ resourceId, linkedService }, batch, secret, call) =>
    world.wire.call(process, {
      operation: "dataFactories.look",
      signal: call().signal,
      subject: () => `${resourceId} ${linkedService}`,
      effect: () => {
        const factory = world.platforms.dataFactories.get(resourceId);
        if (factory?.linkedServices.has(linkedService) !== true)
          throw refusal(world, "NotFound", "Data Factory linkedservices/read", 404);
        return shownFactory(factory, linkedService, batch, secret);
      },
    }),
});

/** Other services behind Resource Manager, as one process reaches them. */
export const platformsOf = (world: World, process: Process) => ({
  appServices: appServicesPort(world, process),
  containerApps: containerAppsPort(world, process),
  dataFactories: dataFactoriesPort(world, process),
});

const versionIn = (address: string | null, { vaultUrl, name }: SecretRef): string | null | undefined => {
  const unversioned = `${vaultUrl}/secrets/${name}`;
  if (address === unversioned) return null;
  return address?.startsWith(`${unversioned}/`) === true ? address.slice(unversioned.length + 1) : undefined;
};

const uses: Readonly<Record<AppRevision["use"], ContainerAppShown["revisions"][number]["use"]>> = {
  environment: "environment",
  both: "environment",
  volume: "volume",
  init: "volume",
  none: "none",
};

/** To the second, as the service shows it. */
const seconds = (at: Date): string => new Date(Math.floor(at.getTime() / 1000) * 1000).toISOString();

const shownApp = ({ app, secretName, keyVaultUrl }: PlacedApp, secret: SecretRef): ContainerAppShown => {
  const pinnedTo = versionIn(keyVaultUrl, secret);
  return {
    secrets: pinnedTo === undefined ? [] : [{ name: secretName, pinnedTo }],
    revisions: app.revisions
      .filter(({ active }) => active)
      .map((revision) => ({
        name: revision.name,
        use: pinnedTo === undefined ? "none" : uses[revision.use],
        graceMs: (app.graceSeconds ?? 30) * 1_000,
        replicas: app.listed(revision).map(({ name, createdAt, isReady }) => ({
          name,
          createdAt: seconds(createdAt),
          isRunning: isReady,
        })),
      })),
  };
};

const shownFactory = (
  factory: EmulatedDataFactory,
  linkedService: string,
  batch: BatchAccountRef,
  secret: SecretRef,
): DataFactoryShown => {
  const key = shownKey(factory, linkedService, batch, secret);
  if (key.kind !== "reference") return { key, oldest: null };
  const running = factory.runs
    .flatMap(({ id, activities }) => activities.map((activity) => ({ id, activity })))
    .filter(({ activity: { type, linkedService: of, endsAt } }) => {
      return type === "Custom" && endsAt === null && (of === null || of === linkedService);
    })
    .toSorted((one, other) => one.activity.startedAt.getTime() - other.activity.startedAt.getTime());
  const [oldest] = running;
  if (oldest === undefined) return { key, oldest: null };
  const { id, activity } = oldest;
  return { key, oldest: { activity: activity.name, pipelineRun: id, startedAt: activity.startedAt.toISOString() } };
};

const unclear = (what: string): LinkedKeySeen => ({ kind: "unclear", what });

const shownKey = (
  factory: EmulatedDataFactory,
  linkedService: string,
  { accountName }: BatchAccountRef,
  secret: SecretRef,
): LinkedKeySeen => {
  const service = factory.linkedServices.get(linkedService);
  if (service === undefined || service.accountName === null) return unclear("names the Batch account by an expression");
  if (service.accountName !== accountName) return unclear(`names the Batch account ${service.accountName}`);
  const { key } = service;
  if (key.kind === "copy") return { kind: "copy" };
  if (key.kind !== "reference") return unclear("has no access key of a known form");
  const vault = factory.vaults.get(key.store)?.replace(/\/$/, "") ?? "";
  return vault === secret.vaultUrl && key.secretName === secret.name
    ? { kind: "reference", pinnedTo: key.secretVersion ?? null }
    : unclear(`refers to the secret ${key.secretName} of ${vault}`);
};
