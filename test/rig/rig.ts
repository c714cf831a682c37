import { alarmConfigurationInvalid } from "../../lib/alarms/configuration-alarm";
import { MemoryNotices } from "../../lib/alarms/memory-notices";
import { noWebhook, Webhook } from "../../lib/alarms/webhook";
import type { App } from "../../lib/app";
import type { ConfigError } from "../../lib/errors";
import type { AppLimits } from "../../lib/limits";
import { type OperatorAction, operate } from "../../lib/operations/operate-account";
import { rotateOnDemand } from "../../lib/operations/rotate-on-demand";
import type { Ticker, TickSummary } from "../../lib/operations/tick/tick";
import type { Ports } from "../../lib/ports/ports";
import type { AccountConfig } from "../../lib/rotation/account-config";
import type { Wanted } from "../../lib/rotation/events/deliveries";
import type { RotationEvent } from "../../lib/rotation/events/events";
import { noFleetLimits } from "../../lib/rotation/fleet/fleet-config";
import type { Slot } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import { receiveSignal } from "../../lib/signals/receive-signal";
import { type AccountChanges, anAccount } from "../builders/account";
import { proofOf } from "../builders/proof";
import { hours, minutes } from "../builders/time";
import { limits } from "../fakes/limits";
import type { Operation } from "../fakes/world/faults";
import type { Death, Process } from "../fakes/world/process";
import * as product from "../fakes/world/product";
import { type StartOptions, startProcess } from "../fakes/world/start-process";
import { World } from "../fakes/world/world";
import { Receiver } from "./receiver";

export type Line = Readonly<Record<string, unknown>> & { readonly level: string; readonly event: string };

export interface RigOptions {
  readonly limits?: Partial<AppLimits>;
  /** Which events the webhook sends to `receiver`; null: there is no webhook, and `fetch` is the real one. */
  readonly wanted?: Wanted | null;
  readonly remindSettingsEveryMs?: number;
  /** Replacements for ports of the world. */
  readonly ports?: Partial<Ports>;
  readonly startsAt?: string;
  /** How accounts are found by a tag; default: all are listed. */
  readonly discovery?: StartOptions["discovery"];
  readonly lookers?: StartOptions["lookers"];
  /** Default: a new world. */
  readonly world?: World;
}

export interface AccountOptions extends AccountChanges {
  /** What the vault holds at first (default: the primary key); null: no secret yet. */
  readonly seed?: Slot | null;
}

export const aWorld = (startsAt?: string): World =>
  new World({ product, signals: "real", ...(startsAt === undefined ? {} : { startsAt }) });

/** The app on a live world, with a clock that the test advances and a receiver at its webhook. */
export class Rig {
  readonly world: World;
  readonly receiver: Receiver;
  readonly lines: Line[] = [];
  accounts: readonly AccountConfig[] = [];
  /** The problems of the settings. Where there are any, a run of the timer only reports them. */
  wrongSettings: ConfigError["problems"] = [];
  /** Optional settings that the platform has not resolved, from the next start on. */
  unresolved: App["unresolved"] = [];
  /** What holds for all accounts together, from the next start on. */
  fleet: App["fleet"] = noFleetLimits;
  #limits: Partial<AppLimits>;
  #process: Process | null = null;

  constructor(private readonly options: RigOptions = {}) {
    const { startsAt, world = aWorld(startsAt), wanted = "alarms" } = options;
    this.world = world;
    this.#limits = options.limits ?? {};
    this.receiver = new Receiver(this.clock);
    world.alerts = noWebhook;
    if (wanted === null) return;
    jest.spyOn(globalThis, "fetch").mockImplementation((url, init) => this.receiver.fetch(url, init));
    world.alerts = new Webhook({
      url: "https://receiver.example/hook?token=not-for-the-log",
      format: "cloudevents",
      secret: null,
      wanted,
      site: "rotator",
      clock: this.clock,
    });
  }

  get clock() {
    return this.world.clock;
  }

  get batch() {
    return this.world.batch;
  }

  get vault() {
    return this.world.vault;
  }

  get tables() {
    return this.world.tables;
  }

  get faults() {
    return this.world.faults;
  }

  /** The next calls of an operation fail without effect, because its service is unavailable. */
  unavailable(operation: Operation, times = 1): void {
    const error = () => new product.TransientServiceError({ operation, statusCode: 503 });
    this.faults.add(operation, { when: "before", error, times });
  }

