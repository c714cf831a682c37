import type { AccountConfig } from "../../lib/rotation/account-config";
import { otherSlot, type Slot } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import type { ManualChange } from "../fakes/world/observer";
import type { World } from "../fakes/world/world";
import { failOver, letListsBeBehind, recreate, setLook, slander } from "./environment-acts";
import type { Instance } from "./instances";
import { resources } from "./plan-accounts";
import { type Act, minute, type Side } from "./plan-types";
import { reportByEvents, sendEvents } from "./azure-event-acts";
import { plantCopy } from "./copy-acts";
import { configOf, later, type Stage } from "./stage";

/** Carries out one act. A temporary act is undone later, at the latest at the end of the storm. */
export const carryOut = (stage: Stage, act: Act): void => {
  const { world } = stage;
  world.transcript.note("act", () => JSON.stringify(act));
  switch (act.kind) {
    case "demand":
      return demand(stage, act);
    case "operate":
      return operate(stage, act.account, act.action);
    case "handRegenerate":
      return regenerateManually(stage, act.account, act.side);
    case "handPublish":
      return publishManually(stage, act.account, act.side);
    case "handForeign":
      return addManually(stage, act.account, world.random.base64(88));
    case "disableNewest":
      return disableNewest(stage, act.account, act.forMs);
    case "disableOld": {
      const old = world.vault.versions(configOf(stage, act.account).secret).at(-2);
      if (old !== undefined) old.disabledBy ??= "person";
      return;
    }
    case "pause":
      reconfigure(stage, act.account, { paused: true });
      return later(stage, act.forMs, () => reconfigure(stage, act.account, { paused: false }));
    case "reconfigure":
      return reconfigure(stage, act.account, changeOf(stage, act.account, act.change));
    case "outage": {
      const outage = { operation: act.operation, reason: act.reason };
      world.faults.outages.add(outage);
      return later(stage, act.forMs, () => world.faults.outages.delete(outage));
    }
    case "sharedKeyOff": {
      const facts = world.batch.of(configOf(stage, act.account).batch.resourceId);
      facts.modes = ["AAD"];
      return later(stage, act.forMs, () => {
        facts.modes = null;
      });
    }
    case "setClock": {
      const process = world.processes[act.process];
      if (process !== undefined) process.clock.offsetMs = act.offsetMs;
      return;
    }
    case "crash":
      return world.processes[act.process]?.crash();
    case "redeploy": {
      const process = world.processes[act.process];
      if (process !== undefined) stage.deploy(process);
      return;
    }
    case "forge":
      // A forger tries repeatedly.
      for (let turn = 0; turn < 15; turn += 1) later(stage, turn * 40_000, () => stage.instances.forge(act.account));
      return;
    case "damageRecord":
      return damageRecord(stage, act);
    case "deleteRecord":
      return whenAtRest(stage, act.account, (name) => changeManually(stage, name, "deleted"));
    case "setBackRecord":
      return whenAtRest(stage, act.account, (_, copy) =>
        later(stage, act.forMs, () => setBack(stage, act.account, copy)),
      );
    case "scaleOut":
      return scaleOut(stage, act.account);
    case "scaleIn": {
      const living = stage.instances.living(act.account);
      const [one] = living;
      if (one !== undefined && living.length > 1) stage.instances.stop(one);
      return;
    }
    case "restart": {
      const one = world.random.any(stage.instances.living(act.account));
      if (one !== null && one.version !== null) stage.instances.restart(one);
      return;
    }
    case "recreate":
      return recreate(stage, act);
    case "listsBehind":
      return letListsBeBehind(stage, act);
    case "failOver":
      return failOver(stage, act);
    case "setLook":
      return setLook(stage, act);
    case "slander":
      return slander(stage, act);
    case "plantCopy":
      return plantCopy(stage, act, slotOf(stage, act.account, act.side));
    case "azureEvents":
      return sendEvents(stage, act);
    case "unhealthy": {
      const one = world.random.any(stage.instances.living(act.account));
      if (one === null) return;
      one.healthy = false;
      one.wasUnhealthy = true;
      return later(stage, act.forMs, () => {
        one.healthy = true;
      });
    }
  }
};

const servingProcess = ({ world }: Stage, name: string) => {
  const process = world.random.any(world.processes.filter((candidate) => candidate.serves(world.timeline.now)));
  const config = process?.app.accounts.find(name) ?? null;
  return process === null || config === null ? null : { process, config };
};

