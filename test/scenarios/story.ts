import type { Demanded, Demand } from "../../lib/operations/rotate-on-demand";
import type { Operated, OperatorAction } from "../../lib/operations/operate-account";
import type { Received } from "../../lib/signals/receive-signal";
import type { AccountConfig } from "../../lib/rotation/account-config";
import type { Phase, Slot } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import { toInstant } from "../../lib/rotation/time/time";
import type { StatusBody } from "../../lib/operations/status/status";
import { type AccountChanges, anAccount } from "../builders/account";
import { days, minutes } from "../builders/time";
import type { Fault, Operation, PlacedFault } from "../fakes/world/faults";
import type { Process } from "../fakes/world/process";
import * as product from "../fakes/world/product";
import { startProcess } from "../fakes/world/start-process";
import { World } from "../fakes/world/world";
import { type Instance, unread } from "../simulation/instances";
import { Judge, type Violation } from "../simulation/judge";

/** What the vault holds at first sight. */
export type VaultAtFirst =
  | "nothing"
  | "the primary key"
  | "the secondary key"
  | "a dead key of this account"
  | "another value"
  | "a disabled version";

export interface StoryOptions {
  readonly vault?: VaultAtFirst;
  /** The age of the version in the vault, in milliseconds. */
  readonly versionAgeMs?: number;
  readonly account?: AccountChanges;
  readonly faults?: readonly PlacedFault[];
  readonly settleMs?: { readonly accept: number; readonly refuse: number };
}

/** An app that reads the vault and reports when the story calls it, and uses the key that it has read all the time. */
export type App = Instance;

/**
 * One account in a separate world, driven step by step. Every effect is judged as in the simulation; `violation` is the
 * first broken invariant.
 */
export class Story {
  readonly world: World;
  readonly first: Process;
  config: AccountConfig;
  readonly #judge: Judge;
  readonly #apps: App[] = [];

  constructor({ vault = "the primary key", versionAgeMs = 0, account, faults = [], settleMs }: StoryOptions = {}) {
    this.config = anAccount(account);
    this.world = new World({
      product,
      course: "stepped",
      faults,
      ...(settleMs === undefined ? {} : { settleMs }),
      recording: true,
    });
    this.#judge = new Judge(this.world, () => this.#apps, true);
    this.world.observer = this.#judge;
    this.world.batch.create(this.config.batch.resourceId);
    this.#fill(vault, versionAgeMs);
    this.first = this.start("p1");
  }