  /** Replaces the process with a new one with an empty memory. */
  start({ death = null, ports: other }: Pick<StartOptions, "death" | "ports"> = {}): Process {
    const log: Ports["log"] = { write: (level, line) => void this.lines.push({ ...line, level }) };
    const ports = { log, ...this.options.ports, ...other };
    const { discovery, lookers } = this.options;
    this.#process = startProcess(this.world, this.accounts, {
      limits: this.#limits,
      emulated: false,
      ports,
      death,
      unresolved: this.unresolved,
      fleet: this.fleet,
      ...(discovery === undefined ? {} : { discovery }),
      ...(lookers === undefined ? {} : { lookers }),
    });
    return this.#process;
  }

  /** Restarts with another configuration, as a deployment does. */
  deploy(accounts: readonly AccountConfig[], change: Partial<AppLimits> = {}): void {
    this.accounts = accounts;
    this.#limits = { ...this.#limits, ...change };
    this.start();
  }

  /** Runs `work` in a process that crashes, then starts a new process. Returns the call; null where nothing crashed. */
  async crash(death: Death, work: () => Promise<unknown>): Promise<string | null> {
    const { died } = this.start({ death });
    const at = await Promise.race([died, work().then(() => null)]);
    this.start();
    return at;
  }

  get app(): App {
    if (this.#process === null) throw new Error("start a process first");
    return this.#process.app;
  }

  get ticker(): Ticker {
    if (this.#process === null) throw new Error("start a process first");
    return this.#process.ticker;
  }

  tick(): Promise<TickSummary> {
    return this.ticker.tick();
  }

  /** One run of the timer, with valid or wrong settings. */
  async fireTimer(): Promise<void> {
    await (this.wrongSettings.length === 0 ? this.tick() : this.reportSettings());
  }

  /** Advances the clock by this many milliseconds, then runs the timer. */
  async tickAfter(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.fireTimer();
  }

  /** The same, at an instant in milliseconds since 1970. */
  async tickAt(atMs: number): Promise<void> {
    this.clock.to(atMs);
    await this.fireTimer();
  }

  reportSettings(): Promise<void> {
    const { ports } = this.app;
    const toLogOnly = { ...ports, notices: new MemoryNotices(), alerts: noWebhook };
    const { callMs } = limits;
    const remindEveryMs = this.options.remindSettingsEveryMs ?? hours(6);
    return alarmConfigurationInvalid(
      { notifier: { ports, callMs }, logOnly: { ports: toLogOnly, callMs }, remindEveryMs },
      this.wrongSettings,
    );
  }

  /** A tick at once and then every five minutes, for this long. */
  async ticking(ms: number, each: () => Promise<unknown> = async () => undefined): Promise<void> {
    const begin = this.clock.now().getTime();
    for (let at = begin; at <= begin + ms; at += minutes(5)) {
      this.clock.to(at);
      await each();
      await this.fireTimer();
    }
    this.clock.to(begin + ms);
  }

  /** Makes a Batch account and its secret, and deploys a configuration with them. */
  configure({ seed = "primary", ...changes }: AccountOptions = {}): AccountConfig {
    const name = changes.name ?? "render-weu";
    const batch = this.batch.addAccount(name.replaceAll("-", ""));
    const secret = { vaultUrl: "https://render.vault.azure.net", name: `${batch.accountName}-batch-key` };
    const config = anAccount({ name, batch, secret, ...changes });
    if (seed !== null) publishManually(this.world, config, this.batch.liveKeys(batch)[seed]);
    this.deploy([...this.accounts, config]);
    return config;
  }

  place(options: AccountOptions = {}): Place {
    return new Place(this, this.configure(options));
  }

  logged(event: string): readonly Line[] {
    return this.lines.filter((line) => line.event === event);
  }

  /** The received events: whole minutes since an instant, and the kind. */
  receivedSince(start: string): readonly (readonly [number, string])[] {
    return this.receiver.received.map(
      ({ at, kind }) => [Math.floor((Date.parse(at) - Date.parse(start)) / 60_000), kind] as const,
    );
  }
}

const publishManually = (world: World, { secret }: AccountConfig, value: string): void => {
  world.effects += 1;
  world.vault.add(secret, { value, by: "person", createdAtMs: world.wallMs, effect: world.effects });
};

/** One version of the secret. */
export interface HeldVersion {
  readonly version: string;
  readonly value: string;
  readonly createdAt: string;
  readonly enabled: boolean;
}

/** The true state of one account under rotation. */
export class PlacedAccount {
  constructor(
    readonly rig: Rig,
    readonly config: AccountConfig,
  ) {}

  get name(): string {
    return this.config.name;
  }

  get record(): RotationRecord {
    const stored = this.rig.tables.rotations.get(this.name);
    if (stored === undefined) throw new Error("no tick has read this account");
    if (this.rig.tables.damaged.has(this.name)) throw new Error("the row cannot be read");
    return stored.record;
  }

  /** Oldest first. */
  get events(): readonly RotationEvent[] {
    return [...this.rig.tables.events(this.name)];
  }

  eventKinds(): readonly string[] {
    return this.events.map(({ event }) => event);
  }

  eventsOf(kind: string): readonly RotationEvent[] {
    return this.events.filter(({ event }) => event === kind);
  }

  /** Oldest first. */
  versions(): readonly HeldVersion[] {
    return this.rig.vault.versions(this.config.secret).map(({ version, value, createdAtMs, disabledBy }) => ({
      version,
      value,
      createdAt: new Date(createdAtMs).toISOString(),
      enabled: disabledBy === null,
    }));
  }

  newest(): HeldVersion {
    const newest = this.versions().at(-1);
    if (newest === undefined) throw new Error(`the vault holds no secret of ${this.name}`);
    return newest;
  }

  keys(): Readonly<Record<Slot, string>> {
    return this.rig.batch.liveKeys(this.config.batch);
  }

  /** Whether Batch would answer a call signed with this key now. */
  accepts(key: string): boolean {
    return this.rig.batch.accepts(key);
  }

  /** The slot that the newest version's key lives in; null where it is dead. */
  publishedSlot(): Slot | null {
    const { primary, secondary } = this.keys();
    const { value } = this.newest();
    return value === primary ? "primary" : value === secondary ? "secondary" : null;
  }

  // What a person does

  publishManually(value: string): void {
    publishManually(this.rig.world, this.config, value);
  }

  /** Marks the newest version, as the remedy of a foreign secret says. */
  mark(tags: Readonly<Record<string, string>>): void {
    const newest = this.rig.vault.newest(this.config.secret);
    if (newest !== null) newest.tags = tags;
  }

  regenerateManually(slot: Slot): string {
    return this.rig.batch.regenerateManually(this.config.batch, slot);
  }

  /** Disables a version, counted from the oldest. */
  disableManually(index: number): void {
    const version = this.rig.vault.versions(this.config.secret)[index];
    if (version !== undefined) version.disabledBy = "person";
  }

  damageRecord(): void {
    this.rig.tables.damage(this.name);
  }

  restoreRecord(): void {
    this.rig.tables.repair(this.name);
  }

  deleteRecord(): void {
    this.rig.tables.delete(this.name);
  }
}

export interface Report {
  readonly instance?: string;
  readonly healthy?: boolean;
  readonly detail?: string;
  /** Default: the newest. */
  readonly version?: string;
  readonly proven?: boolean;
  readonly leaving?: boolean;
}

/** The same, driven by the app's own operations. */
export class Place extends PlacedAccount {
  get phase(): string {
    return this.record.state.phase;
  }

  async report({
    instance = "vm-1",
    healthy = true,
    detail,
    version,
    proven = false,
    leaving = false,
  }: Report = {}): Promise<void> {
    const { rig, config } = this;
    // No two signals of an instance carry the same instant.
    rig.clock.advance(1);
    const held = this.versions().findLast((each) => version === undefined || each.version === version);
    if (held === undefined) throw new Error("the vault holds no such version");
    const { at } = rig.clock;
    const lines = [config.name, "render-api", instance, held.version, leaving ? "leaving" : String(healthy), at];
    const signal = {
      consumer: "render-api",
      instance,
      secretVersion: held.version,
      healthy,
      leaving,
      at,
      detail: detail ?? null,
      proof: proven ? proofOf(held.value, lines) : null,
    };
    const received = await receiveSignal(rig.app, config, signal);
    if (received.kind !== "received") throw new Error(`the signal was refused: ${received.reason}`);
  }

  /** Reports for the whole soak, which opens the gate where nothing else shuts it. */
  async confirm(report: Report = {}): Promise<void> {
    await this.report(report);
    this.rig.clock.advance(this.config.gate.soakMs);
    await this.report(report);
    await this.rig.tick();
  }

  async adopt(): Promise<this> {
    await this.rig.tick();
    await this.confirm();
    if (this.phase !== "idle") throw new Error(`not adopted, but ${this.phase}`);
    return this;
  }

  async rotate(reason = "asked for", retireAfterMs: number | null = null): Promise<void> {
    const demand = { reason, retireAfterMs, idempotencyKey: null, by: "operator:ada" };
    const demanded = await rotateOnDemand(this.rig.app, this.config, demand);
    if (demanded.kind !== "accepted") throw new Error(`the rotation was not started: ${demanded.kind}`);
  }

  async order(action: OperatorAction, reason = "a test"): Promise<void> {
    const done = await operate(this.rig.app, this.config, { action, reason, by: "operator:ada" });
    if (done.kind !== "done") throw new Error(`not carried out: ${done.kind}`);
  }
}
