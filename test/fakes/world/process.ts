import { type AccountDirectory, ExplicitAccounts } from "../../../lib/account-directory";
import type { App } from "../../../lib/app";
import type { AppLimits } from "../../../lib/limits";
import type { Discoveries, ResourceGraph } from "../../../lib/ports/discovery";
import type { Ports } from "../../../lib/ports/ports";
import type { AccountConfig, AccountSettings } from "../../../lib/rotation/account-config";
import type { DiscoveryConfig, Profiles } from "../../../lib/rotation/discovery/discovery-config";
import { type FleetConfig, noFleetLimits } from "../../../lib/rotation/fleet/fleet-config";
import { methodOf, type Operation } from "./faults";
import type { Product } from "./product-type";
import type { VirtualClock } from "./virtual-clock";

/** The call at which a process crashes. */
export interface Death {
  /** "before": the call is never sent. "after": it takes effect, and the process never gets the answer. */
  readonly at: "before" | "after";
  /** Default: any. */
  readonly operation?: Operation;
  /** The number of the call, from 1 (default 1). */
  readonly nth?: number;
}

export interface ProcessOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly product: Product;
  readonly limits: AppLimits;
  readonly emulated: boolean;
  readonly death: Death | null;
  readonly unresolved?: App["unresolved"];
  readonly fleet?: FleetConfig;
  readonly lookers?: (ports: Ports, process: Process) => App["lookers"];
}

/** How a process finds accounts, beside those that are listed. */
export interface DiscoveryOptions {
  readonly config: DiscoveryConfig;
  readonly profiles: Profiles;
  readonly ports: { readonly graph: ResourceGraph; readonly discoveries: Discoveries };
}

/** The answer to a signed call; `unanswered` until there is one. */
export type Probed = "accepted" | "refused" | "unanswered";

/** One process of the function app: its own clock, memory and configuration. */
export class Process {
  readonly name: string;
  readonly clock: VirtualClock;
  /** Counts its starts: calls from before a restart are never answered. */
  life = 1;
  alive = true;
  frozenUntil = 0;
  /** The last read of the newest version, by secret: the preceding effect and the virtual time. */
  readonly reads = new Map<string, { readonly effect: number; readonly at: number }>();
  /** The last signed call with each key. */
  readonly probes = new Map<string, Probed>();
  /** The number of calls that failed, signed ones not counted. */
  failures = 0;
  /** When it was last deployed, in virtual time. */
  deployedAt = 0;
  /** Resolves when the process crashes, with the call. */
  readonly died: Promise<string>;
  ports: Ports | null = null;
  /** Null: only listed accounts are rotated. */
  discovery: DiscoveryOptions | null = null;
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

  /** (Re)starts with this configuration and an empty memory. Work in progress keeps its configuration. */
  deploy(accounts: readonly AccountSettings[]): void {
    const { ports, clock } = this;
    const { product, limits, emulated } = this.options;
    if (ports === null) throw new Error("a process needs its ports first");
    const versions = new product.VersionCache(ports.secrets, clock);
    const attention = new product.AttentionCache(ports.rotations, clock);
    const reports = new product.ReportCache(ports.signals, clock);
    const instances = new product.InstanceCounts(ports.signals, clock);
    const refusedProofs = new product.RefusedProofLimiter(clock);
    const { unresolved = [], fleet = noFleetLimits } = this.options;
    const loadedAt = clock.now().toISOString();
    const { directory, batch } = this.#directory(ports, accounts, (account) => ({ ...account, loadedAt, fleet }));
    const app: App = {
      ports: { ...ports, batch },
      accounts: directory,
      fleet,
      versions,
      attention,
      reports,
      instances,
      refusedProofs,
      lookers: this.options.lookers?.(ports, this) ?? product.readersLooker(ports),
      events: new product.EventMemory(ports),
      emulated,
      limits,
      unresolved,
    };
    this.#running = { app, ticker: new product.Ticker(app) };
    this.alive = true;
    this.deployedAt = clock.timeline.now;
  }

  #directory(
    ports: Ports,
    accounts: readonly AccountSettings[],
    load: (account: AccountSettings) => AccountConfig,
  ): { readonly directory: AccountDirectory; readonly batch: Ports["batch"] } {
    const { discovery } = this;
    const { product, limits } = this.options;
    const explicit = accounts.map(load);
    if (discovery === null) return { directory: new ExplicitAccounts(explicit), batch: ports.batch };
    const directory = new product.DiscoveredAccounts({
      explicit,
      load,
      discovery: discovery.config,
      profiles: discovery.profiles,
      ports: { ...ports, ...discovery.ports },
      callMs: limits.callMs,
      askMs: limits.tickMs,
    });
    const isCurrent: Parameters<Product["withCurrentTags"]>[1] = (ref, options) => directory.isCurrent(ref, options);
    return { directory, batch: product.withCurrentTags(ports.batch, isCurrent) };
  }

  /** Counts a call. Returns the fault that crashes the process where this is its last call. */
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
    this.probes.clear();
    this.#bury(at);
  }

  get app(): App {
    return this.#now.app;
  }

  get ticker(): InstanceType<Product["Ticker"]> {
    return this.#now.ticker;
  }

  /** Whether it accepts requests now. */
  serves(now: number): boolean {
    return this.alive && this.frozenUntil <= now;
  }

  get #now() {
    if (this.#running === null) throw new Error(`process ${this.name} was never deployed`);
    return this.#running;
  }
}
