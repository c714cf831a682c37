import type { AccountDirectory, Found } from "../../../lib/account-directory";
import { AzureResourceGraph } from "../../../lib/azure/resource-graph/azure-resource-graph";
import type { ArmOptions } from "../../../lib/azure/sdk/arm-options";
import { DiscoveryTable } from "../../../lib/azure/tables/discovery-table";
import type { Tables } from "../../../lib/azure/tables/tables";
import { DiscoveredAccounts } from "../../../lib/discovery/discovered-accounts";
import type { CallOptions } from "../../../lib/ports/call";
import type { Ports } from "../../../lib/ports/ports";
import type { AccountConfig, AccountSettings, BatchAccountRef } from "../../../lib/rotation/account-config";
import { noFleetLimits } from "../../../lib/rotation/fleet/fleet-config";
import { seconds } from "../../../lib/rotation/time/units";
import { toInstant } from "../../../lib/rotation/time/time";
import { aDiscovery, tagged } from "../../builders/discovery";
import { limits } from "../../fakes/limits";
import type { Lane } from "./lane";

/** A subscription with one tagged account, so that the runs of a lane find none of each other's. */
export interface FoundPlace {
  readonly name: string;
  readonly subscriptionId: string;
}

export const placeTagged = ({ emulators }: Lane, number: number): FoundPlace => {
  const name = `batch${number}`;
  const subscriptionId = `00000000-0000-4000-9000-${String(number).padStart(12, "0")}`;
  emulators.batch.addAccount({ name, subscriptionId, tags: tagged() });
  return { name, subscriptionId };
};

interface Parts {
  readonly lane: Lane;
  /** How Resource Manager is reached. */
  readonly arm: ArmOptions;
  readonly tables: Tables;
  readonly ports: Ports;
  readonly place: FoundPlace;
}

/** Asks again at each opportunity: each answer must leave the account known. */
const everyMs = seconds(1);

const accountsIn = ({ lane, arm, tables, ports, place }: Parts): DiscoveredAccounts => {
  const { config, profiles } = aDiscovery();
  const graph = new AzureResourceGraph({ ...arm, sleep: (ms) => Promise.resolve(lane.clock.advance(ms)) });
  return new DiscoveredAccounts({
    discovery: { ...config, everyMs, scope: { subscriptions: [place.subscriptionId] } },
    profiles,
    callMs: limits.callMs,
    askMs: limits.tickMs,
    explicit: [],
    load: (account) => loaded(lane, account),
    ports: { ...ports, graph, discoveries: new DiscoveryTable(tables.rotations) },
  });
};

const loaded = ({ vault, clock }: Lane, account: AccountSettings): AccountConfig => ({
  ...account,
  secret: { ...account.secret, vaultUrl: vault.url },
  loadedAt: toInstant(clock.now()),
  fleet: noFleetLimits,
});

/** The accounts that the app finds, whether it looks for them at this moment, and whether it lost one. */
export class Looking implements AccountDirectory {
  /** What the app concluded wrongly after one of its looks. */
  readonly wrong: string[] = [];
  #running = 0;
  #wasFound = false;
  readonly #accounts: DiscoveredAccounts;

  constructor(private readonly parts: Parts) {
    this.#accounts = accountsIn(parts);
  }

  get isLooking(): boolean {
    return this.#running > 0;
  }

  list(): readonly AccountConfig[] {
    return this.#accounts.list();
  }

  find(name: string): AccountConfig | null {
    return this.#accounts.find(name);
  }

  found(): Found {
    return this.#accounts.found();
  }

  isComplete(): boolean {
    return this.#accounts.isComplete();
  }

  refresh(maxAgeMs: number, options: CallOptions): Promise<void> {
    return this.#look(() => this.#accounts.refresh(maxAgeMs, options));
  }

  discover(): Promise<void> {
    return this.#look(() => this.#accounts.discover());
  }

  isCurrent(ref: BatchAccountRef, options: CallOptions): Promise<boolean> {
    return this.#look(() => this.#accounts.isCurrent(ref, options));
  }

  async #look<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#judge();
    }
  }

  /** Its tags never change: an account that was found once stays known, and is never held. */
  #judge(): void {
    const config = this.find(this.parts.place.name);
    if (this.#wasFound && config === null) this.wrong.push("an account that was found is forgotten");
    if (config?.discovered?.held) this.wrong.push(`an account with its tags is held: ${config.discovered.held.reason}`);
    for (const { detail } of this.found().problems) this.wrong.push(`its tags are refused: ${detail}`);
    this.#wasFound ||= config !== null;
  }
}

/** The account as its tags say, before it is found. */
export const asTagged = (lane: Lane, { name, subscriptionId }: FoundPlace): AccountConfig => {
  const completed = aDiscovery().profiles.complete({
    resourceId: `/subscriptions/${subscriptionId}/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/${name}`,
    location: "westeurope",
    profile: "standard",
    consumers: [{ name: "render-api", instances: null }],
  });
  if (completed.kind !== "complete") throw new Error(completed.problems.join("; "));
  return loaded(lane, completed.account);
};
