import type { GateConfig } from "../../lib/rotation/account-config";
import { Random } from "../fakes/world/random";
import { identityOf } from "./audit-lines";
import { accountPlan } from "./plan-accounts";
import { brokenFleet } from "./plan-fleet";
import {
  type AccountPlan,
  type Act,
  type ConditionName,
  hour,
  maxClockOffsetMs,
  minute,
  type Plan,
  type PlannedAct,
} from "./plan-types";

interface Condition {
  readonly name: ConditionName;
  /** The share of histories that contain it. */
  readonly chance: number;
  readonly add: (plan: Plan, random: Random) => Plan;
}

const withActs = (plan: Plan, ...acts: readonly PlannedAct[]): Plan => ({ ...plan, acts: [...plan.acts, ...acts] });

const withAccounts = (plan: Plan, change: (account: AccountPlan, index: number) => AccountPlan): Plan => ({
  ...plan,
  accounts: plan.accounts.map(change),
});

const withGates = (plan: Plan, change: (gate: GateConfig) => Partial<GateConfig>): Plan =>
  withAccounts(plan, (account) => {
    const { gate } = account.config;
    return { ...account, config: { ...account.config, gate: { ...gate, ...change(gate) } } };
  });

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

const movesAway = (act: Act): boolean =>
  act.kind === "reconfigure" && ["secret", "account", "back"].includes(act.change);

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
    chance: 0.05,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const when = random.below(plan.stormMs / 2);
      const forMs = random.between(5, 40) * minute;
      const byMs = random.between(1, 30) * 1000;
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
      const signed = withGates(plan, ({ consumers }) => ({
        consumers: consumers.map((consumer) => ({ ...consumer, proof: "required" })),
        rollbackWhenUnhealthyForMs: 10 * minute,
      }));
      return withActs(signed, demand(when, account), { when, act, condition: "unprovenUnhealthy" });
    },
  },
  /** An app does not work with the new key, and the old one has leaked. */
  {
    name: "leakedKeyUnhealthy",
    chance: 0.03,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const when = random.below(plan.stormMs / 2);
      const act = { kind: "unhealthy", account, forMs: random.between(15, 40) * minute } as const;
      const ready = withGates(plan, () => ({ rollbackWhenUnhealthyForMs: 10 * minute }));
      const leaked = demand(when, account, random.between(15, 40) * minute);
      return withActs(ready, leaked, { when: when + random.below(5 * minute), act, condition: "leakedKeyUnhealthy" });
    },
  },
  /** The clocks of two processes differ as much as is allowed, and one of them freezes around the end of its claim. */
  {
    name: "clocksApart",
    chance: 0.04,
    add: (plan, random) => {
      const sign = random.pick([-1, 1]);
      const offsets = [sign * maxClockOffsetMs, -sign * maxClockOffsetMs];
      const freeze = { kind: "freeze", ms: random.between(255, 330) * 1000 } as const;
      const frozen = { operation: "rotations.intent", nth: random.between(1, 2), fault: freeze } as const;
      const apart = withActs(
        plan,
        ...offsets.map((offsetMs, process) => ({
          when: 0,
          act: { kind: "setClock", process, offsetMs } as const,
          condition: "clocksApart" as const,
        })),
      );
      return { ...apart, faults: [...apart.faults, frozen] };
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
  /** The leaked key is published again while its rotation waits at the gate. */
  {
    name: "leakedKeyPublishedAgain",
    chance: 0.04,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const when = random.below(plan.stormMs / 2);
      const leaked = demand(when, account, random.between(10, 30) * minute);
      const act = { kind: "handPublish", account, side: "standby" } as const;
      const again = when + random.between(0, 12 * minute);
      return withActs(plan, leaked, { when: again, act, condition: "leakedKeyPublishedAgain" });
    },
  },
  /** More than the arguments that one call of a function may have. Rare, because each history of it takes seconds. */
  {
    name: "manyForgottenInstances",
    chance: 0.00005,
    add: (plan) =>
      withAccounts(
        { ...plan, stormMs: 20 * minute, acts: [], conditions: [...plan.conditions, "manyForgottenInstances"] },
        (account, index) => ({ ...account, forgottenInstances: index === 0 ? 140_000 : 0 }),
      ),
  },
  /** Two accounts, or two rotators, are configured with one secret. */
  {
    name: "sharedSecret",
    chance: 0.02,
    add: (plan, random) => {
      const [owner] = plan.accounts;
      if (owner === undefined) return plan;
      const other = accountPlan(random, 1, owner.config.probe);
      const config = { ...other.config, secret: owner.config.secret };
      const intruder = { ...other, config, vault: "none", isIntruder: true } as const;
      const acts = plan.acts.filter(({ act }) => !("account" in act) || (act.account === 0 && !movesAway(act)));
      return { ...plan, accounts: [owner, intruder], acts, conditions: [...plan.conditions, "sharedSecret"] };
    },
  },
  /** A person restores an older copy of a record. */
  {
    name: "recordSetBack",
    chance: 0.08,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const act = { kind: "setBackRecord", account, forMs: random.between(minute, 40 * minute) } as const;
      return withActs(plan, { when: random.below(plan.stormMs), act, condition: "recordSetBack" });
    },
  },
  /** A person replaces both keys, and Batch accepts the new ones only some minutes later. */
  {
    name: "bothKeysReplaced",
    chance: 0.03,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      if (plan.accounts[account]?.config.probe !== "dataPlane") return plan;
      const slow = { ...plan, settleMs: { ...plan.settleMs, accept: random.between(1, 4) * minute } };
      const when = random.below(plan.stormMs - 4 * minute);
      return withActs(
        slow,
        { when, act: { kind: "handRegenerate", account, side: "published" }, condition: "bothKeysReplaced" },
        { when: when + random.below(3 * minute), act: { kind: "handRegenerate", account, side: "standby" } },
      );
    },
  },
  /** A person replaces the previous key while a rotation waits at its gate, and then asks to roll back to it. */
  {
    name: "previousKeyReplaced",
    chance: 0.03,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const when = random.between(8 * minute, plan.stormMs - 8 * minute);
      const replaced = when + random.below(5 * minute);
      return withActs(
        plan,
        demand(when, account),
        { when: replaced, act: { kind: "handRegenerate", account, side: "standby" }, condition: "previousKeyReplaced" },
        { when: replaced + random.below(3 * minute), act: { kind: "operate", account, action: "rollback" } },
      );
    },
  },
  /** The row of an account in the middle of a rotation says that there is nothing to do, or nothing at all. */
  {
    name: "wrongNextLook",
    chance: 0.05,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const when = random.below(plan.stormMs);
      const look = random.pick(["missing", "noInstant", "beyondAllDates", "hoursAhead", "hoursAhead"] as const);
      const act = { kind: "setLook", account, look } as const;
      const again = Array.from({ length: 3 }, () => ({ when: when + random.below(20 * minute), act }));
      return withActs(plan, demand(when, account), { when, act, condition: "wrongNextLook" }, ...again);
    },
  },
  /** A fleet of 20 due accounts, in which every new key breaks its app. It replaces the rest of the plan. */
  {
    name: "brokenFleet",
    chance: 0.0015,
    add: (plan, random) => brokenFleet(plan, random),
  },
  /** All drives come from messages of the queue: late, twice, at the same time in several processes, or never. */
  {
    name: "handedOver",
    chance: 0.05,
    add: (plan) => ({ ...plan, handsOver: true, conditions: [...plan.conditions, "handedOver"] }),
  },
  /** Jobs hold copies of the key in use, or of the other one, from before a rotation or from any moment of it. */
  {
    name: "copiesInAccount",
    chance: 0.04,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const when = random.between(8 * minute, plan.stormMs / 2);
      const copies = Array.from({ length: random.between(1, 3) }, (_, index) => ({
        when: index === 0 ? random.below(when) : random.below(plan.stormMs),
        act: {
          kind: "plantCopy",
          account,
          side: random.pick(["published", "published", "standby"] as const),
          forMs: random.between(5, 60) * minute,
        } as const,
        condition: "copiesInAccount" as const,
      }));
      return withActs(plan, ...copies, demand(when, account, random.chance(0.15) ? 20 * minute : null));
    },
  },
  /** The vault's audit log shows who reads the secret: late, and not each read. */
  {
    name: "readersInLog",
    chance: 0.03,
    add: (plan, random) => {
      const stranger = random.chance(0.4);
      const auditLog = { delayMs: random.below(12 * minute), lostShare: random.pick([0, 0.2]), stranger };
      const unknownReaders = random.pick(["hold", "hold", "report"] as const);
      const watched = withAccounts(plan, (account) => {
        const { name, gate } = account.config;
        const consumers = gate.consumers.map((one) => ({ ...one, identity: identityOf(name, one.name) }));
        return { ...account, config: { ...account.config, gate: { ...gate, consumers, unknownReaders } } };
      });
      return { ...watched, auditLog, conditions: [...watched.conditions, "readersInLog"] };
    },
  },
  /** Others list keys and change versions, the rotator reads of its own operations, and a caller invents events. */
  {
    name: "eventsOfOthers",
    chance: 0.04,
    add: (plan, random) => {
      const account = random.below(plan.accounts.length);
      const topics = ["regenerated", "listed", "own", "otherAccount", "versionAdded", "versionExpires"] as const;
      const events = Array.from({ length: random.between(2, 5) }, () => ({
        when: random.below(plan.stormMs),
        act: {
          kind: "azureEvents",
          account,
          about: random.pick(["regenerated", "listed", ...topics] as const),
          times: random.pick([1, 2, 2, 12]),
          withinMs: random.pick([10_000, minute, 10 * minute]),
        } as const,
        condition: "eventsOfOthers" as const,
      }));
      return withActs(plan, ...events);
    },
  },
];

/** Each condition draws from a source of its own, so that no other part of a plan changes with it. */
export const withConditions = (plan: Plan, always: readonly ConditionName[]): Plan =>
  conditions.reduce((changed, { name, chance, add }, index) => {
    const random = new Random(plan.seed + 2 ** 50 + index * 2 ** 44);
    return random.chance(chance) || always.includes(name) ? add(changed, random) : changed;
  }, plan);
