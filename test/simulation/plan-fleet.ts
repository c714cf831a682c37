import { type FleetConfig, noFleetLimits } from "../../lib/rotation/fleet/fleet-config";
import type { Random } from "../fakes/world/random";
import { accountPlan } from "./plan-accounts";
import { aFaultOf } from "./plan-faults";
import { type AccountPlan, hour, maxClockOffsetMs, minute, type Plan, type PlannedAct } from "./plan-types";

const members = 20;

/** The calls between an admission and what follows it, and those of the end of a rotation. */
const tender: Parameters<typeof aFaultOf>[1] = [
  "fleet.update",
  "fleet.update",
  "fleet.update",
  "fleet.read",
  "rotations.replace",
  "rotations.read",
  "notices.write",
  "secrets.publish",
  "batch.regenerate",
];

const aFleetConfig = (random: Random): FleetConfig => ({
  ...noFleetLimits,
  spread: random.pick([0, 0, 0.25]),
  maxRotating: random.between(1, 4),
  canaries: random.chance(0.4) ? ["account-1", "account-7"].slice(0, random.between(1, 2)) : [],
  breaker: random.chance(0.85) ? { failures: random.between(1, 4), withinMs: 24 * hour } : null,
});

/** Its key is older than `rotateEvery` from the beginning on, and its app reads the vault. */
const aMember = (random: Random, index: number): AccountPlan => {
  const plan = accountPlan(random, index, "dataPlane");
  const { config } = plan;
  const gate = {
    ...config.gate,
    mode: "signals" as const,
    consumers: [{ name: "app-1", instances: 1, proof: "optional" as const, healthUrl: null, platform: null }],
    soakMs: 0,
    delayMs: null,
    rollbackWhenUnhealthyForMs: random.pick([null, 10 * minute]),
  };
  return {
    ...plan,
    config: { ...config, rotateEveryMs: 6 * hour, reconcileEveryMs: hour, window: null, settleOn: "alternate", gate },
    vault: "primary",
    versionAgeMs: 10 * hour,
    manuallyConfigured: false,
  };
};

const anAct = (random: Random, stormMs: number): PlannedAct => {
  const account = random.below(members);
  const process = random.below(3);
  const when = random.below(stormMs);
  switch (random.below(6)) {
    case 0:
      return { when, act: { kind: "operate", account, action: random.pick(["rollback", "pause", "resume"]) } };
    case 1:
      return { when, act: { kind: "crash", process } };
    case 2:
      return { when, act: { kind: "redeploy", process } };
    case 3:
      return {
        when,
        act: { kind: "setClock", process, offsetMs: random.between(-maxClockOffsetMs, maxClockOffsetMs) },
      };
    case 4:
      return { when, act: { kind: "deleteRecord", account } };
    default:
      return { when: { operation: random.pick(tender), nth: random.between(1, 30) }, act: { kind: "crash", process } };
  }
};

/** Rotations on demand are no part of it: they are held up by nothing, and touch accounts of their own. */
export const brokenFleet = (plan: Plan, random: Random): Plan => {
  const stormMs = random.between(60, 120) * minute;
  return {
    ...plan,
    stormMs,
    settleMs: { accept: 0, refuse: 0 },
    accounts: Array.from({ length: members }, (_, index) => aMember(random, index)),
    processes: random.between(2, 3),
    fleet: aFleetConfig(random),
    keysBreakApps: true,
    faults: Array.from({ length: random.between(0, 20) }, () => {
      const placed = aFaultOf(random, tender);
      return { ...placed, nth: random.between(1, 40) };
    }),
    acts: Array.from({ length: random.between(0, 10) }, () => anAct(random, stormMs)),
    conditions: ["brokenFleet"],
  };
};
