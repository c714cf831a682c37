import type { AccountDirectory, Found } from "../account-directory";
import { sha256 } from "../hash";
import type { CallOptions } from "../ports/call";
import type { StoredHead } from "../ports/discovery";
import type { AccountConfig, BatchAccountRef } from "../rotation/account-config";
import { firstHead, isAskDue, lastingTrouble } from "../rotation/discovery/discovery-head";
import { resourceKey } from "../rotation/discovery/known-account";
import type { KnownAccounts } from "../rotation/discovery/merge-found";
import {
  type ConfigCache,
  resolveFound,
  type ResolveContext,
  type Resolved,
} from "../rotation/discovery/resolve-found";
import { seconds } from "../rotation/time/units";
import { AskGraph, type DiscoveryPorts, type DiscoveryTask } from "./ask-graph";
import { joinShards } from "./shards";
import { unprotectedAmong } from "./unprotected";

const shortHash = (text: string): string => sha256(text).slice(0, 8);

/** A line of the log holds some; the route lists all. */
const maxLoggedNames = 20;

/** A request and a tick at the same moment read the tables once. */
const sameMomentMs = seconds(1);

interface DiscoveredOptions extends DiscoveryTask {
  readonly ports: DiscoveryPorts;
  readonly explicit: readonly AccountConfig[];
  readonly load: ResolveContext["load"];
}

/** The listed accounts and those that were found by a tag, as the tables hold them. */
export class DiscoveredAccounts implements AccountDirectory {
  readonly #options: DiscoveredOptions;
  readonly #cache: ConfigCache = new WeakMap();
  readonly #listed: ReadonlyMap<string, AccountConfig>;
  #resolved: Resolved = { accounts: [], problems: [] };
  #byName: ReadonlyMap<string, AccountConfig> = new Map();
  #known: KnownAccounts = new Map();
  #etags: ReadonlyMap<number, string> = new Map();
  #head: StoredHead | null = null;
  /** Of the accounts above; null where they may be others. */
  #version: string | null = null;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  constructor(options: DiscoveredOptions) {
    this.#options = options;
    this.#listed = new Map(options.explicit.map((account) => [resourceKey(account.batch.resourceId), account]));
    this.#resolve();
  }

  list(): readonly AccountConfig[] {
    return this.#resolved.accounts;
  }

  find(name: string): AccountConfig | null {
    return this.#byName.get(name) ?? null;
  }

  isComplete(): boolean {
    return this.#version !== null && (this.#head?.head.answeredAt ?? null) !== null;
  }

  found(): Found {
    const { clock } = this.#options.ports;
    const head = this.#head?.head ?? firstHead(clock.now());
    const { problems } = this.#resolved;
    return {
      problems,
      unprotected: unprotectedAmong(this.#known.values(), problems, (key) => this.#ofResource(key)),
      trouble: lastingTrouble(head, clock.now()),
      answeredAt: head.answeredAt,
    };
  }

  refresh(maxAgeMs: number, options: CallOptions): Promise<void> {
    const ageMs = this.#options.ports.clock.now().getTime() - this.#readAtMs;
    // A clock that was set back must not keep an old list.
    if (this.#version !== null && ageMs >= 0 && ageMs < Math.max(maxAgeMs, sameMomentMs)) return Promise.resolve();
    this.#reading ??= this.#read(options).finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Whether this is still what the tables say of the account, read now: tags may name a consumer since. */
  async isCurrent(ref: BatchAccountRef, options: CallOptions): Promise<boolean> {
    const key = resourceKey(ref.resourceId);
    if (this.#listed.has(key)) return true;
    await this.#read(options);
    return this.#ofResource(key)?.batch === ref;
  }

  /** Null for a Batch account that is not under rotation, as one whose name or secret another account has. */
  #ofResource(key: string): AccountConfig | null {
    const entry = this.#known.get(key);
    const config = this.#listed.get(key) ?? (entry && this.#cache.get(entry)) ?? null;
    return config !== null && this.find(config.name) === config ? config : null;
  }

  async #read(options: CallOptions): Promise<void> {
    const { clock, discoveries } = this.#options.ports;
    const startedAtMs = clock.now().getTime();
    const stored = await discoveries.head(options);
    const version = stored?.head.version ?? "";
    if (version !== this.#version) await this.#readAccounts(version, options);
    this.#head = stored;
    this.#readAtMs = startedAtMs;
  }

  /** The version was read first: accounts that change meanwhile change it again. */
  async #readAccounts(version: string, options: CallOptions): Promise<void> {
    const shards = await this.#options.ports.discoveries.shards(options);
    this.#take(joinShards(shards, this.#known), new Map(shards.map(({ index, etag }) => [index, etag])), version);
  }

  #take(known: KnownAccounts, etags: ReadonlyMap<number, string>, version: string): void {
    this.#known = known;
    this.#etags = etags;
    this.#version = version;
    this.#resolve();
  }

  #resolve(): void {
    const { explicit, profiles, load } = this.#options;
    this.#resolved = resolveFound(this.#known.values(), { explicit, profiles, load, shortHash }, this.#cache);
    const { accounts } = this.#resolved;
    this.#byName = new Map(accounts.map((account) => [account.name, account]));
  }

  async discover(): Promise<void> {
    const { ports } = this.#options;
    const head = this.#head?.head ?? firstHead(ports.clock.now());
    if (!isAskDue(head, ports.clock.now())) return;
    const asking = new AskGraph(ports, this.#options);
    const asked = await asking.run(this.#head, { known: this.#known, etags: this.#etags, version: this.#version });
    if (asked === null) return;
    this.#head = asked.stored;
    const { coverageLoggedAt } = asked.stored.head;
    if (asked.accounts === null) this.#version = null;
    else this.#take(asked.accounts.known, asked.accounts.etags, asked.stored.head.version);
    // The process that has stored so is the one that logs it.
    if (asked.accounts !== null && coverageLoggedAt !== head.coverageLoggedAt) this.#logCoverage();
  }

  #logCoverage(): void {
    const { unprotected, problems, answeredAt } = this.found();
    this.#options.ports.log.write(unprotected.length > 0 ? "warn" : "info", {
      event: "Coverage",
      accounts: this.list().length,
      unprotected: unprotected.length,
      problems: problems.length,
      names: unprotected.slice(0, maxLoggedNames).map(({ name }) => name),
      checkedAt: answeredAt,
    });
  }
}
