import { publishedContentType } from "../../lib/rotation/ownership";
import type { Work } from "../../lib/operations/tick/work";
import type { AccountConfig } from "../../lib/rotation/account-config";
import { toInstant } from "../../lib/rotation/time/time";
import type { Process } from "../fakes/world/process";
import type { Product } from "../fakes/world/product-type";
import { startProcess } from "../fakes/world/start-process";
import { World } from "../fakes/world/world";
import { own } from "./azure-event-acts";
import { endCopies, waitsForCopy } from "./copy-acts";
import { logRead, openAuditLog } from "./audit-lines";
import { carryOut, markSecret, moveToSecret, operate, resumeFleet, startAnother } from "./acts";
import { type Instance, Instances, silent } from "./instances";
import { Judge, type Violation } from "./judge";
import { writeForgotten, writePast } from "./past";
import { planOf } from "./plan";
import { resources } from "./plan-accounts";
import { type AccountPlan, type ConditionName, hour, minute, type Plan, type PlannedAct } from "./plan-types";
import type { Stage } from "./stage";

export interface HistoryResult {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly effects: number;
  /** Calls of ports. */
  readonly calls: number;
  readonly crashes: number;
  /** Events that were removed because of their age. */
  readonly removed: number;
  /** Events that were announced while a record could not be read. */
  readonly announced: number;
  readonly rotations: number;
  readonly signals: number;
  /** Faults that occurred, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** The conditions that occurred. */
  readonly conditions: Readonly<Partial<Record<ConditionName, number>>>;
  /** The transcript line by line; null where there is none. */
  readonly journal: readonly string[] | null;
}

/** Far more than any history needs, also with very many instances. */
const maxCalls = 500_000;

/** The time to come to rest after the storm: a maximum `Retry-After` or a day for its window, and a rotation. */
const maxCalmMs = ({ config }: AccountPlan): number => (config.window === null ? 16 : 40) * hour;

/** One history: a storm of faults, manual changes and restarts, then calm, in which every account must come to rest. */
export const runHistory = (product: Product, seed: number, recording = false): Promise<HistoryResult> =>
  runPlan(product, planOf(seed), recording);

export const runPlan = (product: Product, plan: Plan, recording = false): Promise<HistoryResult> =>
  new HistoryRun(product, plan, recording).run();

class HistoryRun {
  readonly #world: World;
  readonly #judge: Judge;
  readonly #instances: Instances;
  readonly #wanted: AccountConfig[];
  readonly #stage: Stage;
  /** Accounts that have come to rest since the storm. */
  readonly #rested = new Set<string>();
  readonly #occurred: Set<ConditionName>;
  #calmSince: number | null = null;
  #over = false;
  #crashes = 0;