const answered = (world: World, actor: string, answer: Promise<{ readonly kind: string }>): void => {
  const settled = (result: { readonly kind: string }): void => {
    world.observer.left("answer", result);
    world.transcript.note(actor, () => `answered ${result.kind} ${"reason" in result ? String(result.reason) : ""}`);
  };
  const failed = (error: unknown): void => {
    world.observer.left("error", error);
    world.transcript.note(actor, () => `failed: ${String(error)}`);
  };
  void answer.then(settled, failed);
};

const demand = (stage: Stage, { account, retireAfterMs, repeat }: Extract<Act, { kind: "demand" }>): void => {
  const { world } = stage;
  const found = servingProcess(stage, configOf(stage, account).name);
  if (found === null) return;
  const asked = { reason: "asked for", retireAfterMs, idempotencyKey: repeat ? "once" : null, by: "operator:ada" };
  answered(world, "demand", world.product.rotateOnDemand(found.process.app, found.config, asked));
};

export const operate = (
  stage: Stage,
  account: number,
  action: Parameters<World["product"]["operate"]>[2]["action"],
): void => {
  const { world } = stage;
  const found = servingProcess(stage, configOf(stage, account).name);
  if (found === null) return;
  const order = { action, reason: "decided", by: "operator:ada" };
  answered(world, "operator", world.product.operate(found.process.app, found.config, order));
};

export const resumeFleet = ({ world }: Stage): void => {
  const process = world.random.any(world.processes.filter((one) => one.serves(world.timeline.now)));
  if (process === null) return;
  const request = { reason: "the apps are fixed", by: "operator:ada" };
  answered(world, "operator", world.product.resumeFleet(process.app, request));
};

/** The slot of the newest version's key; the primary where it is neither key. */
const publishedSlot = (stage: Stage, account: number): Slot => {
  const { world } = stage;
  const { batch, secret } = configOf(stage, account);
  const newest = world.vault.newest(secret)?.value;
  return world.batch.of(batch.resourceId).keys.secondary.value === newest ? "secondary" : "primary";
};

const slotOf = (stage: Stage, account: number, side: Side): Slot => {
  const published = publishedSlot(stage, account);
  return side === "published" ? published : otherSlot(published);
};

const regenerateManually = (stage: Stage, account: number, side: Side): void => {
  const { world } = stage;
  const slot = slotOf(stage, account, side);
  const killed = world.batch.regenerate(configOf(stage, account).batch.resourceId, slot, "person", false);
  world.effects += 1;
  world.transcript.note("manually", () => `${world.transcript.key(killed.value)} (${slot}) is regenerated`);
  world.observer.afterEffect();
  reportByEvents(stage, account);
};

const publishManually = (stage: Stage, account: number, side: Side): void => {
  const { keys } = stage.world.batch.of(configOf(stage, account).batch.resourceId);
  addManually(stage, account, keys[slotOf(stage, account, side)].value);
};

const addManually = (stage: Stage, account: number, value: string): void => {
  const { world } = stage;
  const { secret } = configOf(stage, account);
  if (world.vault.failedOverTo !== null) return;
  world.effects += 1;
  const { version } = world.vault.add(secret, {
    value,
    by: "person",
    createdAtMs: world.wallMs,
    effect: world.effects,
  });
  world.transcript.note(
    "manually",
    () =>
      `newest version of ${secret.name} is ${world.transcript.version(version)} with ${world.transcript.key(value)}`,
  );
  world.observer.afterEffect();
};

const disableNewest = (stage: Stage, account: number, forMs: number): void => {
  const newest = stage.world.vault.newest(configOf(stage, account).secret);
  if (newest === null || newest.disabledBy !== null) return;
  newest.disabledBy = "person";
  later(stage, forMs, () => {
    newest.disabledBy = null;
  });
};

const damageRecord = (
  stage: Stage,
  { account, forMs, end }: Pick<Extract<Act, { kind: "damageRecord" }>, "account" | "forMs" | "end">,
): void => {
  const { tables } = stage.world;
  const { name } = configOf(stage, account);
  if (!tables.rotations.has(name) || tables.damaged.has(name)) return;
  changeManually(stage, name, "damaged");
  later(stage, forMs, () => {
    if (tables.damaged.has(name)) changeManually(stage, name, end);
  });
};

/** A person changes a record only while no driver works on it, and everything about it is delivered. */
const whenAtRest = (stage: Stage, account: number, run: (name: string, record: RotationRecord) => void): void => {
  const { tables } = stage.world;
  const { name } = configOf(stage, account);
  const record = tables.rotations.get(name)?.record;
  if (record === undefined || tables.damaged.has(name) || !stage.world.faults.on) return;
  const { claim, quarantine, publishing } = record;
  const isAtRest = claim === null && quarantine === null;
  if (isAtRest && publishing.outbox.length === 0 && publishing.deliveries.length === 0) return run(name, record);
  later(stage, minute / 2, () => whenAtRest(stage, account, run));
};

