import type { Slot } from "../../../lib/rotation/phases";
import type { Random } from "./random";
import type { Timeline } from "./timeline";

export type Maker = "initial" | "rotator" | "hand";

/** One key that a Batch account has or had. */
export interface KeyFact {
  readonly value: string;
  readonly resourceId: string;
  readonly slot: Slot;
  readonly madeBy: Maker;
  /** Made by a regenerate that nobody could have prevented from killing a key in use: it is the live key to publish, accepted or not yet. */
  readonly excused: boolean;
  /** The data plane accepts it from here on. */
  readonly acceptedFrom: number;
  /** Regenerated away. `excused`: nobody could have prevented that it was in use. */
  death: { readonly at: number; readonly by: Maker; readonly excused: boolean } | null;
}

export interface BatchFacts {
  readonly keys: Record<Slot, KeyFact>;
  sharedKeyAllowed: boolean;
}

/** Batch accounts with two live keys each, and every key there ever was. */
export class FakeBatch {
  readonly accounts = new Map<string, BatchFacts>();
  readonly keys = new Map<string, KeyFact>();

  /** `settleMs`: how long the data plane takes to accept a new key, and goes on accepting a replaced one. */
  constructor(
    private readonly timeline: Timeline,
    private readonly random: Random,
    private readonly settleMs: { readonly accept: number; readonly refuse: number },
  ) {}

  /** The data plane knows of a new key at once. */
  get isPrompt(): boolean {
    return this.settleMs.accept === 0;
  }

  create(resourceId: string): void {
    const keys = {
      primary: this.#make(resourceId, "primary", "initial", false, 0),
      secondary: this.#make(resourceId, "secondary", "initial", false, 0),
    };
    this.accounts.set(resourceId, { keys, sharedKeyAllowed: true });
  }

  of(resourceId: string): BatchFacts {
    const facts = this.accounts.get(resourceId);
    if (facts === undefined) throw new Error(`no Batch account ${resourceId} in this world`);
    return facts;
  }

  regenerate(resourceId: string, slot: Slot, by: Maker, excused: boolean): KeyFact {
    const { keys } = this.of(resourceId);
    const killed = keys[slot];
    killed.death = { at: this.timeline.now, by, excused };
    keys[slot] = this.#make(resourceId, slot, by, excused, this.settleMs.accept);
    return killed;
  }

  /** Whether the data plane accepts this value now. */
  accepts(value: string): boolean {
    const key = this.keys.get(value);
    if (key === undefined || this.timeline.now < key.acceptedFrom) return false;
    return key.death === null || this.timeline.now < key.death.at + this.settleMs.refuse;
  }

  #make(resourceId: string, slot: Slot, madeBy: Maker, excused: boolean, acceptMs: number): KeyFact {
    const value = `${this.random.base64(86)}==`;
    const fact: KeyFact = {
      value,
      resourceId,
      slot,
      madeBy,
      excused,
      acceptedFrom: this.timeline.now + acceptMs,
      death: null,
    };
    this.keys.set(value, fact);
    return fact;
  }
}
