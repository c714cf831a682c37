import type { App } from "../../../lib/app";
import type { AppLimits } from "../../../lib/limits";
import type { Ports } from "../../../lib/ports";
import type { AccountConfig } from "../../../lib/rotation/account-config";
import { methodOf, type Operation } from "./faults";
import type { Product } from "./product-type";
import type { VirtualClock } from "./virtual-clock";

/** The call at which a process dies. */
export interface Death {
  /** "before": the call is never sent. "after": it has its effect, and the process never learns of it. */
  readonly at: "before" | "after";
  /** Default: any. */
  readonly operation?: Operation;
  /** The call at which it dies, from 1 (default 1). */
  readonly nth?: number;
}

export interface ProcessOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly product: Product;
  readonly limits: AppLimits;
  readonly emulated: boolean;
  readonly death: Death | null;
}

/** One process of the function app: its own clock, memory and configuration. */
export class Process {
  readonly name: string;
  readonly clock: VirtualClock;
  /** Counts its lives: what an earlier life was waiting for never comes. */
  life = 1;
  alive = true;
  frozenUntil = 0;
  /**
   * When it last read the newest version of a secret, by the secret's name: after which effect, and at which virtual
   * time.
   */
  readonly reads = new Map<string, { readonly effect: number; readonly at: number }>();
  /** Resolves, when it crashes, with the call at which it does. */
  readonly died: Promise<string>;
  ports: Ports | null = null;
  #calls = 0;
  #bury: (at: string) => void = () => undefined;
  #running: { readonly app: App; readonly ticker: InstanceType<Product["Ticker"]> } | null = null;

  constructor(private readonly options: ProcessOptions) {
    this.name = options.name;
    this.clock = options.clock;
    this.died = new Promise((resolve) => {
      this.#bury = resolve;
    });
  }

  /** Starts, or goes on, with this configuration and an empty memory. What is under way keeps the one it began with. */
  deploy(accounts: readonly AccountConfig[]): void {
    const { ports, clock } = this;
    const { product, limits, emulated } = this.options;
    if (ports === null) throw new Error("a process needs its ports first");
    const versions = new product.VersionCache(ports.secrets, clock);
    const reports = new product.ReportCache(ports.signals, clock);
    const refusedProofs = new product.RefusedProofLimiter(clock);
    const app: App = { ports, accounts, versions, reports, refusedProofs, emulated, limits };
    this.#running = { app, ticker: new product.Ticker(app) };
    this.alive = true;
  }

  /** Counts a call; the fault that ends the process where this is its last. */
  faultAt(operation: Operation): { readonly kind: "crash"; readonly at: Death["at"] } | null {
    const { death } = this.options;
    if (death === null || (death.operation !== undefined && death.operation !== methodOf(operation))) return null;
    this.#calls += 1;
    return this.#calls === (death.nth ?? 1) ? { kind: "crash", at: death.at } : null;
  }

  crash(at = ""): void {
    this.alive = false;
    this.life += 1;
    this.reads.clear();
    this.#bury(at);
  }

  get app(): App {
    return this.#now.app;
  }

  get ticker(): InstanceType<Product["Ticker"]> {
    return this.#now.ticker;
  }

  /** Whether it takes requests at this instant. */
  serves(now: number): boolean {
    return this.alive && this.frozenUntil <= now;
  }

  get #now() {
    if (this.#running === null) throw new Error(`process ${this.name} was never deployed`);
    return this.#running;
  }
}