  constructor(
    product: Product,
    private readonly plan: Plan,
    recording: boolean,
  ) {
    this.#wanted = plan.accounts.map(({ config }) => config);
    this.#occurred = new Set(plan.conditions);
    const { course, disorder, faults, settleMs } = plan;
    this.#world = new World({
      product,
      seed: course,
      course: disorder ? "disorder" : "stepped",
      faults,
      settleMs,
      recording,
      checked: plan.searched,
    });
    this.#world.principal = own;
    openAuditLog(this.#world, plan.auditLog);
    this.#judge = new Judge(this.#world, () => this.#instances.all, plan.searched, plan.fleet);
    this.#world.observer = this.#judge;
    this.#instances = new Instances(
      this.#world,
      (account) => this.#config(account),
      (instance) => this.#afterRead(instance),
    );
    this.#stage = {
      world: this.#world,
      instances: this.#instances,
      wanted: this.#wanted,
      deploy: (process) => process.deploy([...this.#wanted]),
    };
  }

  async run(): Promise<HistoryResult> {
    const world = this.#world;
    this.plan.accounts.forEach((account, index) => this.#furnish(account, index));
    world.health = (url, nonce) => this.#answerHealth(url, nonce);
    for (let number = 1; number <= this.plan.processes; number += 1) this.#boot(number);
    this.#schedule(this.plan.acts);
    world.timeline.add(this.plan.stormMs, () => this.#becomeCalm());
    await world.timeline.run(() => this.#over || this.#isEndless() || this.#judge.violation !== null);
    if (this.#judge.violation === null) this.#judge.checkHistory();
    return {
      seed: this.plan.seed,
      violation: this.#judge.violation,
      effects: world.effects,
      calls: world.wire.calls,
      crashes: this.#crashes,
      removed: this.#judge.audit.removed,
      announced: this.#judge.audit.announced,
      rotations: this.#completed(),
      signals: this.#instances.signals,
      faults: Object.fromEntries(world.wire.met),
      conditions: Object.fromEntries([...this.#occurred].map((name) => [name, 1])),
      journal: world.transcript.lines,
    };
  }

  #afterRead(instance: Instance): void {
    logRead(this.#world, this.plan.auditLog, this.#config(instance.account).name, instance);
    if (this.plan.keysBreakApps && this.#calmSince === null) {
      instance.healthy = this.#world.batch.keys.get(instance.value ?? "")?.madeBy !== "rotator";
      instance.wasUnhealthy ||= !instance.healthy;
    }
    this.#judge.checkCall(instance);
  }

  /** Code that repeats calls without end would otherwise hide its history. */
  #isEndless(): boolean {
    const { calls } = this.#world.wire;
    if (calls > maxCalls) this.#judge.broken("I6", `${calls} calls of ports were not enough`);
    return calls > maxCalls;
  }

  #config(account: number): AccountConfig {
    const config = this.#wanted[account];
    if (config === undefined) throw new Error(`no account ${account} in this history`);
    return config;
  }

  #furnish(account: AccountPlan, index: number): void {
    const {
      config,
      vault,
      versionAgeMs,
      cacheMs,
      manuallyConfigured,
      past,
      silentApps,
      forgottenInstances,
      isIntruder,
    } = account;
    writeForgotten(this.#world, config, forgottenInstances);
    if (past !== null) writePast(this.#world, config.name, past);
    const { batch, vault: secrets, random } = this.#world;
    batch.create(config.batch.resourceId);
    batch.create(resources(index, 2).batch.resourceId);
    const { keys } = batch.of(config.batch.resourceId);
    if (vault !== "none") {
      const value =
        vault === "foreign" ? random.base64(88) : (vault === "secondary" ? keys.secondary : keys.primary).value;
      const added = secrets.add(config.secret, {
        value,
        by: "initial",
        createdAtMs: this.#world.wallMs - (versionAgeMs ?? random.below(10 * hour)),
        effect: 0,
        // The secret of this account, from before its table was lost.
        contentType: vault === "foreign" ? publishedContentType : null,
      });
      if (vault === "disabled") {
        added.disabledBy = "person";
        this.#world.timeline.add(random.below(this.plan.stormMs), () => {
          added.disabledBy = null;
        });
      }
    }
    for (let count = 0; count < silentApps; count += 1) {
      this.#instances.start(index, silent, cacheMs, config.secret, random.pick([keys.primary, keys.secondary]).value);
    }
    if (isIntruder) return;
    const readable = vault === "primary" || vault === "secondary";
    for (const { name, instances } of config.gate.consumers) {
      for (let count = 0; count < instances; count += 1) {
        const manual = !readable || (manuallyConfigured && random.chance(0.5));
        const value = manual ? (random.chance(0.5) ? keys.primary : keys.secondary).value : null;
        this.#instances.start(index, name, cacheMs, config.secret, value);
      }
    }
  }

  #answerHealth(url: string, nonce: string): unknown {
    for (const [account, config] of this.#wanted.entries()) {
      const consumer = config.gate.consumers.find(({ healthUrl }) => healthUrl === url);
      if (consumer !== undefined) return this.#instances.health(account, consumer.name, nonce);
    }
    return null;
  }

  #boot(number: number): void {
    const { fleet, handsOver } = this.plan;
    const limits = handsOver ? { fanOutAbove: 0 } : {};
    const process = startProcess(this.#world, [...this.#wanted], { name: `p${number}`, fleet, limits });
    this.#tickLater(process, this.#world.random.below(3 * minute));
    const crash = process.crash.bind(process);
    process.crash = () => {
      if (!process.alive) return;
      crash();
      this.#crashes += 1;
      this.#world.timeline.add(this.#world.timeline.now + this.#world.random.below(6 * minute), () =>
        this.#revive(process),
      );
    };
  }

  #revive(process: Process): void {
    if (process.alive) return;
    this.#stage.deploy(process);
    this.#world.transcript.note(process.name, () => "starts again");
  }

  #tickLater(process: Process, ms: number): void {
    const { timeline, random } = this.#world;
    timeline.add(timeline.now + ms, () => {
      // Timers of several processes coincide, and a tick may overlap with the previous one.
      if (process.serves(timeline.now)) this.#tick(process);
      const other = random.chance(0.25) ? random.any(this.#world.processes) : null;
      if (other?.serves(timeline.now)) this.#tick(other);
      const base = this.#calmSince !== null ? 5 * minute : 4 * minute;
      this.#tickLater(process, Math.floor(base * this.plan.processes * (0.3 + 1.4 * random.next())));
    });
  }

  #tick(process: Process): void {
    const { world } = this.#stage;
    const startedAt = world.timeline.now;
    let handed = 0;
    const send = (works: readonly Work[]): void => {
      handed += works.length;
      for (const work of works) this.#put(work);
    };
    process.ticker.tick(this.plan.handsOver ? { nextTickAt: null, send } : null).then(
      // Else the workers do what a tick would have done.
      () => (handed === 0 ? this.#afterTick(startedAt) : undefined),
      (error: unknown) => {
        world.observer.left("error", error);
        this.#judge.broken(
          "I6",
          `a tick of ${process.name} failed: ${error instanceof Error ? error.name : typeof error}`,
        );
      },
    );
  }

  /** A queue delivers a message at least once. In the storm, a worker dies now and then with a message in its hands. */
  #put(work: Work): void {
    const { random, timeline } = this.#world;
    const times = random.chance(0.4) ? 2 : random.chance(0.2) && this.#calmSince === null ? 0 : 1;
    for (let time = 0; time < times; time += 1)
      timeline.add(timeline.now + random.below(random.chance(0.2) ? 12 * minute : 5_000), () => this.#take(work));
  }

  #take(work: Work): void {
    const { world } = this.#stage;
    const process = world.random.any(world.processes.filter((one) => one.serves(world.timeline.now)));
    if (process === null) return;
    const startedAt = world.timeline.now;
    // A worker drops it, and does nothing of what a tick does.
    const isOld = work.until < toInstant(process.app.ports.clock.now());
    world.product.doWork(process.app, work).then(
      () => (isOld ? undefined : this.#afterTick(startedAt)),
      (error: unknown) => {
        world.observer.left("error", error);
        // Where the tables fail, the host gives the message again, and the next tick hands over what is left.
        const { TransientServiceError, OperatorNeededError } = world.product;
        if (error instanceof TransientServiceError || error instanceof OperatorNeededError) return;
        const what = error instanceof Error ? error.name : typeof error;
        this.#judge.broken("I6", `the work of ${process.name} failed: ${what}`);
      },
    );
  }

  #afterTick(startedAt: number): void {
    if (this.#calmSince !== null) this.#judge.audit.tickEnded(startedAt, this.#calmSince);
    if (this.#calmSince !== null && this.#restless() === null) this.#over = true;
  }

  /** Each account must come to rest once; with short intervals they need not be at rest together. */
  #restless(): string | null {
    let restless: string | null = null;
    const isShared = this.plan.accounts.some(({ isIntruder }) => isIntruder);
    for (const { name } of this.#wanted) {
      const isOver = this.#rested.has(name) || (isShared && this.#isStopped(name) && this.#isQuiet(name));
      const why = isOver ? null : (this.#judge.restless(name) ?? this.#unrotated(name));
      if (why === null) this.#rested.add(name);
      else restless = `${name} ${why}`;
    }
    return restless;
  }

  /** Every account of a fleet is due, so each must have rotated in the end, whatever held it back. */
  #unrotated(account: string): string | null {
    if (!this.plan.keysBreakApps) return null;
    const completed = this.#world.tables.events(account).some(({ event }) => event === "RotationCompleted");
    return completed ? null : "never completed a rotation";
  }

  /** Of the accounts that share a secret, the one that does not own it is blocked; nothing is done for an intruder. */
  #isStopped(account: string): boolean {
    const blocked = this.#wanted.filter(({ name }) => this.#judge.isBlockedAsForeign(name));
    const isIntruder = this.plan.accounts.some((one) => one.isIntruder && one.config.name === account);
    return isIntruder ? blocked.length > 0 : blocked.some(({ name }) => name === account);
  }

  /** No driver is in the middle of its record, and its history has all events. */
  #isQuiet(account: string): boolean {
    const record = this.#world.tables.rotations.get(account)?.record;
    return record === undefined || (record.claim === null && record.publishing.outbox.length === 0);
  }

  #schedule(acts: readonly PlannedAct[]): void {
    const world = this.#world;
    const triggered = acts.flatMap(({ when, act }) => (typeof when === "number" ? [] : [{ ...when, act }]));
    for (const { when, act, condition } of acts) {
      if (typeof when !== "number") continue;
      world.timeline.add(when, () => {
        if (this.#calmSince !== null) return;
        if (condition !== undefined) this.#occurred.add(condition);
        carryOut(this.#stage, act);
      });
    }
    if (triggered.length === 0) return;
    this.#judge.beforeCall = (operation, nth) => {
      if (this.#calmSince !== null) return;
      for (const trigger of triggered) {
        if (trigger.operation === operation && trigger.nth === nth) carryOut(this.#stage, trigger.act);
      }
    };
  }

  /** From here on nothing fails, every instance is healthy, and operators undo what they broke. */
  #becomeCalm(): void {
    const world = this.#world;
    this.#calmSince = world.timeline.now;
    this.#judge.fleet.becomeCalm();
    world.transcript.note("fate", () => "calm from here on");
    world.faults.on = false;
    world.batch.catchUp();
    world.vault.failedOverTo = null;
    this.#wanted.forEach((config, index) => {
      this.#wanted[index] = { ...config, paused: false };
      world.batch.of(config.batch.resourceId).modes = null;
      const newest = world.vault.newest(config.secret);
      if (newest?.disabledBy === "person") newest.disabledBy = null;
      this.#healInstances(index, config);
    });
    for (const process of world.processes) {
      process.clock.offsetMs = 0;
      this.#stage.deploy(process);
    }
    this.#lookAfter();
    const maxMs = Math.max(...this.plan.accounts.map(maxCalmMs));
    world.timeline.add(world.timeline.now + maxMs, () =>
      this.#judge.broken("I6", `left alone for ${maxMs / hour} hours, ${this.#restless() ?? "nothing"}`),
    );
  }

  #healInstances(account: number, { gate }: AccountConfig): void {
    if (this.plan.accounts[account]?.isIntruder) return;
    for (const instance of this.#instances.living(account)) {
      instance.healthy = true;
      moveToSecret(this.#stage, instance);
    }
    for (const { name, instances } of gate.consumers) {
      const living = this.#instances.living(account).filter(({ consumer }) => consumer === name).length;
      for (let count = living; count < instances; count += 1) startAnother(this.#stage, account, name);
    }
  }

  /** Operators repeatedly resolve what waits for them. */
  #lookAfter(): void {
    const { timeline, tables } = this.#world;
    this.#wanted.forEach(({ name, gate, paused }, account) => {
      const record = tables.rotations.get(name)?.record;
      if (record === undefined || paused || this.plan.accounts[account]?.isIntruder) return;
      if (record.failure?.blocked?.reason === "ForeignSecret") markSecret(this.#stage, account);
      else if (record.pause !== null) operate(this.#stage, account, "resume");
      else if (waitsForCopy(record)) endCopies(this.#stage, account, () => operate(this.#stage, account, "approve"));
      else if (
        (gate.mode === "approval" || this.#hasStrangers(account)) &&
        "approval" in record.state &&
        record.state.approval === null &&
        this.#allMoved(account)
      ) {
        operate(this.#stage, account, "approve");
      }
    });
    if (this.plan.keysBreakApps) resumeFleet(this.#stage);
    timeline.add(timeline.now + 20 * minute, () => this.#lookAfter());
  }

  /** The audit log shows readers that are no configured consumers, and may hold the gate because of them. */
  #hasStrangers(account: number): boolean {
    const { auditLog, accounts } = this.plan;
    return auditLog !== null && (auditLog.stranger || (accounts[account]?.silentApps ?? 0) > 0);
  }

  #allMoved(account: number): boolean {
    const newest = this.#world.vault.newest(this.#config(account).secret);
    return this.#instances.living(account).every((instance) => instance.version === newest?.version);
  }

  #completed(): number {
    let count = 0;
    for (const events of this.#world.tables.history.values()) {
      count += events.filter(({ event }) => event === "RotationCompleted").length;
    }
    return count;
  }
}
