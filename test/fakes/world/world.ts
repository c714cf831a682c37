import type { BatchKey } from "../../../lib/batch-key";
import type { Alerts } from "../../../lib/ports/alerts";
import type { FakeAuditLog } from "./fake-audit-log";
import { FakeBatch } from "./fake-batch";
import { FakeDiscovery } from "./fake-discovery";
import { FakePlatforms } from "./fake-platforms";
import { FakeTables } from "./fake-tables";
import { FakeVault } from "./fake-vault";
import { FaultPlan, type Operation, type PlacedFault } from "./faults";
import { noObserver, type Observer } from "./observer";
import type { Process } from "./process";
import type { Product } from "./product-type";
import { Random } from "./random";
import { Timeline } from "./timeline";
import { Transcript } from "./transcript";
import { type Signals, start, VirtualClock } from "./virtual-clock";
import { Wire } from "./wire";

/**
 * "live": calls are answered at once, in order. "stepped": the same, but time passes only in `timeline.run`.
 * "disorder": anything may happen in between.
 */
export type Course = "live" | "stepped" | "disorder";

export interface WorldOptions {
  readonly product: Product;
  readonly course?: Course;
  readonly seed?: number;
  readonly faults?: readonly PlacedFault[];
  readonly settleMs?: { readonly accept: number; readonly refuse: number };
  /** Whether a transcript is kept. */
  readonly recording?: boolean;
  /** Whether rows that the real tables would refuse are refused. */
  readonly checked?: boolean;
  readonly startsAt?: string;
  readonly signals?: Signals;
  /** How long each call takes, where the course is not "disorder" (default: no time). */
  readonly latencyMs?: (operation: Operation) => number;
}

/**
 * Batch, Key Vault, the tables and the clocks in memory. A test can read their state directly.
 */
export class World {
  readonly product: Product;
  readonly random: Random;
  readonly timeline: Timeline;
  /** Exact; processes have their own. */
  readonly clock: VirtualClock;
  readonly batch: FakeBatch;
  readonly vault: FakeVault;
  readonly tables: FakeTables;
  readonly discovery = new FakeDiscovery();
  readonly platforms = new FakePlatforms();
  readonly faults: FaultPlan;
  readonly transcript: Transcript;
  readonly wire: Wire;
  readonly processes: Process[] = [];
  readonly #keyObjects = new Map<string, BatchKey>();
  readonly #options: WorldOptions;
  observer: Observer = noObserver;
  /** The number of external effects so far. */
  effects = 0;
  #ids = 0;
  /** Answers health URLs; null where nothing does. */
  health: ((url: string, nonce: string) => unknown) | null = null;
  /** The identity of the rotator's processes; null where their token does not say. */
  principal: string | null = null;
  /** The vault's audit log; null where no workspace is named. */
  auditLog: FakeAuditLog | null = null;
  /** The receiver of alarms; null: one that accepts every event. */
  alerts: Alerts | null = null;

  constructor(options: WorldOptions) {
    const { product, course = "live", seed = 1, faults = [], recording = false, checked = true } = options;
    this.#options = options;
    this.product = product;
    this.random = new Random(seed);
    this.timeline = new Timeline(courses[course](this.random));
    this.clock = this.newClock();
    this.batch = new FakeBatch(this.timeline, this.random, options.settleMs ?? { accept: 0, refuse: 0 });
    this.vault = new FakeVault(this.random);
    this.tables = new FakeTables(checked);
    this.faults = new FaultPlan(faults);
    this.transcript = new Transcript(recording, () => this.timeline.now);
    this.wire = new Wire(this, course === "disorder", options.latencyMs);
  }

  newClock(): VirtualClock {
    const { startsAt = start, signals = "asked" } = this.#options;
    return new VirtualClock({ timeline: this.timeline, startsAt, signals });
  }

  /** The app's object for a key, cached because making one costs more than a lookup. */
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

  /** True time as an exact clock shows it. */
  get wallMs(): number {
    return this.clock.now().getTime();
  }
}

const courses = {
  live: () => null,
  stepped: () => () => 0,
  disorder: (random: Random) => (count: number) => random.below(count),
} satisfies Record<Course, (random: Random) => ConstructorParameters<typeof Timeline>[0]>;
