import { noObserver } from "../../fakes/world/observer";
import type { Process } from "../../fakes/world/process";
import type { Product } from "../../fakes/world/product-type";
import { startProcess } from "../../fakes/world/start-process";
import { World } from "../../fakes/world/world";
import { type PlannedAccount, type PlatformPlan, platformPlan, type SimulatedPlatform } from "./plan";
import { hour, minute, repeat, type Scene } from "./scene";

export interface PlatformHistory {
  readonly seed: number;
  /** Calls of apps that Batch answered. */
  readonly answered: number;
  /** The first call of an app that Batch refused, or an account that never came to rest; null where there is none. */
  readonly violation: string | null;
  readonly faults: Readonly<Record<string, number>>;
  readonly rotations: number;
  /** From publication to retirement, in milliseconds of simulated time. */
  readonly latencies: readonly { readonly platform: SimulatedPlatform | null; readonly ms: number }[];
  readonly journal: readonly string[] | null;
}

/** Rotations on demand of each account. */
const rotations = 2;
const tickEveryMs = 5 * minute;

export const runPlatformHistory = (product: Product, seed: number, recording = false): Promise<PlatformHistory> =>
  new PlatformRun(product, platformPlan(seed), recording).run();

class PlatformRun {
  readonly #world: World;
  readonly #waits = new Map<string, string>();
  #isCalm = false;
  #answered = 0;
  #violation: string | null = null;

  constructor(
    product: Product,
    private readonly plan: PlatformPlan,
    recording: boolean,
  ) {
    const { seed, faults } = plan;
    this.#world = new World({ product, seed, course: "disorder", faults, recording, checked: false });
    // An app that makes no call in the instant of a retirement makes one a moment later.
    this.#world.observer = { ...noObserver, regenerated: () => this.#call() };
  }

  async run(): Promise<PlatformHistory> {
    const { plan } = this;
    const { timeline, wire, transcript } = this.#world;
    for (const account of plan.accounts) this.#furnish(account);
    for (let number = 1; number <= plan.processes; number += 1) this.#boot(`p${number}`);
    timeline.add(plan.stormMs, () => this.#becomeCalm());
    const endMs = plan.stormMs + 16 * hour;
    timeline.add(endMs - minute, () => this.#ask());
    timeline.add(endMs, () =>
      this.#broken(
        this.#unfinished()
          .map((name) => `${name} never completed: ${this.#waits.get(name) ?? ""}`)
          .join(", "),
      ),
    );
    await timeline.run(() => this.#violation !== null || this.#unfinished().length === 0);
    return {
      seed: plan.seed,
      answered: this.#answered,
      violation: this.#violation,
      faults: Object.fromEntries(wire.met),
      rotations: plan.accounts.reduce((sum, { config }) => sum + this.#completed(config.name), 0),
      latencies: plan.accounts.flatMap((account) => this.#latencies(account)),
      journal: transcript.lines,
    };
  }

  #furnish({ config, actors }: PlannedAccount): void {
    const world = this.#world;
    world.batch.create(config.batch.resourceId);
    const { value } = world.batch.of(config.batch.resourceId).keys.primary;
    const createdAtMs = world.wallMs - world.random.between(0, 3 * hour);
    world.vault.add(config.secret, { value, by: "initial", createdAtMs, effect: 0 });
    const scene: Scene = { world, config, isCalm: () => this.#isCalm };
    for (const actor of actors) actor.begin(scene);
    repeat(
      scene,
      world.random.below(minute),
      () => minute,
      () => this.#call(),
    );
    repeat(
      scene,
      world.random.between(50, 100) * minute,
      () => world.random.between(5, 40) * minute,
      () => this.#demand(config.name),
    );
  }

  #boot(name: string): void {
    const world = this.#world;
    const { timeline, random } = world;
    const accounts = this.plan.accounts.map(({ config }) => config);
    const process = startProcess(world, accounts, {
      name,
    });
    const crash = process.crash.bind(process);
    process.crash = () => {
      if (!process.alive) return;
      crash();
      timeline.add(timeline.now + random.below(6 * minute), () => process.alive || process.deploy(accounts));
    };
    const tick = (ms: number): void => {
      timeline.add(timeline.now + ms, () => {
        if (process.serves(timeline.now)) process.ticker.tick().catch(() => undefined);
        tick(tickEveryMs);
      });
    };
    tick(random.below(tickEveryMs));
  }

  /** A person asks for the next rotation, as soon as the account is idle. */
  #demand(name: string): void {
    const { processes, product, timeline } = this.#world;
    const record = this.#world.tables.rotations.get(name)?.record;
    const process: Process | undefined = processes.find((one) => one.serves(timeline.now));
    const config = process?.app.accounts.find(name) ?? null;
    if (process === undefined || config === null || record?.state.phase !== "idle") return;
    if (this.#completed(name) >= rotations) return;
    const demand = { reason: "asked for", retireAfterMs: null, idempotencyKey: null, by: "operator:ada" };
    void product.rotateOnDemand(process.app, config, demand).catch(() => undefined);
  }

  /** Each process of each app makes a signed call with the key that it holds. */
  #call(): void {
    for (const { config, actors } of this.plan.accounts) {
      for (const actor of actors) {
        for (const { name, value } of actor.processes())
          this.#sign(`${config.name}/${actor.consumer.name}/${name}`, value);
      }
    }
  }

  #sign(who: string, value: string): void {
    const { batch, transcript } = this.#world;
    if (batch.accepts(value)) this.#answered += 1;
    else this.#broken(`a call of ${who} with ${transcript.key(value)} is refused`);
  }

  #broken(text: string): void {
    this.#violation ??= text;
  }

  /** What the accounts wait for that are not done. */
  #ask(): void {
    const { processes, product } = this.#world;
    for (const { app } of processes.slice(0, 1)) {
      for (const name of this.#unfinished()) {
        const config = app.accounts.find(name);
        if (config === null) continue;
        const shown = product.readStatus(app, config);
        void shown.then(({ waitingFor }) => this.#waits.set(name, `${waitingFor?.reason}: ${waitingFor?.detail}`));
      }
    }
  }

  #becomeCalm(): void {
    this.#isCalm = true;
    this.#world.faults.on = false;
  }

  #completed(account: string): number {
    return this.#world.tables.events(account).filter(({ event }) => event === "RotationCompleted").length;
  }

  #unfinished(): readonly string[] {
    return this.plan.accounts.map(({ config }) => config.name).filter((name) => this.#completed(name) < rotations);
  }

  #latencies({ platform, config }: PlannedAccount): PlatformHistory["latencies"] {
    const events = this.#world.tables.events(config.name);
    return events.flatMap(({ event, at, rotationId }) => {
      const published = events.find((one) => one.event === "KeyPublished" && one.rotationId === rotationId);
      return event === "KeyRetired" && published !== undefined
        ? [{ platform, ms: Date.parse(at) - Date.parse(published.at) }]
        : [];
    });
  }
}
