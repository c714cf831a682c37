import { BatchKey } from "../../lib/batch-key";
import { OperatorNeededError } from "../../lib/errors";
import type { BatchAccount, BatchKeys, CallOptions, Receipt, SlotKeys } from "../../lib/ports";
import type { BatchAccountRef } from "../../lib/rotation/account-config";
import type { Slot } from "../../lib/rotation/phases";
import type { BlockedReason } from "../../lib/rotation/reasons";
import { InMemoryFaults } from "./in-memory-faults";

export type InMemoryBatchAction = "read" | "listKeys" | "regenerateKeys";

interface Account {
  readonly keys: Record<Slot, string>;
  /** The data plane refuses these although they live, or accepts them although they are dead. */
  readonly refused: Set<string>;
  readonly lingering: Set<string>;
  modes: readonly string[] | null;
  userSubscription: boolean;
  locked: boolean;
}

const operatorNeeded = (reason: BlockedReason, operation: string): OperatorNeededError =>
  new OperatorNeededError(reason, { operation }, `mend ${reason}`);

/** Batch accounts in memory: Resource Manager and data plane. */
export class InMemoryBatch implements BatchKeys {
  readonly #accounts = new Map<string, Account>();
  readonly #denied = new Set<InMemoryBatchAction>();
  readonly #faults: InMemoryFaults;
  #keysMade = 0;

  constructor(faults: InMemoryFaults = new InMemoryFaults()) {
    this.#faults = faults;
  }

  readAccount(ref: BatchAccountRef, { signal }: CallOptions): Promise<BatchAccount> {
    return this.#faults.run("batch.readAccount", signal, () => {
      const { modes, userSubscription } = this.#permitted(ref, "read");
      return {
        accountEndpoint: `${ref.accountName}.westeurope.batch.azure.com`,
        sharedKeyAllowed: !userSubscription && (modes === null || modes.includes("SharedKey")),
      };
    });
  }

  readKeys(ref: BatchAccountRef, { signal }: CallOptions): Promise<SlotKeys> {
    return this.#faults.run("batch.readKeys", signal, () => {
      const { keys } = this.#unlocked(ref, "listKeys");
      return { primary: new BatchKey(keys.primary), secondary: new BatchKey(keys.secondary) };
    });
  }

  regenerate(ref: BatchAccountRef, slot: Slot, { signal }: CallOptions): Promise<Receipt> {
    return this.#faults.run("batch.regenerate", signal, () => {
      this.#unlocked(ref, "regenerateKeys");
      this.regenerateByHand(ref, slot);
      return { requestId: null };
    });
  }

  probe(
    ref: BatchAccountRef,
    _accountEndpoint: string,
    key: BatchKey,
    { signal }: CallOptions,
  ): Promise<"accepted" | "refused"> {
    return this.#faults.run("batch.probe", signal, () => {
      const { modes } = this.#account(ref);
      if (modes !== null && !modes.includes("SharedKey")) {
        throw operatorNeeded("SharedKeyNotAllowed", "Batch data plane probe");
      }
      return this.accepts(ref, key.reveal()) ? "accepted" : "refused";
    });
  }

  addAccount(name: string, resourceGroup = "rg"): BatchAccountRef {
    const subscriptionId = "00000000-0000-4000-8000-000000000001";
    const resourceId = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Batch/batchAccounts/${name}`;
    this.#accounts.set(resourceId.toLowerCase(), {
      keys: { primary: this.#newKey(), secondary: this.#newKey() },
      refused: new Set(),
      lingering: new Set(),
      modes: null,
      userSubscription: false,
      locked: false,
    });
    return { resourceId, subscriptionId, resourceGroup, accountName: name };
  }

  keys(ref: BatchAccountRef): Readonly<Record<Slot, string>> {
    return { ...this.#account(ref).keys };
  }

  /** Whether the data plane accepts this key at this moment. */
  accepts(ref: BatchAccountRef, key: string): boolean {
    const { keys, refused, lingering } = this.#account(ref);
    return lingering.has(key) || ((keys.primary === key || keys.secondary === key) && !refused.has(key));
  }

  /** As a person in the portal does it. Returns the new key. */
  regenerateByHand(ref: BatchAccountRef, slot: Slot): string {
    return (this.#account(ref).keys[slot] = this.#newKey());
  }

  /** A key that the data plane does not know yet, or knows no more. */
  setRefused(ref: BatchAccountRef, key: string, refused: boolean): void {
    this.#account(ref).refused[refused ? "add" : "delete"](key);
  }

  /** A dead key that the data plane accepts still. */
  setLingering(ref: BatchAccountRef, key: string, lingering: boolean): void {
    this.#account(ref).lingering[lingering ? "add" : "delete"](key);
  }

  setModes(ref: BatchAccountRef, modes: readonly string[] | null): void {
    this.#account(ref).modes = modes;
  }

  setUserSubscription(ref: BatchAccountRef): void {
    this.#account(ref).userSubscription = true;
  }

  deny(action: InMemoryBatchAction): void {
    this.#denied.add(action);
  }

  allow(action: InMemoryBatchAction): void {
    this.#denied.delete(action);
  }

  setLocked(ref: BatchAccountRef, locked: boolean): void {
    this.#account(ref).locked = locked;
  }

  remove(ref: BatchAccountRef): void {
    this.#accounts.delete(ref.resourceId.toLowerCase());
  }

  #account(ref: BatchAccountRef): Account {
    const account = this.#accounts.get(ref.resourceId.toLowerCase());
    if (account === undefined) throw operatorNeeded("NotFound", "Batch");
    return account;
  }

  #permitted(ref: BatchAccountRef, action: InMemoryBatchAction): Account {
    if (this.#denied.has(action)) throw operatorNeeded("Forbidden", `Batch ${action}`);
    return this.#account(ref);
  }

  #unlocked(ref: BatchAccountRef, action: InMemoryBatchAction): Account {
    const account = this.#permitted(ref, action);
    if (account.locked) throw operatorNeeded("ResourceLocked", `Batch ${action}`);
    return account;
  }

  /** 64 bytes, never the same twice. */
  #newKey(): string {
    return Buffer.from(String((this.#keysMade += 1)).padStart(64, "k")).toString("base64");
  }
}
