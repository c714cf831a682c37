import type { Product } from "../fakes/world/product-type";
import { minute, type Plan } from "./plan-types";
import { type HistoryResult, runPlan } from "./run-history";

/** The number of seeds tried for a smaller plan, because each removal changes all later random decisions. */
const courses = 4;

const without = <T>(list: readonly T[], index: number): readonly T[] => list.filter((_, at) => at !== index);

/** Every plan that is somewhat smaller than this one, the largest cuts first. */
const smaller = (plan: Plan): readonly Plan[] => [
  ...(plan.faults.length > 0 ? [{ ...plan, faults: [] }] : []),
  ...(plan.acts.length > 0 ? [{ ...plan, acts: [] }] : []),
  ...(plan.accounts.some(({ past }) => past !== null)
    ? [{ ...plan, accounts: plan.accounts.map((account) => ({ ...account, past: null })) }]
    : []),
  ...(plan.accounts.length > 1 ? [{ ...plan, accounts: plan.accounts.slice(0, 1) }] : []),
  ...(plan.processes > 1 ? [{ ...plan, processes: plan.processes - 1 }] : []),
  ...(plan.disorder ? [{ ...plan, disorder: false }] : []),
  ...(plan.settleMs.accept + plan.settleMs.refuse > 0 ? [{ ...plan, settleMs: { accept: 0, refuse: 0 } }] : []),
  ...(plan.stormMs > 20 * minute ? [{ ...plan, stormMs: Math.floor(plan.stormMs / 1.5) }] : []),
  ...plan.faults.map((_, index) => ({ ...plan, faults: without(plan.faults, index) })),
  ...plan.acts.map((_, index) => ({ ...plan, acts: without(plan.acts, index) })),
];

const fits = ({ accounts, acts }: Plan): boolean =>
  acts.every(({ act }) => !("account" in act) || act.account < accounts.length);

export interface Shrunk {
  readonly plan: Plan;
  readonly result: HistoryResult;
}

/** The smallest plan found that breaks the same invariant, with its history. */
export const shrink = async (product: Product, plan: Plan, invariant: string): Promise<Shrunk> => {
  const breaks = async (candidate: Plan): Promise<Plan | null> => {
    for (let turn = 0; turn < courses; turn += 1) {
      const tried = { ...candidate, course: plan.course + turn };
      const { violation } = await runPlan(product, tried);
      if (violation?.invariant === invariant) return tried;
    }
    return null;
  };
  let smallest = plan;
  for (;;) {
    const found = await firstOf(smaller(smallest).filter(fits), breaks);
    if (found === null) return { plan: smallest, result: await runPlan(product, smallest, true) };
    smallest = found;
  }
};

const firstOf = async (plans: readonly Plan[], breaks: (plan: Plan) => Promise<Plan | null>): Promise<Plan | null> => {
  for (const plan of plans) {
    const found = await breaks(plan);
    if (found !== null) return found;
  }
  return null;
};
