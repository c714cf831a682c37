import type { Random } from "../fakes/world/random";
import { anOperation, aPlace } from "./plan-faults";
import { type Act, maxClockOffsetMs, minute, type PlannedAct } from "./plan-types";

export const anAct = (random: Random, stormMs: number, accounts: number): PlannedAct => ({
  when: random.chance(0.35) ? aPlace(random) : random.below(stormMs),
  act: actOf(random, random.below(accounts)),
});

/** Ensures that there is a rotation to disturb. */
export const aDemand = (random: Random, stormMs: number): PlannedAct => ({
  when: random.between(Math.floor(stormMs / 4), Math.floor(stormMs * 0.8)),
  act: { kind: "demand", account: 0, retireAfterMs: null, repeat: false },
});

const actOf = (random: Random, account: number): Act => {
  const forMs = random.between(1, 20) * minute;
  switch (random.below(27)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { kind: "demand", account, retireAfterMs: null, repeat: random.chance(0.3) };
    case 4:
      return { kind: "demand", account, retireAfterMs: random.between(1, 20) * minute, repeat: false };
    case 5:
      return { kind: "operate", account, action: random.pick(["approve", "rollback", "rollback", "pause", "resume"]) };
    case 6:
      return { kind: "operate", account, action: "rollback" };
    case 7:
      return { kind: "handRegenerate", account, side: "published" };
    case 8:
      return { kind: "handRegenerate", account, side: "standby" };
    case 9:
    case 10:
      return { kind: "handPublish", account, side: "standby" };
    case 11:
      return { kind: "handPublish", account, side: "published" };
    case 12:
      return { kind: "handForeign", account };
    case 13:
      return random.chance(0.5) ? { kind: "disableNewest", account, forMs } : { kind: "disableOld", account };
    case 14:
      return { kind: "pause", account, forMs };
    case 15:
    case 16:
      return {
        kind: "reconfigure",
        account,
        change: random.pick(["secret", "account", "back", "gate", "settleOn", "probe"]),
      };
    case 17:
      return {
        kind: "outage",
        operation: anOperation(random),
        reason: random.pick(["transient", "Forbidden", "NotFound", "ResourceLocked"]),
        forMs,
      };
    case 18:
      return { kind: "sharedKeyOff", account, forMs };
    case 19:
    case 20:
      return {
        kind: "setClock",
        process: random.below(3),
        offsetMs: random.between(-maxClockOffsetMs, maxClockOffsetMs),
      };
    case 21:
      return { kind: "crash", process: random.below(3) };
    case 22:
      return random.chance(0.5) ? { kind: "redeploy", process: random.below(3) } : { kind: "scaleIn", account };
    case 23:
      return { kind: "scaleOut", account };
    case 24:
      return { kind: "restart", account };
    case 25:
      return { kind: "forge", account };
    default:
      return { kind: "unhealthy", account, forMs };
  }
};
