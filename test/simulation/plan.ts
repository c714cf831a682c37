import type { AccountConfig, ConsumerConfig, GateMode } from "../../lib/rotation/account-config";
import {
  type Fault,
  isCommand,
  isTableWrite,
  operations,
  type Operation,
  type PlacedFault,
} from "../fakes/world/faults";
import { Random } from "../fakes/world/random";
import type { OperatorAction } from "../../lib/operations/operate-account";
import type { BlockedReason } from "../../lib/rotation/reasons";

export const minute = 60_000;
export const hour = 60 * minute;

/** The slot relative to the newest version of the secret. */
export type Side = "published" | "standby";

/** What people and machines do besides the rotator. */
export type Act =
  | {
      readonly kind: "demand";
      readonly account: number;
      readonly retireAfterMs: number | null;
      readonly repeat: boolean;
    }
  | { readonly kind: "operate"; readonly account: number; readonly action: OperatorAction }
  | { readonly kind: "handRegenerate"; readonly account: number; readonly side: Side }
  | { readonly kind: "handPublish"; readonly account: number; readonly side: Side }
  | { readonly kind: "handForeign"; readonly account: number }
  | { readonly kind: "disableNewest"; readonly account: number; readonly forMs: number }
  | { readonly kind: "disableOld"; readonly account: number }
  | { readonly kind: "pause"; readonly account: number; readonly forMs: number }
  | {
      readonly kind: "reconfigure";
      readonly account: number;
      readonly change: "secret" | "account" | "back" | "gate" | "settleOn" | "probe";
    }
  | {
      readonly kind: "outage";
      readonly operation: Operation;
      readonly reason: BlockedReason | "transient";
      readonly forMs: number;
    }
  | { readonly kind: "sharedKeyOff"; readonly account: number; readonly forMs: number }
  | { readonly kind: "setClock"; readonly process: number; readonly offsetMs: number }
  | { readonly kind: "crash"; readonly process: number }
  | { readonly kind: "redeploy"; readonly process: number }
  | { readonly kind: "forge"; readonly account: number }
  | { readonly kind: "scaleOut"; readonly account: number }
  | { readonly kind: "scaleIn"; readonly account: number }
  | { readonly kind: "restart"; readonly account: number }
  | { readonly kind: "unhealthy"; readonly account: number; readonly forMs: number }
  /** The stored record cannot be read for a while; then a person restores or deletes it. */
  | {
      readonly kind: "damageRecord";
      readonly account: number;
      readonly forMs: number;
      readonly end: "restored" | "deleted";
    }
  /** As soon as the account is at rest: no claim, nothing to deliver. */
  | { readonly kind: "deleteRecord"; readonly account: number };

export interface PlannedAct {
  /** An instant, or the moment just before a call takes effect. */
  readonly when: number | { readonly operation: Operation; readonly nth: number };
  readonly act: Act;
}

export type VaultAtFirst = "none" | "primary" | "secondary" | "foreign" | "disabled";

export interface AccountPlan {
  readonly config: AccountConfig;
  readonly vault: VaultAtFirst;
  /** The maximum time between two reads of the vault by an instance, in milliseconds. */
  readonly cacheMs: number;
  /** Some instances start on a key that was configured manually. */
  readonly manuallyConfigured: boolean;
  readonly past: Past | null;
}

/** The history of an account whose record was deleted before this history begins. */
export interface Past {
  /** The number of events that have been removed from it because of their age. */
  readonly pruned: number;
  /** The number of events that are too old now. */
  readonly old: number;
  readonly recent: number;
}

/** Everything that determines one history. */
export interface Plan {
  readonly seed: number;
  /** The seed of all decisions during the run: what happens next and how long it takes. */
  readonly course: number;
  readonly disorder: boolean;
  readonly stormMs: number;
  readonly settleMs: { readonly accept: number; readonly refuse: number };
  readonly accounts: readonly AccountPlan[];
  readonly processes: number;
  readonly faults: readonly PlacedFault[];
  readonly acts: readonly PlannedAct[];
  /** Whether everything that leaves the app is searched for keys, which doubles the time. */
  readonly searched: boolean;
}

/** Two clocks differ by at most twice this, and one clock may jump by as much. */
export const maxClockOffsetMs = 45_000;
/**
 * The maximum delay until a request is done. With the difference of two clocks it must be less than the quarantine of
 * 5 minutes.
 */
export const maxOnItsWayMs = 3.4 * minute;

/** The plan of a seed. */
export const planOf = (seed: number): Plan => {
  const random = new Random(seed);
  const accounts = random.chance(0.12) ? 2 : 1;
  const probe = random.chance(0.12) ? "none" : "dataPlane";
  const slow = probe === "dataPlane" && random.chance(0.3);
  const stormMs = random.between(20, 60) * minute;
  return withRecordsChanged({
    seed,
    course: seed + 2 ** 51,
    disorder: !random.chance(0.05),
    stormMs,
    settleMs: slow ? { accept: random.below(4 * minute), refuse: random.below(4 * minute) } : { accept: 0, refuse: 0 },
    accounts: Array.from({ length: accounts }, (_, index) => accountPlan(random, index, probe)),
    processes: random.chance(0.15) ? 3 : 2,
    faults: [
      ...Array.from({ length: random.chance(0.15) ? 0 : random.between(1, 12) }, () => aFault(random)),
      ...(random.chance(0.25) ? hardLuck(random) : []),
    ],
    acts: [
      ...Array.from({ length: random.chance(0.2) ? 0 : random.between(1, 8) }, () => anAct(random, stormMs, accounts)),
      ...(random.chance(0.6) ? [aDemand(random, stormMs)] : []),
      ...(random.chance(0.1) ? [{ when: aPlaceOf(random, "secrets.publish"), act: forgery }] : []),
    ],
    searched: seed % 25 === 0,
  });
};

