import type { BatchAccountRef } from "../../../lib/rotation/account-config";
import type { Slot } from "../../../lib/rotation/phases";
import type { Random } from "./random";
import type { Timeline } from "./timeline";

export type Maker = "initial" | "rotator" | "person";

/** One key that a Batch account has or had. */
export interface KeyFact {
  readonly value: string;
  readonly resourceId: string;
  readonly slot: Slot;
  readonly madeBy: Maker;
  /** When the data plane begins to accept it. */
  readonly acceptedFrom: number;
  /** Its replacement by a regenerate. `excused`: no rotator could have known that it was in use. */
  death: { readonly at: number; readonly by: Maker; readonly excused: boolean } | null;
}

export interface BatchFacts {
  readonly keys: Record<Slot, KeyFact>;
  /** The host of its data plane. */
  readonly host: string;
  /** Hosts of deleted accounts of the same id: they do not resolve any more. */
  readonly formerHosts: ReadonlySet<string>;
  /** What a list showed before each change of a key, oldest first. */
  readonly listedBefore: { readonly until: number; readonly values: Readonly<Record<Slot, string>> }[];
  /** The allowed authentication modes; null: not set, which allows every mode. */
  modes: readonly string[] | null;
  tags: Readonly<Record<string, string>>;
  location: string;
  userSubscription: boolean;
  locked: boolean;
  /** Values that jobs of the account hold, by the place that shows them. */
  readonly held: Map<string, string>;
  /** Why a search sees not all of them; null where it does. */
  searchedInPart: string | null;
}

export type BatchAction = "read" | "listKeys" | "regenerateKeys";

export const allowsSharedKey = ({ modes }: BatchFacts): boolean => modes === null || modes.includes("SharedKey");

export const accountNameOf = (resourceId: string): string => resourceId.slice(resourceId.lastIndexOf("/") + 1);

const subscriptionId = "00000000-0000-4000-8000-000000000001";

/** Batch accounts with two live keys each, and every key that has existed. */
export class FakeBatch {
  readonly #accounts = new Map<string, BatchFacts>();
  readonly keys = new Map<string, KeyFact>();
  /** The actions denied to the rotator's identity. */
  readonly denied = new Set<BatchAction>();
  /** How far lists may be behind: each answer by another part of it. */
  listsBehindMs = 0;
  /** Until when they were behind, in virtual time. */
  listsBehindUntil = -1;
  /** The number of keys that the rotator has regenerated. */
  requests = 0;
  /** The data plane refuses these although they live, or accepts them although they are dead. */
  readonly #refused = new Set<string>();
  readonly #lingering = new Set<string>();

  /** `settleMs`: the delays until the data plane accepts a new key and refuses a replaced one. */
  constructor(
    private readonly timeline: Timeline,
    private readonly random: Random,
    private readonly settleMs: { readonly accept: number; readonly refuse: number },
  ) {}

  /** The data plane accepts a new key at once. */
  get isPrompt(): boolean {
    return this.settleMs.accept === 0;
  }

  create(resourceId: string): void {
    this.#create(resourceId, "initial", "westeurope", new Set());
  }

  /** As a person does it: the account is deleted and created elsewhere, with other keys. Returns the dead keys. */
  recreateManually(resourceId: string, region: string): readonly KeyFact[] {
    const { keys, host, formerHosts } = this.of(resourceId);
    const killed = [keys.primary, keys.secondary];
    for (const key of killed) key.death = { at: this.timeline.now, by: "person", excused: false };
    this.#create(resourceId, "person", region, new Set([...formerHosts, host]));
    return killed;
  }

