import { createHmac } from "node:crypto";
import { MemoryNotices } from "../../../lib/alarms/memory-notices";
import { noWebhook, Webhook } from "../../../lib/alarms/webhook";
import type { App } from "../../../lib/app";
import type { AppLimits } from "../../../lib/limits";
import { type OperatorAction, operate } from "../../../lib/operations/operate-account";
import { alarmConfigurationInvalid } from "../../../lib/alarms/configuration-alarm";
import { rotateOnDemand } from "../../../lib/operations/rotate-on-demand";
import type { ConfigError } from "../../../lib/errors";
import type { Ports } from "../../../lib/ports";
import { receiveSignal } from "../../../lib/signals/receive-signal";
import type { AccountConfig } from "../../../lib/rotation/account-config";
import type { Wanted } from "../../../lib/rotation/events/deliveries";
import type { RotationEvent } from "../../../lib/rotation/events/events";
import type { RotationRecord } from "../../../lib/rotation/record";
import { Ticker, type TickSummary } from "../../../lib/operations/tick";
import { type AccountChanges, anAccount } from "../../builders/account";
import { anApp } from "../../builders/app";
import { days, hours, minutes } from "../../builders/time";
import { InMemoryBatch } from "../../fakes/in-memory-batch";
import { InMemoryFaults } from "../../fakes/in-memory-faults";
import { InMemoryHistory } from "../../fakes/in-memory-history";
import { InMemoryNotices } from "../../fakes/in-memory-notices";
import { InMemoryRotations } from "../../fakes/in-memory-rotations";
import { InMemorySignals } from "../../fakes/in-memory-signals";
import { InMemoryVault } from "../../fakes/in-memory-vault";
import { Receiver } from "./receiver";
import { VirtualClock } from "./virtual-clock";

export const limits: AppLimits = {
  claimMs: minutes(6),
  quarantineMs: minutes(5),
  callMs: minutes(0.5),
  dryRun: false,
  historyKeepMs: days(400),
  tickMs: minutes(2.5),
  requestMs: 100_000,
  claimWaitMs: 0,
};

export type Line = Readonly<Record<string, unknown>> & { readonly level: string; readonly event: string };

export interface RigOptions {
  readonly limits?: Partial<AppLimits>;
  readonly wanted?: Wanted;
  readonly remindSettingsEveryMs?: number;
  /** Ports that are something else than the fakes. */
  readonly ports?: Partial<Ports>;
}

/** Says what a service would: every change has a request of its own. */
class NumberedBatch extends InMemoryBatch {
  #requests = 0;

  override async regenerate(...call: Parameters<InMemoryBatch["regenerate"]>): Promise<{ requestId: string }> {
    await super.regenerate(...call);
    return { requestId: `arm-request-${(this.#requests += 1)}` };
  }
}

class NumberedVault extends InMemoryVault {
  #requests = 0;

  override async publish(...call: Parameters<InMemoryVault["publish"]>): ReturnType<InMemoryVault["publish"]> {
    const { version } = await super.publish(...call);
    return { version, requestId: `vault-request-${(this.#requests += 1)}` };
  }
}

/** The app on services in memory, with a clock that the test moves, and somebody at its webhook. */
export class Rig {
  readonly clock = new VirtualClock("2026-11-24T10:00:00.000Z");
  readonly faults = new InMemoryFaults();
  readonly batch = new NumberedBatch(this.faults);
  readonly vault = new NumberedVault(() => this.clock.now(), this.faults);
  readonly rotations = new InMemoryRotations(this.faults);
  readonly notices = new InMemoryNotices(this.faults);
  readonly signals = new InMemorySignals(this.faults);
  readonly history = new InMemoryHistory(this.faults);
  readonly receiver = new Receiver(this.clock);
  readonly lines: Line[] = [];
  accounts: readonly AccountConfig[] = [];
  /** What is wrong with the settings: while there is anything, a run of the timer tells of it and does nothing else. */
  wrongSettings: ConfigError["problems"] = [];
  #ids = 0;
  #app: App | null = null;
  #ticker: Ticker | null = null;

  constructor(private readonly options: RigOptions = {}) {
    jest.spyOn(globalThis, "fetch").mockImplementation((url, init) => this.receiver.fetch(url, init));
  }

