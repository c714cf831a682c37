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
  /** Made by a regenerate that no rotator could prevent: the live key to publish, accepted or not yet. */
  readonly excused: boolean;
  /** When the data plane begins to accept it. */
  readonly acceptedFrom: number;
  /** Its replacement by a regenerate. `excused`: no rotator could have known that it was in use. */
  death: { readonly at: number; readonly by: Maker; readonly excused: boolean } | null;
}

export interface BatchFacts {
  readonly keys: Record<Slot, KeyFact>;
  /** The allowed authentication modes; null: not set, which allows every mode. */
  modes: readonly string[] | null;
  userSubscription: boolean;
  locked: boolean;
}

export type BatchAction = "read" | "listKeys" | "regenerateKeys";

export const allowsSharedKey = ({ modes }: BatchFacts): boolean => modes === null || modes.includes("SharedKey");

const subscriptionId = "00000000-0000-4000-8000-000000000001";

/** Batch accounts with two live keys each, and every key that has existed. */
export class FakeBatch {
  readonly #accounts = new Map<string, BatchFacts>();
  readonly keys = new Map<string, KeyFact>();
  /** The actions denied to the rotator's identity. */
  readonly denied = new Set<BatchAction>();
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
    const keys = {
      primary: this.#make(resourceId, "primary", "initial", false, 0),
      secondary: this.#make(resourceId, "secondary", "initial", false, 0),
    };
    this.#accounts.set(resourceId, { keys, modes: null, userSubscription: false, locked: false });
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

  find(resourceId: string): BatchFacts | null {
    return this.#accounts.get(resourceId) ?? null;
  }

  of(resourceId: string): BatchFacts {
    const facts = this.find(resourceId);
    if (facts === null) throw new Error(`no Batch account ${resourceId} in this world`);
    return facts;
  }

  /** The live keys' values. */
  liveKeys({ resourceId }: BatchAccountRef): Readonly<Record<Slot, string>> {
    const { primary, secondary } = this.of(resourceId).keys;
    return { primary: primary.value, secondary: secondary.value };
  }

  regenerate(resourceId: string, slot: Slot, by: Maker, excused: boolean): KeyFact {
    const { keys } = this.of(resourceId);
    const killed = keys[slot];
    if (by === "rotator") this.requests += 1;
    killed.death = { at: this.timeline.now, by, excused };
    keys[slot] = this.#make(resourceId, slot, by, excused, this.settleMs.accept);
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

  #make(resourceId: string, slot: Slot, madeBy: Maker, excused: boolean, acceptMs: number): KeyFact {
    const value = `${this.random.base64(86)}==`;
    const acceptedFrom = this.timeline.now + acceptMs;
    const fact: KeyFact = { value, resourceId, slot, madeBy, excused, acceptedFrom, death: null };
    this.keys.set(value, fact);
    return fact;
  }
}
