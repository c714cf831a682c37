import { randomBytes, randomUUID } from "node:crypto";
import type { BatchContent } from "./batch-content";
import type { Slot } from "../../lib/rotation/phases";

export type AuthenticationMode = "SharedKey" | "AAD" | "TaskAuthenticationToken";
export type PoolAllocationMode = "BatchService" | "UserSubscription";
/** A management lock on the account. Only ReadOnly refuses the key operations. */
export type AccountLock = "ReadOnly" | "CanNotDelete";

export interface AccountOptions {
  /** 3 to 24 of a-z and 0-9; unique, because it is part of the data plane's host name. */
  readonly name: string;
  readonly resourceGroup?: string;
  readonly subscriptionId?: string;
  readonly location?: string;
  /** Null, as on some older accounts, means that all are allowed. */
  readonly modes?: readonly AuthenticationMode[] | null;
  readonly poolAllocationMode?: PoolAllocationMode;
  readonly tags?: Readonly<Record<string, string>>;
}

interface LiveKey {
  readonly value: string;
  /** The instant of its regenerate; null for an initial key of the account. */
  readonly regeneratedAt: Date | null;
}

/** A replaced key, which may still be accepted for some time. */
interface ReplacedKey {
  readonly value: string;
  readonly replacedAt: Date;
}

export interface StoredAccount {
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly nodeManagementId: string;
  modes: readonly AuthenticationMode[] | null;
  poolAllocationMode: PoolAllocationMode;
  tags: Readonly<Record<string, string>>;
  lock: AccountLock | null;
  keys: Readonly<Record<Slot, LiveKey>>;
  replaced: ReplacedKey[];
  /** Pools, jobs, job schedules and tasks. */
  content: BatchContent;
  etag: string;
  modifiedAt: Date;
  answered: number;
  refused: number;
}

export interface KeyTiming {
  /** Time for which a regenerated key is refused. Milliseconds. */
  readonly newKeyDelayMs: number;
  /** Time for which a replaced key is still accepted. Milliseconds. */
  readonly oldKeyGraceMs: number;
}

export const resourceIdOf = ({ subscriptionId, resourceGroup, name }: StoredAccount): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Batch/batchAccounts/${name}`;

export const sharedKeyAllowed = ({ modes, poolAllocationMode }: StoredAccount): boolean =>
  poolAllocationMode === "BatchService" && (modes === null || modes.includes("SharedKey"));

/** The state of Batch, shared by the Resource Manager and the data plane emulator. */
export class BatchStore {
  readonly #accounts = new Map<string, StoredAccount>();
  readonly #issued: string[] = [];
  timing: KeyTiming;

  constructor(
    readonly now: () => Date,
    readonly defaultSubscriptionId: string,
    timing: KeyTiming,
  ) {
    this.timing = timing;
  }

  add(options: AccountOptions): StoredAccount {
    const { name, modes, location = "westeurope", poolAllocationMode = "BatchService" } = options;
    if (!/^[a-z0-9]{3,24}$/.test(name)) throw new Error(`not a Batch account name: ${name}`);
    if (this.#accounts.has(name)) throw new Error(`there is an account ${name} already`);
    const account: StoredAccount = {
      name,
      resourceGroup: options.resourceGroup ?? "rg-batch",
      subscriptionId: options.subscriptionId ?? this.defaultSubscriptionId,
      location,
      nodeManagementId: randomUUID(),
      modes: modes === undefined ? ["SharedKey", "AAD", "TaskAuthenticationToken"] : modes,
      poolAllocationMode,
      tags: options.tags ?? {},
      lock: null,
      keys: {
        primary: { value: this.#issue(), regeneratedAt: null },
        secondary: { value: this.#issue(), regeneratedAt: null },
      },
      replaced: [],
      content: {},
      etag: newEtag(),
      modifiedAt: this.now(),
      answered: 0,
      refused: 0,
    };
    this.#accounts.set(name, account);
    return account;
  }

  remove(name: string): void {
    this.#accounts.delete(name.toLowerCase());
  }

  find(name: string): StoredAccount | null {
    return this.#accounts.get(name.toLowerCase()) ?? null;
  }

  get(name: string): StoredAccount {
    const account = this.find(name);
    if (account === null) throw new Error(`the emulator has no account ${name}`);
    return account;
  }

  /** In order of creation. */
  all(): readonly StoredAccount[] {
    return [...this.#accounts.values()];
  }

  /** Replaces the key of one slot. Returns the new key. */
  regenerate(account: StoredAccount, slot: Slot): string {
    const at = this.now();
    const value = this.#issue();
    account.replaced.push({ value: account.keys[slot].value, replacedAt: at });
    account.keys = { ...account.keys, [slot]: { value, regeneratedAt: at } };
    this.touch(account);
    return value;
  }

  touch(account: StoredAccount): void {
    account.etag = newEtag();
    account.modifiedAt = this.now();
  }

  /** The keys that the data plane accepts now. */
  acceptedKeys(account: StoredAccount): readonly string[] {
    if (!sharedKeyAllowed(account)) return [];
    const now = this.now().getTime();
    const live = Object.values(account.keys).filter(
      ({ regeneratedAt }) => regeneratedAt === null || now >= regeneratedAt.getTime() + this.timing.newKeyDelayMs,
    );
    const inGrace = account.replaced.filter(({ replacedAt }) => now < replacedAt.getTime() + this.timing.oldKeyGraceMs);
    return [...live, ...inGrace].map(({ value }) => value);
  }

  /** Every key ever made, for searches for leaks. */
  get issuedKeys(): readonly string[] {
    return this.#issued;
  }

  #issue(): string {
    const key = randomBytes(64).toString("base64");
    this.#issued.push(key);
    return key;
  }
}

const newEtag = (): string => `"0x8D${randomBytes(7).toString("hex").slice(0, 13).toUpperCase()}"`;