  /** A process with an empty memory; `wrap` puts something between it and the services. */
  start(wrap: (ports: Ports) => Ports = (ports) => ports): this {
    const { clock, batch, vault: secrets, rotations, notices, signals, history } = this;
    const ports = wrap({
      clock,
      batch,
      secrets,
      rotations,
      notices,
      signals,
      history,
      health: { ask: async () => ({ kind: "failed", problem: "is not asked" }) },
      permissions: { principalId: async () => null, allows: async () => null },
      alerts: new Webhook({
        url: "https://receiver.example/hook?token=not-for-the-log",
        format: "cloudevents",
        secret: null,
        wanted: this.options.wanted ?? "alarms",
        site: "rotator",
        clock,
      }),
      log: { write: (level, line) => void this.lines.push({ ...line, level }) },
      ids: { next: () => String((this.#ids += 1)).padStart(26, "0") },
      ...this.options.ports,
    });
    this.#app = anApp({ ports, limits: { ...limits, ...this.options.limits }, accounts: this.accounts });
    this.#ticker = new Ticker(this.#app);
    return this;
  }

  get ticker(): Ticker {
    if (this.#ticker === null) throw new Error("start a process first");
    return this.#ticker;
  }

  get app(): App {
    if (this.#app === null) throw new Error("start a process first");
    return this.#app;
  }

  tick(): Promise<TickSummary> {
    return this.run(this.ticker.tick());
  }

  /** What the timer does, whatever the settings. */
  async fireTimer(): Promise<void> {
    await (this.wrongSettings.length === 0 ? this.tick() : this.run(this.tellOfSettings()));
  }

  tellOfSettings(): Promise<void> {
    const { ports } = this.app;
    const toLogOnly = { ...ports, notices: new MemoryNotices(), alerts: noWebhook };
    const { callMs } = limits;
    const remindEveryMs = this.options.remindSettingsEveryMs ?? hours(6);
    return alarmConfigurationInvalid(
      { notifier: { ports, callMs }, logOnly: { ports: toLogOnly, callMs }, remindEveryMs },
      this.wrongSettings,
    );
  }

  /** Lets time pass while it waits for the receiver. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.clock.run(work, () => this.receiver.keepsWaiting);
  }

  /** A tick at once and then every five minutes, for so long. */
  async ticking(ms: number, each: () => Promise<unknown> = async () => undefined): Promise<void> {
    const end = this.clock.now().getTime() + ms;
    for (let at = this.clock.now().getTime(); at <= end; at += minutes(5)) {
      this.clock.to(at);
      await each();
      await this.fireTimer();
    }
    this.clock.to(end);
  }

  /** Configures an account whose vault holds the primary key. */
  place(changes: AccountChanges = {}): Place {
    const name = changes.name ?? "render-weu";
    const batch = this.batch.addAccount(name.replaceAll("-", ""));
    const secret = { vaultUrl: "https://render.vault.azure.net", name: `${batch.accountName}-batch-key` };
    const config = anAccount({ name, batch, secret, ...changes });
    this.vault.seed(secret, this.batch.keys(batch).primary);
    this.accounts = [...this.accounts, config];
    this.start();
    return new Place(this, config);
  }

  logged(event: string): readonly Line[] {
    return this.lines.filter((line) => line.event === event);
  }

  /** What came to the receiver, in short: whole minutes since an instant, and what. */
  receivedSince(start: string): readonly (readonly [number, string])[] {
    return this.receiver.received.map(
      ({ at, kind }) => [Math.floor((Date.parse(at) - Date.parse(start)) / 60_000), kind] as const,
    );
  }
}

export interface Report {
  readonly instance?: string;
  readonly healthy?: boolean;
  readonly detail?: string;
  /** Default: the newest. */
  readonly version?: string;
  readonly proven?: boolean;
}

/** One account under rotation. */
export class Place {
  #copy: RotationRecord | null = null;

  constructor(
    readonly rig: Rig,
    readonly config: AccountConfig,
  ) {}

  get record(): RotationRecord {
    const stored = this.rig.rotations.peek(this.config.name);
    if (stored === null) throw new Error("no tick has seen this account");
    return stored.record;
  }

  get phase(): string {
    return this.record.state.phase;
  }

  /** Somebody spoils the stored record by hand, and has a copy. */
  spoil(): void {
    this.#copy = this.record;
    this.rig.rotations.damage(this.config.name);
  }

  mend(): void {
    if (this.#copy !== null) this.rig.rotations.restore(this.#copy);
  }

  /** Oldest first. */
  get events(): readonly RotationEvent[] {
    return this.rig.history.events(this.config.name).toReversed();
  }

  eventsOf(kind: string): readonly RotationEvent[] {
    return this.events.filter(({ event }) => event === kind);
  }

  async report({ instance = "vm-1", healthy = true, detail, version, proven = false }: Report = {}): Promise<void> {
    const { rig, config } = this;
    // No two signals of an instance carry the same instant.
    rig.clock.advance(1);
    const held = rig.vault
      .versions(config.secret)
      .findLast((each) => version === undefined || each.version === version);
    if (held === undefined) throw new Error("the vault holds no such version");
    const at = rig.clock.at;
    const text = ["batch-key-proof-v1", config.name, "render-api", instance, held.version, String(healthy), at];
    const proof = createHmac("sha256", Buffer.from(held.value, "base64")).update(text.join("\n")).digest("base64");
    const signal = {
      consumer: "render-api",
      instance,
      secretVersion: held.version,
      healthy,
      at,
      detail: detail ?? null,
      proof: proven ? proof : null,
    };
    const received = await rig.run(receiveSignal(rig.app, config, signal));
    if (received.kind !== "received") throw new Error(`the signal was refused: ${received.reason}`);
  }

  /** Good for as long as the soak takes: past the gate, where nothing else shuts it. */
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

  async rotate(reason = "asked for"): Promise<void> {
    const demand = { reason, retireAfterMs: null, idempotencyKey: null, by: "operator:ada" };
    const demanded = await this.rig.run(rotateOnDemand(this.rig.app, this.config, demand));
    if (demanded.kind !== "accepted") throw new Error(`the rotation was not started: ${demanded.kind}`);
  }

  async order(action: OperatorAction, reason = "a test"): Promise<void> {
    const order = { action, reason, by: "operator:ada" };
    const done = await this.rig.run(operate(this.rig.app, this.config, order));
    if (done.kind !== "done") throw new Error(`not carried out: ${done.kind}`);
  }
}
