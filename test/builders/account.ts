import type { AccountConfig, ConsumerConfig, GateConfig } from "../../lib/rotation/account-config";
import { noFleetLimits } from "../../lib/rotation/fleet/fleet-config";
import { days, hours, minutes } from "./time";

export const aConsumer = (changes: Partial<ConsumerConfig> = {}): ConsumerConfig => ({
  name: "render-api",
  instances: 1,
  proof: "optional",
  healthUrl: null,
  platform: null,
  ...changes,
});

export const aGate = (changes: Partial<GateConfig> = {}): GateConfig => ({
  mode: "signals",
  consumers: [aConsumer()],
  soakMs: minutes(10),
  signalFreshnessMs: minutes(15),
  forgetInstanceAfterMs: days(1),
  delayMs: null,
  rollbackWhenUnhealthyForMs: null,
  leastEvidence: "platform",
  searchAccount: true,
  unknownReaders: "report",
  ...changes,
});

export interface AccountChanges extends Partial<Omit<AccountConfig, "gate" | "stalledAfterMs">> {
  readonly gate?: Partial<GateConfig>;
  readonly stalledAfterMs?: Partial<AccountConfig["stalledAfterMs"]>;
}

/** An account with the defaults of the contract and one consumer, `render-api`. */
export const anAccount = ({ gate, stalledAfterMs, ...changes }: AccountChanges = {}): AccountConfig => ({
  name: "render-weu",
  batch: {
    resourceId:
      "/subscriptions/6f3c2b1a-0d4e-4f5a-8b6c-7d8e9f0a1b2c/resourceGroups/render" +
      "/providers/Microsoft.Batch/batchAccounts/renderweu",
    subscriptionId: "6f3c2b1a-0d4e-4f5a-8b6c-7d8e9f0a1b2c",
    resourceGroup: "render",
    accountName: "renderweu",
  },
  secret: { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key" },
  rotateEveryMs: days(60),
  expireAfterMs: days(90),
  window: null,
  settleOn: "alternate",
  probe: "dataPlane",
  reconcileEveryMs: hours(6),
  paused: false,
  remindEveryMs: hours(6),
  loadedAt: "2026-11-01T00:00:00.000Z",
  fleet: noFleetLimits,
  ...changes,
  gate: aGate(gate),
  stalledAfterMs: {
    adopting: days(3),
    started: minutes(30),
    regenerated: minutes(30),
    published: days(1),
    retired: minutes(30),
    settling: days(1),
    ...stalledAfterMs,
  },
});
