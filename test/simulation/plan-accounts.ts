import type { AccountConfig, ConsumerConfig, GateMode } from "../../lib/rotation/account-config";
import { noFleetLimits } from "../../lib/rotation/fleet/fleet-config";
import type { Random } from "../fakes/world/random";
import { type AccountPlan, hour, minute } from "./plan-types";

export const accountPlan = (random: Random, index: number, probe: AccountConfig["probe"]): AccountPlan => ({
  config: aConfig(random, index, probe),
  vault: random.pick(["none", "primary", "primary", "secondary", "foreign", "disabled"]),
  versionAgeMs: null,
  cacheMs: random.between(1, 8) * 30_000,
  manuallyConfigured: random.chance(0.3),
  past: null,
  silentApps: 0,
  forgottenInstances: 0,
  isIntruder: false,
});

const aConfig = (random: Random, index: number, probe: AccountConfig["probe"]): AccountConfig => {
  const mode = random.pick<GateMode>(["signals", "signals", "signals", "signals", "signals", "approval", "delay"]);
  const proof: ConsumerConfig["proof"] = random.chance(0.15) ? "required" : "optional";
  const consumers = Array.from({ length: random.chance(0.25) ? 2 : 1 }, (_, number) => ({
    name: `app-${number + 1}`,
    instances: random.chance(0.35) ? 2 : 1,
    proof,
    healthUrl: random.chance(0.07) ? `https://app-${number + 1}.account-${index + 1}.example/health` : null,
    platform: null,
  }));
  return {
    name: `account-${index + 1}`,
    ...resources(index),
    rotateEveryMs: random.between(1, 5) * hour,
    expireAfterMs: 12 * hour,
    window: random.chance(0.004)
      ? { days: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], from: "09:00", to: "13:00", timeZone: "Etc/UTC" }
      : null,
    settleOn: random.chance(0.25) ? "primary" : "alternate",
    probe,
    reconcileEveryMs: random.pick([20 * minute, hour, hour]),
    paused: false,
    gate: {
      mode,
      consumers,
      soakMs: random.pick([0, 5 * minute, 6 * minute]),
      signalFreshnessMs: 15 * minute,
      forgetInstanceAfterMs: 2 * hour,
      delayMs: mode === "delay" ? 30 * minute : null,
      searchAccount: true,
      rollbackWhenUnhealthyForMs: random.chance(0.1) ? 10 * minute : null,
      leastEvidence: "platform",
      unknownReaders: "report",
    },
    stalledAfterMs: {
      adopting: 12 * hour,
      started: 30 * minute,
      regenerated: 30 * minute,
      published: 12 * hour,
      retired: 30 * minute,
      settling: 12 * hour,
    },
    remindEveryMs: 6 * hour,
    loadedAt: "2026-11-01T00:00:00.000Z",
    fleet: noFleetLimits,
  };
};

/** Which account and secret; `generation` counts the configurations that name another. */
export const resources = (index: number, account = 1, secret = 1): Pick<AccountConfig, "batch" | "secret"> => ({
  batch: {
    resourceId: [
      "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts",
      `batch${index + 1}x${account}`,
    ].join("/"),
    subscriptionId: "s",
    resourceGroup: "rg",
    accountName: `batch${index + 1}x${account}`,
  },
  secret: { vaultUrl: "https://vault.example", name: `batch-${index + 1}-key-${secret}` },
});
