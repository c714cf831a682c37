import type { DiscoveryConfig } from "../rotation/discovery/discovery-config";
import type { DiscoveryHead } from "../rotation/discovery/discovery-head";
import type { KnownAccount } from "../rotation/discovery/known-account";
import type { Answer } from "../rotation/discovery/merge-found";
import type { CallOptions } from "./call";

/** All Batch accounts in the scope of discovery, as Azure Resource Graph shows them. */
export interface GraphAnswer extends Answer {
  /** Why it is not complete; null where it is. */
  readonly incomplete: string | null;
}

/** Azure Resource Graph, which is minutes behind. Throws only `TransientServiceError` or `OperatorNeededError`. */
export interface ResourceGraph {
  batchAccounts(discovery: DiscoveryConfig, options: CallOptions): Promise<GraphAnswer>;
}

export interface StoredHead {
  readonly head: DiscoveryHead;
  readonly etag: string;
}

/** Some of the known accounts: each account belongs to one shard by a hash of its resource id. */
export interface StoredShard {
  readonly index: number;
  readonly accounts: readonly KnownAccount[];
  readonly etag: string;
}

/**
 * What discovery has found. Writes are conditional, as those of the rotation records.
 * Throws `TransientServiceError` or `OperatorNeededError`.
 */
export interface Discoveries {
  /** Null before the first write. What cannot be read counts as not there: the next answer of the graph restores it. */
  head(options: CallOptions): Promise<StoredHead | null>;
  /** `etag` null: inserts. Null where another process has written. */
  writeHead(head: DiscoveryHead, etag: string | null, options: CallOptions): Promise<StoredHead | null>;
  shards(options: CallOptions): Promise<readonly StoredShard[]>;
  /** The same for one shard. */
  writeShard(shard: Omit<StoredShard, "etag">, etag: string | null, options: CallOptions): Promise<StoredShard | null>;
}