  #create(resourceId: string, by: Maker, region: string, formerHosts: ReadonlySet<string>): void {
    const keys = {
      primary: this.#make(resourceId, "primary", by, 0),
      secondary: this.#make(resourceId, "secondary", by, 0),
    };
    const host = `${accountNameOf(resourceId)}.${region}.batch.azure.com`;
    this.#accounts.set(resourceId, {
      keys,
      host,
      formerHosts,
      listedBefore: [],
      modes: null,
      tags: {},
      location: region,
      userSubscription: false,
      locked: false,
      held: new Map(),
      searchedInPart: null,
    });
  }

  addAccount(accountName: string, resourceGroup = "rg"): BatchAccountRef {
    const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
    const resourceId = `${group}/providers/Microsoft.Batch/batchAccounts/${accountName}`;
    this.create(resourceId);
    return { resourceId, subscriptionId, resourceGroup, accountName };
  }

  remove({ resourceId }: BatchAccountRef): void {
    this.#accounts.delete(resourceId);
  }

  /** The resource ids of all accounts. */
  all(): readonly string[] {
    return [...this.#accounts.keys()];
  }

  find(resourceId: string): BatchFacts | null {
    return this.#accounts.get(resourceId) ?? null;
  }

  of(resourceId: string): BatchFacts {
    const facts = this.find(resourceId);
    if (facts === null) throw new Error(`no Batch account ${resourceId} in this world`);
    return facts;
  }

  /** The live keys' values. */
  liveKeys({ resourceId }: Pick<BatchAccountRef, "resourceId">): Readonly<Record<Slot, string>> {
    const { primary, secondary } = this.of(resourceId).keys;
    return { primary: primary.value, secondary: secondary.value };
  }

  /** Lists are behind no longer. */
  catchUp(): void {
    if (this.listsBehindMs > 0) this.listsBehindUntil = this.timeline.now;
    this.listsBehindMs = 0;
  }

  /** What a list shows: the live keys, or those of up to `staleMs` ago where a list is behind. */
  listedKeys({ resourceId }: Pick<BatchAccountRef, "resourceId">, staleMs: number): Readonly<Record<Slot, string>> {
    const asOf = this.timeline.now - staleMs;
    const before = this.of(resourceId).listedBefore.find(({ until }) => until > asOf);
    return before?.values ?? this.liveKeys({ resourceId });
  }

  regenerate(resourceId: string, slot: Slot, by: Maker, excused: boolean): KeyFact {
    const { keys } = this.of(resourceId);
    const killed = keys[slot];
    this.of(resourceId).listedBefore.push({ until: this.timeline.now, values: this.liveKeys({ resourceId }) });
    if (by === "rotator") this.requests += 1;
    killed.death = { at: this.timeline.now, by, excused };
    keys[slot] = this.#make(resourceId, slot, by, this.settleMs.accept);
    return killed;
  }

  /** As a person in the portal does it. Returns the new key. */
  regenerateManually({ resourceId }: BatchAccountRef, slot: Slot): string {
    this.regenerate(resourceId, slot, "person", false);
    return this.of(resourceId).keys[slot].value;
  }

  /** Whether the data plane accepts this value now. */
  accepts(value: string): boolean {
    const key = this.keys.get(value);
    if (key === undefined || this.timeline.now < key.acceptedFrom || this.#refused.has(value)) return false;
    if (key.death === null || this.#lingering.has(value)) return true;
    return this.timeline.now < key.death.at + this.settleMs.refuse;
  }

  /** A live key that the data plane refuses. */
  setRefused(value: string, refused: boolean): void {
    this.#refused[refused ? "add" : "delete"](value);
  }

  /** A dead key that the data plane still accepts. */
  setLingering(value: string, lingering: boolean): void {
    this.#lingering[lingering ? "add" : "delete"](value);
  }

  #make(resourceId: string, slot: Slot, madeBy: Maker, acceptMs: number): KeyFact {
    const value = `${this.random.base64(86)}==`;
    const acceptedFrom = this.timeline.now + acceptMs;
    const fact: KeyFact = { value, resourceId, slot, madeBy, acceptedFrom, death: null };
    this.keys.set(value, fact);
    return fact;
  }
}