/** Longer than a claim and a request in flight: the remedy of an unreadable record requires no longer wait. */
const minDamageMs = 12 * minute;

/** Drawn from a separate source, so that the rest of a plan does not change. */
const withRecordsChanged = (plan: Plan): Plan => {
  const random = new Random(plan.seed + 2 ** 52);
  const account = random.below(plan.accounts.length);
  const acts: PlannedAct[] = [];
  if (random.chance(0.3)) {
    const end = random.chance(0.3) ? "deleted" : "restored";
    const forMs = random.between(end === "deleted" ? minDamageMs : minute, 40 * minute);
    const when = random.chance(0.5) ? aPlace(random) : random.below(plan.stormMs);
    acts.push({ when, act: { kind: "damageRecord", account, forMs, end } });
  }
  if (random.chance(0.08))
    acts.push({
      when: random.below(plan.stormMs),
      act: { kind: "deleteRecord", account: random.below(plan.accounts.length) },
    });
  const faults = acts.length > 0 ? Array.from({ length: random.below(3) }, () => aFaultOf(random, noticeCalls)) : [];
  const accounts = plan.accounts.map((each) => ({
    ...each,
    past: random.chance(0.25)
      ? { pruned: random.pick([0, 0, 3]), old: random.below(6), recent: random.below(4) }
      : null,
  }));
  return { ...plan, accounts, acts: [...plan.acts, ...acts], faults: [...plan.faults, ...faults] };
};

const noticeCalls: readonly [Operation, ...Operation[]] = [
  "notices.list",
  "notices.write",
  "notices.write",
  "history.page",
  "history.removeThrough",
];

const accountPlan = (random: Random, index: number, probe: AccountConfig["probe"]): AccountPlan => ({
  config: aConfig(random, index, probe),
  vault: random.pick(["none", "primary", "primary", "secondary", "foreign", "disabled"]),
  cacheMs: random.between(1, 8) * 30_000,
  manuallyConfigured: random.chance(0.3),
  past: null,
});

const aConfig = (random: Random, index: number, probe: AccountConfig["probe"]): AccountConfig => {
  const mode = random.pick<GateMode>(["signals", "signals", "signals", "signals", "signals", "approval", "delay"]);
  const proof: ConsumerConfig["proof"] = random.chance(0.15) ? "required" : "optional";
  const consumers = Array.from({ length: random.chance(0.25) ? 2 : 1 }, (_, number) => ({
    name: `app-${number + 1}`,
    instances: random.chance(0.35) ? 2 : 1,
    proof,
    healthUrl: random.chance(0.07) ? `https://app-${number + 1}.account-${index + 1}.example/health` : null,
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
      rollbackWhenUnhealthyForMs: random.chance(0.1) ? 10 * minute : null,
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

/** The approximate number of calls of each operation in a history; faults are placed among them. */
const usual: Readonly<Record<Operation, number>> = {
  "batch.readAccount": 2,
  "batch.readKeys": 9,
  "batch.regenerate": 2,
  "batch.probe": 15,
  "secrets.newest": 15,
  "secrets.version": 10,
  "secrets.publish": 2,
  "secrets.disable": 2,
  "rotations.read": 90,
  "rotations.insert": 1,
  "rotations.replace": 35,
  "rotations.intent": 2,
  "signals.list": 45,
  "signals.update": 20,
  "history.append": 10,
  "history.page": 2,
  "history.lastBefore": 2,
  "history.removeThrough": 4,
  "notices.list": 40,
  "notices.write": 4,
  "alerts.deliver": 10,
  "health.ask": 10,
};

/** The calls at which faults matter most. */
const tender: readonly [Operation, ...Operation[]] = [
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

const anOperation = (random: Random): Operation =>
  random.chance(0.65) ? random.pick(tender) : (random.any(operations) ?? "batch.regenerate");

const forgery: Act = { kind: "forge", account: 0 };

const aPlaceOf = (random: Random, operation: Operation) => ({ operation, nth: random.between(1, usual[operation]) });

const aPlace = (random: Random): { readonly operation: Operation; readonly nth: number } => {
  return aPlaceOf(random, anOperation(random));
};

const aFaultOf = (random: Random, among: readonly [Operation, ...Operation[]]): PlacedFault => {
  const { operation, nth } = aPlaceOf(random, random.pick(among));
  return { operation, nth, fault: faultAt(random, operation) };
};

const aFault = (random: Random): PlacedFault => {
  const { operation, nth } = aPlace(random);
  return { operation, nth, fault: faultAt(random, operation) };
};

/** A driver that freezes just before it sends, so that its request is in flight when its claim ends. */
const hardLuck = (random: Random): readonly PlacedFault[] => {
  const ms = random.below(maxOnItsWayMs);
  const nth = random.between(1, 2);
  const [before, operation] = random.pick<[Operation, Operation]>([
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

const faultAt = (random: Random, operation: Operation): Fault => {
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
      return { kind: "freeze", ms: random.below(12 * minute) };
    case 8:
      return { kind: "crash", at: random.pick(["before", "after"]) };
    default:
      return changes ? { kind: "crash", at: "onItsWay", ms } : { kind: "crash", at: "before" };
  }
};

const anAct = (random: Random, stormMs: number, accounts: number): PlannedAct => ({
  when: random.chance(0.35) ? aPlace(random) : random.below(stormMs),
  act: actOf(random, random.below(accounts)),
});

/** Ensures that there is a rotation to disturb. */
const aDemand = (random: Random, stormMs: number): PlannedAct => ({
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