/** A person restores an older copy of the record. */
const setBack = (stage: Stage, account: number, copy: RotationRecord): void =>
  whenAtRest(stage, account, (name) => changeManually(stage, name, "setBack", copy));

const changeManually = (
  { world }: Stage,
  account: string,
  what: ManualChange,
  copy: RotationRecord | null = null,
): void => {
  world.observer.changedManually(account, what, copy);
  world.effects += 1;
  if (what === "damaged") world.tables.damage(account);
  else if (what === "restored") world.tables.repair(account);
  else if (copy !== null) world.tables.restore(copy);
  else world.tables.delete(account);
  world.transcript.note("manually", () => `the record of ${account} is ${what}`);
  world.observer.afterEffect();
};

/** Operators deploy the wanted configuration to one process after the other. */
const reconfigure = (stage: Stage, account: number, change: Partial<AccountConfig>): void => {
  const { world, wanted } = stage;
  wanted[account] = { ...configOf(stage, account), ...change };
  for (const process of world.processes) {
    later(stage, world.random.below(4 * minute), () => {
      if (process.alive) stage.deploy(process);
    });
  }
  if (change.secret === undefined) return;
  for (const instance of stage.instances.living(account)) {
    later(stage, world.random.below(15 * minute), () => moveToSecret(stage, instance));
  }
};

/** The remedy of a secret that nothing shows to be of this account, once no process works for another one. */
export const markSecret = (stage: Stage, account: number): void => {
  const { batch, secret } = configOf(stage, account);
  const newest = stage.world.vault.newest(secret);
  if (newest === null || !isDeployed(stage, account)) return;
  newest.tags = { ...newest.tags, ProviderAddress: batch.resourceId };
  operate(stage, account, "resume");
};

const isDeployed = (stage: Stage, account: number): boolean => {
  const { name, batch, secret } = configOf(stage, account);
  return stage.world.processes.every(({ app }) =>
    app.accounts
      .list()
      .some(
        (config) =>
          config.name === name && config.secret.name === secret.name && config.batch.resourceId === batch.resourceId,
      ),
  );
};

/** Apps follow the rotator once every process has the new configuration and the new secret holds a working key. */
export const moveToSecret = (stage: Stage, instance: Instance): void => {
  const { world, instances } = stage;
  const { name, secret } = configOf(stage, instance.account);
  if (!instance.alive || instance.secret.name === secret.name) return;
  const record = world.tables.rotations.get(name)?.record;
  const newest = world.vault.newest(secret);
  const deployed = isDeployed(stage, instance.account);
  const adopted = record?.secret.name === secret.name && record.state.active !== null;
  if (!deployed || !adopted || newest === null || !world.batch.accepts(newest.value))
    return later(stage, 2 * minute, () => moveToSecret(stage, instance));
  instance.secret = secret;
  instances.restart(instance);
};

const changeOf = (
  stage: Stage,
  account: number,
  change: Extract<Act, { kind: "reconfigure" }>["change"],
): Partial<AccountConfig> => {
  const { world } = stage;
  const config = configOf(stage, account);
  switch (change) {
    case "secret":
      return resources(account, 1, 2);
    case "account":
      return resources(account, 2, 2);
    case "back":
      return resources(account);
    case "gate":
      return {
        gate: { ...config.gate, soakMs: config.gate.soakMs === 0 ? 0 : 6 * minute, signalFreshnessMs: 14 * minute },
      };
    case "settleOn":
      return { settleOn: config.settleOn === "primary" ? "alternate" : "primary" };
    case "probe":
      // Without a probe the rotator cannot wait until Batch accepts a new key, so Batch must accept it at once.
      return { probe: config.probe === "none" || !world.batch.isPrompt ? "dataPlane" : "none" };
  }
};

/**
 * Adds an instance where the rotator can learn of it in time: every known instance has reported, and the soak is longer
 * than the first report of a new instance takes, by any clock.
 */
const scaleOut = (stage: Stage, account: number): void => {
  const { world, instances } = stage;
  const { gate } = configOf(stage, account);
  const living = instances.living(account);
  if (gate.soakMs < 5 * minute || living.some(({ version }) => version === null)) return;
  const consumer = world.random.any(gate.consumers);
  if (consumer !== null) startAnother(stage, account, consumer.name);
};

/** Starts on the secret of the other instances, and follows the rotator when they do. */
export const startAnother = (stage: Stage, account: number, consumer: string): void => {
  const [other] = stage.instances.living(account);
  const secret = other?.secret ?? configOf(stage, account).secret;
  moveToSecret(stage, stage.instances.start(account, consumer, 5 * minute, secret, null));
};
