import type { App } from "../../../lib/app";
import type { AppLimits } from "../../../lib/limits";
import type { Ports } from "../../../lib/ports";
import type { AccountConfig } from "../../../lib/rotation/account-config";
import type { Product } from "./product-type";
import type { VirtualClock } from "./virtual-clock";

/** One process of the function app: its own clock, memory and configuration. */
export class Process {
  /** Counts its lives: what an earlier life was waiting for never comes. */
  life = 1;
  alive = true;
  frozenUntil = 0;
  /** When it last read the newest version of a secret, by the secret's name: after which effect, and at which virtual time. */
  readonly looks = new Map<string, { readonly effect: number; readonly at: number }>();
  ports: Ports | null = null;
  #running: { readonly app: App; readonly ticker: InstanceType<Product["Ticker"]> } | null = null;

  constructor(
    readonly name: string,
    readonly clock: VirtualClock,
    private readonly product: Product,
    private readonly limits: AppLimits,
  ) {}

  /** Starts, or goes on, with this configuration and an empty memory. What is under way keeps the one it began with. */
  deploy(accounts: readonly AccountConfig[]): void {
    const { product, ports, clock, limits } = this;
    if (ports === null) throw new Error("a process needs its ports first");
    const versions = new product.VersionCache(ports.secrets, clock);
    const reports = new product.ReportCache(ports.signals, clock);
    const refusedProofs = new product.RefusedProofLimiter(clock);
    const app: App = { ports, accounts, versions, reports, refusedProofs, emulated: true, limits };
    this.#running = { app, ticker: new product.Ticker(app) };
    this.alive = true;
  }

  crash(): void {
    this.alive = false;
    this.life += 1;
    this.looks.clear();
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
