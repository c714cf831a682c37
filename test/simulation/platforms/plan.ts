import type { AccountConfig, ConsumerConfig, PlatformConfig } from "../../../lib/rotation/account-config";
import type { Fault, Operation, PlacedFault } from "../../fakes/world/faults";
import { Random } from "../../fakes/world/random";
import { anAccount, aConsumer } from "../../builders/account";
import { AppServiceActor } from "./app-service-actor";
import { ContainerAppActor } from "./container-app-actor";
import { DataFactoryActor } from "./data-factory-actor";
import { KubernetesActor } from "./kubernetes-actor";
import { type Actor, hour, minute } from "./scene";

export const platformKinds = ["appService", "containerApp", "dataFactory", "kubernetes"] as const;
export type SimulatedPlatform = (typeof platformKinds)[number];

export interface PlannedAccount {
  /** Null: an app on each platform uses the same account. */
  readonly platform: SimulatedPlatform | null;
  readonly config: AccountConfig;
  readonly actors: readonly Actor[];
}

export interface PlatformPlan {
  readonly seed: number;
  readonly accounts: readonly PlannedAccount[];
  readonly processes: number;
  readonly faults: readonly PlacedFault[];
  readonly stormMs: number;
}

const group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/render/providers";

const onPlatform = (name: string, platform: PlatformConfig): ConsumerConfig => aConsumer({ name, platform });

const actorOf = (random: Random, kind: SimulatedPlatform, account: string): Actor => {
  switch (kind) {
    case "appService": {
      const resourceId = `${group}/Microsoft.Web/sites/${account}`;
      const restart = random.chance(0.3);
      return new AppServiceActor(onPlatform("web", { kind, resourceId, refresh: true, restart }));
    }
    case "containerApp": {
      const resourceId = `${group}/Microsoft.App/containerApps/${account}`;
      return new ContainerAppActor(onPlatform("jobs", { kind, resourceId }));
    }
    case "dataFactory": {
      const resourceId = `${group}/Microsoft.DataFactory/factories/${account}`;
      return new DataFactoryActor(onPlatform("etl", { kind, resourceId, linkedService: "AzureBatch1" }));
    }
    case "kubernetes":
      return new KubernetesActor(aConsumer({ name: "pods" }), random.pick(["file", "file", "environment"]));
  }
};

const plannedAccount = (random: Random, name: string, platform: SimulatedPlatform | null): PlannedAccount => {
  const actors = (platform === null ? platformKinds : [platform]).map((kind) => actorOf(random, kind, name));
  const accountName = name.replaceAll("-", "");
  const config = anAccount({
    name,
    batch: {
      resourceId: `${group}/Microsoft.Batch/batchAccounts/${accountName}`,
      subscriptionId: "00000000-0000-4000-8000-000000000001",
      resourceGroup: "render",
      accountName,
    },
    secret: { vaultUrl: "https://render.vault.azure.net", name: `${accountName}-batch-key` },
    gate: { consumers: actors.map(({ consumer }) => consumer), soakMs: 3 * minute },
  });
  return { platform, config, actors };
};

const faulty: readonly [Operation, ...Operation[]] = [
  "appServices.references",
  "appServices.refresh",
  "appServices.refresh",
  "appServices.instances",
  "appServices.restart",
  "containerApps.look",
  "containerApps.look",
  "dataFactories.look",
  "signals.updateSight",
  "signals.list",
  "signals.update",
  "batch.regenerate",
  "batch.readKeys",
  "secrets.publish",
  "secrets.newest",
  "rotations.replace",
];

const aFault = (random: Random): Fault =>
  random.pick<Fault>([
    { kind: "refused", retryAfterMs: null },
    { kind: "refused", retryAfterMs: 5 * minute },
    { kind: "lost" },
    { kind: "hang", done: random.chance(0.5) },
    { kind: "late", ms: random.below(2 * minute) },
    { kind: "crash", at: random.pick(["before", "after"]) },
    { kind: "blocked", reason: "Forbidden" },
  ]);

/** One account for each platform, and one whose apps are on all of them. */
export const platformPlan = (seed: number): PlatformPlan => {
  const random = new Random(seed);
  const accounts = [
    ...platformKinds.map((kind) => plannedAccount(random, kind.toLowerCase(), kind)),
    plannedAccount(random, "mixed", null),
  ];
  const faults = Array.from({ length: random.below(12) }, () => ({
    operation: random.pick(faulty),
    nth: random.between(1, 40),
    fault: aFault(random),
  }));
  return { seed, accounts, processes: random.between(1, 2), faults, stormMs: random.between(3, 8) * hour };
};
