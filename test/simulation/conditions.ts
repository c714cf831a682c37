import type { AccountConfig } from "../../lib/rotation/account-config";
import { Random } from "../fakes/world/random";
import { type AccountPlan, type Act, type ConditionName, hour, minute, type Plan, type PlannedAct } from "./plan-types";

interface Condition {
  readonly name: ConditionName;
  /** The share of histories that contain it. */
  readonly chance: number;
  readonly add: (plan: Plan, random: Random) => Plan;
}

const withActs = (plan: Plan, ...acts: readonly PlannedAct[]): Plan => ({ ...plan, acts: [...plan.acts, ...acts] });

const withAccounts = (plan: Plan, change: (account: AccountPlan) => AccountPlan): Plan => ({
  ...plan,
  accounts: plan.accounts.map(change),
});

const withConfigs = (plan: Plan, change: (config: AccountConfig) => AccountConfig): Plan =>
  withAccounts(plan, (account) => ({ ...account, config: change(account.config) }));

const demand = (when: number, account: number, retireAfterMs: number | null = null): PlannedAct => ({
  when,
  act: { kind: "demand", account, retireAfterMs, repeat: false },
});

/** A person changes a key or the secret. */
const manualChange = (random: Random, account: number): Act =>
  random.pick<Act>([
    { kind: "handRegenerate", account, side: "published" },
    { kind: "handRegenerate", account, side: "published" },
    { kind: "handRegenerate", account, side: "standby" },
    { kind: "handPublish", account, side: "standby" },
    { kind: "handForeign", account },
  ]);

/** What the services, people and attackers do in a part of the histories, apart from ordinary faults and acts. */
export const conditions: readonly Condition[] = [
  /** No signed call can be made while keys change. */
  {
    name: "dataPlaneDown",
    chance: 0.05,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const from = random.below(plan.stormMs / 2);
      const forMs = random.between(10, 60) * minute;
      const reason = random.pick(["transient", "transient", "Forbidden"] as const);
      const changes = Array.from({ length: random.between(1, 2) }, () => ({
        when: from + random.below(forMs),
        act: manualChange(random, account),
      }));
      const outage = { kind: "outage", operation: "batch.probe", reason, forMs } as const;
      return withActs(plan, { when: from, act: outage, condition: "dataPlaneDown" }, ...changes);
    },
  },
  {
    name: "recreatedElsewhere",
    chance: 0.03,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const when = random.below(plan.stormMs);
      const region = random.pick(["northeurope", "francecentral"]);
      return withActs(
        plan,
        { when, act: { kind: "recreate", account, region }, condition: "recreatedElsewhere" },
        ...(random.chance(0.5) ? [demand(when + random.below(20 * minute), account)] : []),
      );
    },
  },
  {
    name: "keyListsBehind",
    chance: 0,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const when = random.below(plan.stormMs / 2);
      const forMs = random.between(5, 40) * minute;
      const byMs = random.between(1, 120) * 1000;
      return withActs(
        plan,
        { when, act: { kind: "listsBehind", byMs, forMs }, condition: "keyListsBehind" },
        demand(when + random.below(forMs), account),
        ...(random.chance(0.3) ? [{ when: when + random.below(forMs), act: manualChange(random, account) }] : []),
      );
    },
  },
  /** Soon after a rotation began, so that the replica may not hold its publication. */
  {
    name: "vaultFailedOver",
    chance: 0.05,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const when = random.between(10 * minute, plan.stormMs);
      const act = {
        kind: "failOver",
        lagMs: random.between(1, 6) * minute,
        forMs: random.between(5, 40) * minute,
      } as const;
      return withActs(plan, demand(when - random.between(1, 9) * minute, account, random.chance(0.4) ? hour : null), {
        when,
        act,
        condition: "vaultFailedOver",
      });
    },
  },
  /** Of an attacker who has the function's key and no key of Batch, where reports must be signed. */
  {
    name: "unprovenUnhealthy",
    chance: 0.05,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const when = random.below(plan.stormMs / 2);
      const forMs = random.between(15, 40) * minute;
      const act = { kind: "slander", account, forMs, invented: random.chance(0.6) } as const;
      const retireAfterMs = random.chance(0.3) ? random.between(20, 40) * minute : null;
      const required = withConfigs(plan, (config) => ({
        ...config,
        gate: {
          ...config.gate,
          consumers: config.gate.consumers.map((consumer) => ({ ...consumer, proof: "required" as const })),
          rollbackWhenUnhealthyForMs: 10 * minute,
        },
      }));
      return withActs(required, demand(when, account, retireAfterMs), { when, act, condition: "unprovenUnhealthy" });
    },
  },
  /** Apps that report nothing have only the delay to leave the other key: they need less than half of it. */
  {
    name: "delayWithSilentApps",
    chance: 0.04,
    add: (plan, random) =>
      withAccounts({ ...plan, conditions: [...plan.conditions, "delayWithSilentApps"] }, (account) => ({
        ...account,
        config: {
          ...account.config,
          gate: { ...account.config.gate, mode: "delay", delayMs: 30 * minute, consumers: [] },
        },
        manuallyConfigured: true,
        silentApps: random.between(1, 3),
      })),
  },
];

/** Each condition draws from a source of its own, so that no other part of a plan changes with it. */
export const withConditions = (plan: Plan, always: readonly ConditionName[]): Plan =>
  conditions.reduce((changed, { name, chance, add }, index) => {
    const random = new Random(plan.seed + 2 ** 50 + index * 2 ** 44);
    return random.chance(chance) || always.includes(name) ? add(changed, random) : changed;
  }, plan);
