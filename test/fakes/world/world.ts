import type { AppLimits } from "../../../lib/limits";
import type { BatchKey } from "../../../lib/batch-key";
import type { Ports } from "../../../lib/ports";
import type { AccountConfig } from "../../../lib/rotation/account-config";
import { FakeBatch } from "./fake-batch";
import { FakeTables } from "./fake-tables";
import { FakeVault } from "./fake-vault";
import { FaultPlan, type PlacedFault } from "./faults";
import { Journal } from "./journal";
import { nobody, type Observer } from "./observer";
import { portsOf } from "./ports";
import { Process } from "./process";
import type { Product } from "./product-type";
import { Random } from "./random";
import { Timeline } from "./timeline";
import { epochMs, VirtualClock } from "./virtual-clock";
import { Wire } from "./wire";

export interface WorldOptions {
  readonly product: Product;
  readonly seed: number;
  /** Off: calls are answered at once and in the order in which they were made. */
  readonly disorder: boolean;
  readonly faults: readonly PlacedFault[];
  readonly settleMs: { readonly accept: number; readonly refuse: number };
  readonly recording: boolean;
}

const minute = 60_000;

/** As `compose.ts` builds them for a `functionTimeout` of 5 minutes. */
export const limits: AppLimits = {
  claimMs: 6 * minute,
  quarantineMs: 5 * minute,
  callMs: minute / 2,
  dryRun: false,
  historyKeepMs: 400 * 24 * 60 * minute,
  tickMs: 2.5 * minute,
  requestMs: 100_000,
  claimWaitMs: 3_000,
};

/** Batch, Key Vault, the tables and the clocks, all in memory and all seen through: what is true here needs no asking. */
export class World {
  readonly product: Product;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly batch: FakeBatch;
  readonly vault: FakeVault;
  readonly tables = new FakeTables();
  readonly faults: FaultPlan;
  readonly journal: Journal;
  readonly wire: Wire;
  readonly processes: Process[] = [];
  readonly #keyObjects = new Map<string, BatchKey>();
  observer: Observer = nobody;
  /** How many external effects there have been. */
  effects = 0;
  #ids = 0;
  /** What answers health URLs; null where nothing does. */
  health: ((url: string, nonce: string) => unknown) | null = null;

  constructor({ product, seed, disorder, faults, settleMs, recording }: WorldOptions) {
    this.product = product;
    this.random = new Random(seed);
    this.timeline = new Timeline(disorder ? (count) => this.random.below(count) : () => 0);
    this.batch = new FakeBatch(this.timeline, this.random, settleMs);
    this.vault = new FakeVault(this.random);
    this.faults = new FaultPlan(faults);
    this.journal = new Journal(recording, () => this.timeline.now);
    this.wire = new Wire(this, disorder);
  }

  start(name: string, accounts: readonly AccountConfig[], change: Partial<AppLimits> = {}): Process {
    const process = new Process(name, new VirtualClock(this.timeline), this.product, { ...limits, ...change });
    const ports: Ports = portsOf(this, process);
    process.ports = ports;
    process.deploy(accounts);
    this.processes.push(process);
    return process;
  }

  /** The app's object for a key. One for each value: making one costs more than looking it up. */
  key(value: string): BatchKey {
    const known = this.#keyObjects.get(value);
    if (known !== undefined) return known;
    const key = new this.product.BatchKey(value);
    this.#keyObjects.set(value, key);
    return key;
  }

  /** Counts the ids that the app has asked for. */
  nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  /** True time, as an exact clock shows it. */
  get wallMs(): number {
    return epochMs + this.timeline.now;
  }
}
