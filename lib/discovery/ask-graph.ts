import { OperatorNeededError, safeMessage, TransientServiceError } from "../errors";
import { callOptions } from "../limits";
import type { CallOptions } from "../ports/call";
import type { Discoveries, GraphAnswer, ResourceGraph, StoredHead, StoredShard } from "../ports/discovery";
import type { Ports } from "../ports/ports";
import type { DiscoveryConfig, Profiles } from "../rotation/discovery/discovery-config";
import { answeredHead, emptyAnswer, failedHead, firstHead, heldHead } from "../rotation/discovery/discovery-head";
import { type KnownAccounts, mergeFound, withoutForgotten } from "../rotation/discovery/merge-found";
import { completeTags } from "../rotation/discovery/resolve-found";
import { changedShards, joinShards } from "./shards";

export interface DiscoveryPorts extends Pick<Ports, "clock" | "ids" | "log" | "rotations"> {
  readonly graph: ResourceGraph;
  readonly discoveries: Discoveries;
}

/** What is asked for, and how it is completed. */
export interface DiscoveryTask {
  readonly discovery: DiscoveryConfig;
  readonly profiles: Profiles;
  readonly callMs: number;
  /** The most that the graph may take for all its pages. */
  readonly askMs: number;
}

/** What this process knows, and of which version; null: of none. */
interface KnownHere {
  readonly known: KnownAccounts;
  readonly etags: ReadonlyMap<number, string>;
  readonly version: string | null;
}

interface Asked {
  readonly stored: StoredHead;
  /** Null where this process does not know what is stored now. */
  readonly accounts: Accounts | null;
}

type Accounts = Pick<KnownHere, "known" | "etags">;

/**
 * Asks the graph once, for all processes: the conditional write of the head decides who does. A crash at any place
 * leaves accounts that are newer than the version, and `writing` has the next run give them another version.
 */
export class AskGraph {
  constructor(
    private readonly ports: DiscoveryPorts,
    private readonly task: DiscoveryTask,
  ) {}

  /** Null where another process asks, or the tables are out of reach. Never throws. */
  async run(head: StoredHead | null, here: KnownHere): Promise<Asked | null> {
    const { clock, discoveries } = this.ports;
    try {
      const before = head?.head ?? firstHead(clock.now());
      const held = await discoveries.writeHead(heldHead(before, clock.now()), head?.etag ?? null, this.#call());
      if (held === null) return null;
      return await this.#ask(held, before.writing, here);
    } catch (error) {
      this.#logFailure(error);
      return null;
    }
  }

  async #ask(held: StoredHead, wasInterrupted: boolean, here: KnownHere): Promise<Asked | null> {
    const { graph, clock } = this.ports;
    const isKnown = !wasInterrupted && here.version === held.head.version;
    let accounts: Accounts | null = isKnown ? here : null;
    try {
      accounts ??= await this.#readStored(here.known);
      const signal = clock.abortAfter(this.task.askMs);
      const answer = refuseEmpty(await graph.batchAccounts(this.task.discovery, { signal }), accounts.known);
      const { known, etags } = accounts;
      accounts = null;
      return await this.#store(held, wasInterrupted, { known, etags }, answer);
    } catch (error) {
      this.#logFailure(error);
      // Nothing was written where the graph itself did not answer.
      return this.#failed(
        { ...held, head: { ...held.head, writing: accounts === null || wasInterrupted } },
        accounts,
        error,
      );
    }
  }

  async #failed({ head, etag }: StoredHead, accounts: Accounts | null, error: unknown): Promise<Asked | null> {
    const lasts = error instanceof OperatorNeededError;
    const retryAfterMs = error instanceof TransientServiceError ? error.retryAfterMs : null;
    const failure = { lasts, detail: safeMessage(error), retryAfterMs };
    const failed = failedHead(head, failure, this.task.discovery.everyMs, this.ports.clock.now());
    const stored = await this.ports.discoveries.writeHead(failed, etag, this.#call());
    return stored && { stored, accounts: failed.writing ? null : accounts };
  }

  async #readStored(known: KnownAccounts): Promise<Accounts> {
    const shards = await this.ports.discoveries.shards(this.#call());
    return { known: joinShards(shards, known), etags: new Map(shards.map(({ index, etag }) => [index, etag])) };
  }

  async #store(
    held: StoredHead,
    wasInterrupted: boolean,
    { known, etags }: Accounts,
    answer: GraphAnswer,
  ): Promise<Asked | null> {
    const { clock, ids, discoveries } = this.ports;
    const { profiles, discovery } = this.task;
    const isGood = (account: Parameters<Parameters<typeof mergeFound>[2]>[0]): boolean =>
      completeTags(profiles, account, account.tags).kind === "complete";
    const merged = mergeFound(known, answer, isGood, clock.now());
    const after = withoutForgotten(merged, await this.#forgotten(merged));
    const changed = changedShards(known, after);
    const written = await this.#write(changed, etags);
    if (written === null) return null;
    const isNew = changed.length > 0 || wasInterrupted;
    const { incomplete } = answer;
    const version = isNew ? ids.next() : null;
    const next = answeredHead(held.head, { version, incomplete, everyMs: discovery.everyMs }, clock.now());
    const stored = await discoveries.writeHead(next, held.etag, this.#call());
    return stored && { stored, accounts: { known: after, etags: written } };
  }

  /** Accounts that are missing, and whose record is gone: an operator ended their rotation. */
  async #forgotten(known: KnownAccounts): Promise<ReadonlySet<string>> {
    const missing = [...known].filter(([, { missing: lost }]) => lost !== null);
    if (missing.length === 0) return new Set();
    const { records, unreadable } = await this.ports.rotations.list(this.#call());
    const resources = new Set(records.map(({ resourceId }) => resourceId.toLowerCase()));
    return unreadable.length > 0
      ? new Set()
      : new Set(missing.map(([key]) => key).filter((key) => !resources.has(key)));
  }

  /** The tokens of all shards; null where another process has written one. */
  async #write(
    changed: readonly Omit<StoredShard, "etag">[],
    etags: ReadonlyMap<number, string>,
  ): Promise<ReadonlyMap<number, string> | null> {
    const all = new Map(etags);
    for (const shard of changed) {
      const { index } = shard;
      const stored = await this.ports.discoveries.writeShard(shard, etags.get(index) ?? null, this.#call());
      if (stored === null) return null;
      all.set(index, stored.etag);
    }
    return all;
  }

  #logFailure(error: unknown): void {
    const reason = error instanceof OperatorNeededError ? error.reason : null;
    this.ports.log.write("warn", { event: "DiscoveryFailed", account: null, reason, detail: safeMessage(error) });
  }

  #call(): CallOptions {
    return callOptions(this.ports.clock, this.task.callMs);
  }
}

/** An identity without a right gets an empty answer, not a refusal: nothing is concluded from it. */
const refuseEmpty = (answer: GraphAnswer, known: KnownAccounts): GraphAnswer =>
  answer.accounts.length > 0 || known.size === 0 ? answer : { ...answer, isComplete: false, incomplete: emptyAnswer };
