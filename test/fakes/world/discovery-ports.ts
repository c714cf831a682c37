import type { Discoveries, ResourceGraph, StoredShard } from "../../../lib/ports/discovery";
import type { Process } from "./process";
import type { World } from "./world";

export const graphPort = (world: World, process: Process): ResourceGraph => ({
  batchAccounts: (discovery, { signal }) =>
    world.wire.call(process, {
      operation: "graph.batchAccounts",
      signal,
      subject: () => "",
      effect: () => {
        const { incomplete } = world.discovery;
        const accounts = world.discovery.shown(world.batch, discovery);
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
