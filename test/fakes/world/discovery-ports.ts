import type { Discoveries, ResourceGraph, StoredHead, StoredShard } from "../../../lib/ports";
import type { DiscoveryConfig } from "../../../lib/rotation/discovery/discovery-config";
import type { GraphAccount } from "../../../lib/rotation/discovery/known-account";
import { allowsSharedKey } from "./fake-batch";
import type { Process } from "./process";
import type { World } from "./world";

/** What discovery has found, and what the graph shows of this world's Batch accounts. */
export class FakeDiscovery {
  head: StoredHead | null = null;
  readonly shards = new Map<number, StoredShard>();
  /** The graph leaves some out, for this reason. */
  incomplete: string | null = null;
  /** The identity may read nothing. */
  readsNothing = false;
  #lagging: readonly GraphAccount[] | null = null;
  #etags = 0;

  nextEtag(): string {
    this.#etags += 1;
    return `etag-d${this.#etags}`;
  }

  /** The graph shows what there is now, whatever changes. */
  lag(world: World, discovery: DiscoveryConfig): void {
    this.#lagging = liveAccounts(world, discovery);
  }

  catchUp(): void {
    this.#lagging = null;
  }

  shown(world: World, discovery: DiscoveryConfig): readonly GraphAccount[] {
    return this.readsNothing ? [] : (this.#lagging ?? liveAccounts(world, discovery));
  }
}

const liveAccounts = ({ batch }: World, { tag, consumersTag }: DiscoveryConfig): readonly GraphAccount[] =>
  batch.all().map((resourceId) => {
    const facts = batch.of(resourceId);
    const profile = facts.tags[tag];
    return {
      resourceId,
      location: facts.location,
      tags: profile ? { profile, consumers: facts.tags[consumersTag] || null } : null,
      sharedKey: !facts.userSubscription && allowsSharedKey(facts),
    };
  });

export const graphPort = (world: World, process: Process): ResourceGraph => ({
  batchAccounts: (discovery, { signal }) =>
    world.wire.call(process, {
      operation: "graph.batchAccounts",
      signal,
      subject: () => "",
      effect: () => {
        const { incomplete } = world.discovery;
        const accounts = world.discovery.shown(world, discovery);
        return { accounts, isComplete: incomplete === null, incomplete };
      },
    }),
});

export const discoveriesPort = (world: World, process: Process): Discoveries => ({
  head: ({ signal }) =>
    world.wire.call(process, {
      operation: "discoveries.head",
      signal,
      subject: () => "",
      effect: () => world.discovery.head,
    }),
  writeHead: (head, etag, { signal }) =>
    world.wire.call(process, {
      operation: "discoveries.writeHead",
      signal,
      subject: () => "",
      effect: () => {
        if ((world.discovery.head?.etag ?? null) !== etag) return null;
        world.effects += 1;
        world.discovery.head = { head, etag: world.discovery.nextEtag() };
        return world.discovery.head;
      },
    }),
  shards: ({ signal }) =>
    world.wire.call(process, {
      operation: "discoveries.shards",
      signal,
      subject: () => "",
      effect: () => [...world.discovery.shards.values()].toSorted((one, other) => one.index - other.index),
    }),
  writeShard: (shard, etag, { signal }) =>
    world.wire.call(process, {
      operation: "discoveries.writeShard",
      signal,
      subject: () => `${shard.index}`,
      effect: () => {
        if ((world.discovery.shards.get(shard.index)?.etag ?? null) !== etag) return null;
        world.effects += 1;
        // As the tables do: what is read later are other objects.
        const stored: StoredShard = structuredClone({ ...shard, etag: world.discovery.nextEtag() });
        world.discovery.shards.set(shard.index, stored);
        return stored;
      },
    }),
});
