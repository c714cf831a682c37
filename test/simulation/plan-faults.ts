import {
  type Fault,
  isCommand,
  isTableWrite,
  operations,
  type RotationOperation,
  type PlacedFault,
} from "../fakes/world/faults";
import type { Random } from "../fakes/world/random";
import { hour, maxFreezeMs, maxOnItsWayMs, minute } from "./plan-types";

/** The approximate number of calls of each operation in a history; faults are placed among them. */
const usual: Readonly<Record<RotationOperation, number>> = {
  "batch.readAccount": 2,
  "batch.readKeys": 9,
  "batch.regenerate": 2,
  "batch.probe": 15,
  "batch.search": 3,
  "secrets.newest": 15,
  "secrets.version": 10,
  "secrets.publish": 2,
  "secrets.disable": 2,
  "secrets.contest": 1,
  "rotations.read": 90,
  "rotations.list": 4,
  "rotations.ofBatchAccount": 4,
  "rotations.scan": 30,
  "rotations.scanRecords": 10,
  "rotations.insert": 1,
  "rotations.replace": 35,
  "rotations.intent": 2,
  "signals.list": 45,
  "signals.update": 20,
  "signals.countInstances": 4,
  "signals.removeOver": 4,
  "history.append": 10,
  "history.page": 2,
  "history.newestOf": 1,
  "history.lastBefore": 2,
  "history.removeThrough": 4,
  "ticks.read": 10,
  "ticks.write": 8,
  "notices.list": 40,
  "notices.write": 4,
  "fleet.read": 10,
  "fleet.update": 10,
  "alerts.deliver": 10,
  "health.ask": 10,
};

/** The calls at which faults matter most. */
const tender: readonly [RotationOperation, ...RotationOperation[]] = [
  "batch.regenerate",
  "secrets.publish",
  "rotations.replace",
  "batch.regenerate",
  "secrets.publish",
  "rotations.intent",
  "rotations.replace",
  "batch.readKeys",
  "secrets.newest",
  "secrets.disable",
  "history.append",
  "alerts.deliver",
];

export const anOperation = (random: Random): RotationOperation =>
  random.chance(0.65) ? random.pick(tender) : (random.any(operations) ?? "batch.regenerate");

export const aPlaceOf = (random: Random, operation: RotationOperation) => ({
  operation,
  nth: random.between(1, usual[operation]),
});

export const aPlace = (random: Random): { readonly operation: RotationOperation; readonly nth: number } => {
  return aPlaceOf(random, anOperation(random));
};

export const aFaultOf = (random: Random, among: readonly [RotationOperation, ...RotationOperation[]]): PlacedFault => {
  const { operation, nth } = aPlaceOf(random, random.pick(among));
  return { operation, nth, fault: faultAt(random, operation) };
};

export const aFault = (random: Random): PlacedFault => {
  const { operation, nth } = aPlace(random);
  return { operation, nth, fault: faultAt(random, operation) };
};

/** A driver that freezes just before it sends, so that its request is in flight when its claim ends. */
export const hardLuck = (random: Random): readonly PlacedFault[] => {
  const ms = random.below(maxOnItsWayMs);
  const nth = random.between(1, 2);
  const [before, operation] = random.pick<[RotationOperation, RotationOperation]>([
    ["rotations.intent", "batch.regenerate"],
    ["rotations.intent", "batch.regenerate"],
    ["batch.readKeys", "secrets.publish"],
  ]);
  return [
    {
      operation: before,
      nth: before === "batch.readKeys" ? random.between(1, 5) : nth,
      fault: { kind: "freeze", ms: random.between(3 * minute, 5.4 * minute) },
    },
    {
      operation,
      nth,
      fault: random.pick<Fault>([
        { kind: "late", ms },
        { kind: "crash", at: "onItsWay", ms },
      ]),
    },
  ];
};

const faultAt = (random: Random, operation: RotationOperation): Fault => {
  const changes = isCommand(operation) || isTableWrite(operation) || operation === "alerts.deliver";
  const ms = random.below(maxOnItsWayMs);
  switch (random.below(10)) {
    case 0:
      return { kind: "refused", retryAfterMs: random.pick([null, 1_000, 5 * minute, hour]) };
    case 1:
      return { kind: "blocked", reason: random.pick(["Forbidden", "NotFound", "ResourceLocked", "PolicyRefused"]) };
    case 2:
    case 3:
      return changes ? { kind: "lost" } : { kind: "refused", retryAfterMs: null };
    case 4:
    case 5:
      return changes ? { kind: "late", ms } : { kind: "hang", done: false };
    case 6:
      return { kind: "hang", done: changes && random.chance(0.5) };
    case 7:
      return { kind: "freeze", ms: random.below(maxFreezeMs) };
    case 8:
      return { kind: "crash", at: random.pick(["before", "after"]) };
    default:
      return changes ? { kind: "crash", at: "onItsWay", ms } : { kind: "crash", at: "before" };
  }
};