  #fill(vault: VaultAtFirst, ageMs: number): void {
    if (vault === "nothing") return;
    const { primary, secondary } = this.keys;
    const other = "c29tZXRoaW5nIGVsc2U=";
    const value = { "the secondary key": secondary.value, "a dead key of this account": other, "another value": other }[
      vault as string
    ];
    const added = this.world.vault.add(this.config.secret, {
      value: value ?? primary.value,
      by: "initial",
      createdAtMs: this.world.wallMs - ageMs,
      effect: 0,
      tags: vault === "a dead key of this account" ? { ProviderAddress: this.config.batch.resourceId } : {},
    });
    if (vault === "a disabled version") added.disabledBy = "person";
  }

  /** Starts another process of the function app. */
  start(name: string): Process {
    return startProcess(this.world, [this.config], { name });
  }

  /** Deploys another configuration to every process. */
  reconfigure(changes: Partial<AccountConfig>): void {
    this.config = { ...this.config, ...changes, loadedAt: toInstant(new Date(this.world.wallMs)) };
    for (const process of this.world.processes) process.deploy([this.config]);
  }

  /** Starts an app that holds the newest key of the vault, or `key`. */
  app(id: string, key: string | null = null, consumer = "render-api"): App {
    const app: App = {
      account: 0,
      consumer,
      id,
      offsetMs: 0,
      cacheMs: 0,
      secret: this.config.secret,
      value: key,
      ...unread,
    };
    this.#apps.push(app);
    if (key === null) this.reads(app);
    return app;
  }

  reads(app: App): void {
    const newest = this.world.vault.newest(this.config.secret);
    if (newest === null || newest.disabledBy !== null) return;
    Object.assign(app, { value: newest.value, version: newest.version, readAt: this.world.effects, givenUp: false });
    this.#judge.checkCall(app);
  }

  /** The app posts its health, with a proof. */
  async reports(app: App, process: Process = this.first): Promise<Received | null> {
    const claims = {
      account: this.config.name,
      consumer: app.consumer,
      instance: app.id,
      secretVersion: app.version ?? "",
      healthy: app.healthy,
      leaving: false,
      at: toInstant(new Date(this.world.wallMs)),
    };
    const proof = this.world
      .key(app.value ?? "")
      .sign(product.proofMessage(claims, null))
      .toString("base64");
    const { account: _, ...body } = claims;
    return this.finish(product.receiveSignal(process.app, this.#configIn(process), { ...body, detail: null, proof }));
  }

  async tick(process: Process = this.first): Promise<void> {
    await this.finish(process.ticker.tick());
  }

  /** Two ticks that begin at the same instant. */
  async tickBoth(one: Process, other: Process): Promise<void> {
    await this.finish(Promise.all([one.ticker.tick(), other.ticker.tick()]));
  }

  async demand(changes: Partial<Demand> = {}, process: Process = this.first): Promise<Demanded | null> {
    const demand = {
      reason: "key found in a log",
      retireAfterMs: null,
      idempotencyKey: null,
      by: "operator:ada",
      ...changes,
    };
    return this.finish(product.rotateOnDemand(process.app, this.#configIn(process), demand));
  }

  /** Event Grid delivers these events at once. Events that cannot be read fail the test. */
  async receives(events: readonly unknown[], process: Process = this.first): Promise<void> {
    const sent = product.parseEvents(events, process.clock.now());
    if (sent.kind === "invalid" || !("events" in sent.value)) throw new Error("these are no events");
    await this.finish(product.receiveEvents(process.app, sent.value));
  }

  async operate(action: OperatorAction): Promise<Operated | null> {
    return this.finish(
      product.operate(this.first.app, this.#configIn(this.first), { action, reason: "because", by: "operator:ada" }),
    );
  }

  async status(process: Process = this.first): Promise<StatusBody> {
    const status = await this.finish(product.readStatus(process.app, this.#configIn(process)));
    if (status === null) throw new Error("the status was never answered");
    return status;
  }

  /** The account as this process knows it. */
  #configIn({ app }: Process): AccountConfig {
    return app.accounts.find(this.config.name) ?? this.config;
  }

  /** Runs until the work ends, without other delays than those of its calls. Null where the process crashed. */
  async finish<T>(promise: Promise<T>): Promise<T | null> {
    let ended: { readonly value: T } | { readonly error: unknown } | null = null;
    const end = (how: NonNullable<typeof ended>): void => {
      ended = how;
    };
    void promise.then(
      (value) => end({ value }),
      (error: unknown) => end({ error }),
    );
    await this.world.timeline.run(() => ended !== null);
    const found = ended as { readonly value: T } | { readonly error: unknown } | null;
    if (found === null) return null;
    if ("error" in found) throw found.error;
    return found.value;
  }

  async passes(ms: number): Promise<void> {
    const { timeline } = this.world;
    let over = false;
    timeline.add(timeline.now + ms, () => {
      over = true;
    });
    await timeline.run(() => over);
  }

  /**
   * Normal operation: every five minutes each app reads the vault and reports, and the timer fires. Ends when `done`;
   * fails where that takes more than a day.
   */
  async goesOn(done: () => boolean): Promise<void> {
    const began = this.world.timeline.now;
    while (!done()) {
      if (this.world.timeline.now - began > days(1)) throw new Error(`nothing came of it: ${this.transcript()}`);
      await this.passes(minutes(5));
      if (!this.first.alive) this.first.deploy([this.config]);
      for (const app of this.#apps.filter(({ alive }) => alive)) {
        this.reads(app);
        await this.reports(app).catch(() => null);
      }
      await this.tick().catch(() => undefined);
    }
  }

  /** Normal operation until the account is at rest. */
  async goesOnUntilIdle(): Promise<void> {
    await this.goesOn(() => this.#judge.restless(this.config.name) === null);
  }

  get keys() {
    return this.world.batch.of(this.config.batch.resourceId).keys;
  }

  get record(): RotationRecord {
    const stored = this.world.tables.rotations.get(this.config.name);
    if (stored === undefined) throw new Error("there is no record yet");
    return stored.record;
  }

  get phase(): Phase {
    return this.record.state.phase;
  }

  /** The slot of the published key; null where it is no live key. */
  get published(): Slot | null {
    const newest = this.world.vault.newest(this.config.secret);
    const { primary, secondary } = this.keys;
    if (newest === null || newest.disabledBy !== null) return null;
    if (newest.value === primary.value) return "primary";
    return newest.value === secondary.value ? "secondary" : null;
  }

  /** The number of versions of the secret. */
  get versions(): number {
    return this.world.vault.versions(this.config.secret).length;
  }

  /** The kinds of all events so far, oldest first. */
  get events(): readonly string[] {
    return this.world.tables.events(this.config.name).map(({ event }) => event);
  }

  /** The number of times that the rotator regenerated this slot. */
  replaced(slot: Slot): number {
    return [...this.world.batch.keys.values()].filter((key) => key.slot === slot && key.madeBy === "rotator").length;
  }

  // What a person does

  regenerateManually(slot: Slot): void {
    this.world.effects += 1;
    this.world.batch.regenerate(this.config.batch.resourceId, slot, "person", false);
    this.#judge.afterEffect();
  }

  deleteRecord(): void {
    this.#judge.changedManually(this.config.name, "deleted", null);
    this.world.tables.delete(this.config.name);
  }

  /** A person restores an older copy of the record. */
  setBack(copy: RotationRecord): void {
    this.#judge.changedManually(this.config.name, "setBack", copy);
    this.world.tables.restore(copy);
  }

  publishManually(value: string): void {
    this.world.effects += 1;
    this.world.vault.add(this.config.secret, {
      value,
      by: "person",
      createdAtMs: this.world.wallMs,
      effect: this.world.effects,
    });
    this.#judge.afterEffect();
  }

  /** From now on the history may have gaps: its table was lost or replaced. */
  waiveHistory(): void {
    this.#judge.waived.add("I5");
  }

  /** The first broken invariant; null where there is none. */
  get violation(): Violation | null {
    if (this.#judge.violation === null) this.#judge.checkHistory();
    return this.#judge.violation;
  }

  /** The readable transcript. */
  transcript(): string {
    return (this.world.transcript.lines ?? []).join("\n");
  }
}

/** An adopted account whose one app runs on the published key. */
export const anIdleStory = async (
  options: StoryOptions = {},
): Promise<{ readonly story: Story; readonly app: App }> => {
  const story = new Story(options);
  const app = story.app("vm-1");
  await story.tick();
  await story.goesOnUntilIdle();
  return { story, app };
};

/** Adds a fault at the next call of an operation. */
export const nextCall = (story: Story, operation: Operation, fault: Fault, ahead = 1): void =>
  story.world.faults.place({ operation, nth: story.world.faults.calls(operation) + ahead, fault });
