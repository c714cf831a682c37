import { noFleetLimits } from "../../lib/rotation/fleet/fleet-config";
import { Random } from "../fakes/world/random";
import type { RotationOperation as Operation } from "../fakes/world/faults";
import { withConditions } from "./conditions";
import { anAct, aDemand } from "./plan-acts";
import { accountPlan } from "./plan-accounts";
import { aFault, aFaultOf, aPlace, aPlaceOf, hardLuck } from "./plan-faults";
import { type Act, type ConditionName, minute, type Plan, type PlannedAct } from "./plan-types";

const forgery: Act = { kind: "forge", account: 0 };

/** The plan of a seed, with these conditions in any case. */
export const planOf = (seed: number, always: readonly ConditionName[] = []): Plan =>
  withConditions(ordinaryPlan(seed), always);

const ordinaryPlan = (seed: number): Plan => {
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
    fleet: noFleetLimits,
    handsOver: false,
    auditLog: null,
    keysBreakApps: false,
    faults: [
      ...Array.from({ length: random.chance(0.15) ? 0 : random.between(1, 12) }, () => aFault(random)),
      ...(random.chance(0.25) ? hardLuck(random) : []),
    ],
    acts: [
      ...Array.from({ length: random.chance(0.2) ? 0 : random.between(1, 8) }, () => anAct(random, stormMs, accounts)),
      ...(random.chance(0.6) ? [aDemand(random, stormMs)] : []),
      ...(random.chance(0.1) ? [{ when: aPlaceOf(random, "secrets.publish"), act: forgery }] : []),
    ],
    conditions: [],
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
