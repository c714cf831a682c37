import type { StoredHead, StoredShard } from "../../../lib/ports/discovery";
import type { DiscoveryConfig } from "../../../lib/rotation/discovery/discovery-config";
import type { GraphAccount } from "../../../lib/rotation/discovery/known-account";
import { allowsSharedKey, type FakeBatch } from "./fake-batch";

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
  lag(batch: FakeBatch, discovery: DiscoveryConfig): void {
    this.#lagging = liveAccounts(batch, discovery);
  }

  catchUp(): void {
    this.#lagging = null;
  }

  shown(batch: FakeBatch, discovery: DiscoveryConfig): readonly GraphAccount[] {
    return this.readsNothing ? [] : (this.#lagging ?? liveAccounts(batch, discovery));
  }
}

const liveAccounts = (batch: FakeBatch, { tag, consumersTag }: DiscoveryConfig): readonly GraphAccount[] =>
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
