import type { Slot } from "../../lib/rotation/phases";
import { grace } from "../builders/azure-event";
import type { ArmAction } from "./arm-operations";
import type { EmulatedRole, RolePages } from "./arm-permissions";
import type { BatchContent } from "./batch-content";
import type { BatchArm } from "./batch-arm";
import type { EventGrid } from "./event-grid";
import type { ResourceGraphEmulator } from "./resource-graph";
import {
  type AccountLock,
  type AccountOptions,
  type AuthenticationMode,
  type BatchStore,
  type KeyTiming,
  type PoolAllocationMode,
  resourceIdOf,
} from "./batch-store";

export interface AddedAccount {
  readonly name: string;
  readonly resourceId: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  /** Host and port of the data plane. */
  readonly accountEndpoint: string;
}

/** Direct access of a test to Batch: no HTTP, no journal entries, no faults. */
export interface BatchAccounts {
  addAccount(options: AccountOptions): AddedAccount;
  removeAccount(name: string): void;
  /** The live keys. */
  keys(name: string): Readonly<Record<Slot, string>>;
  /** Whether the data plane accepts this key now. */
  accepts(name: string, key: string): boolean;
  /** Regenerates like a user in the portal. Returns the new key. */
  regenerateManually(name: string, slot: Slot): string;
  /** Lists the keys like a user in the portal. */
  listManually(name: string): void;
  setModes(name: string, modes: readonly AuthenticationMode[] | null): void;
  setPoolAllocationMode(name: string, mode: PoolAllocationMode): void;
  setTags(name: string, tags: Readonly<Record<string, string>>): void;
  /** Its pools, jobs, job schedules and tasks, in place of those from before. */
  setContent(name: string, content: BatchContent): void;
  /** Azure Resource Graph over these accounts. */
  readonly graph: ResourceGraphEmulator;
  lock(name: string, lock: AccountLock): void;
  unlock(name: string): void;
  /** Denies a permission to the identity, for all accounts. */
  deny(action: ArmAction): void;
  allow(action: ArmAction): void;
  /** The answer to a request for the identity's own permissions (default: those not denied). It has no effect. */
  tellRoles(roles: readonly EmulatedRole[] | "asAllowed" | "unreadable"): void;
  /** How that answer is cut into pages; null: it is one. */
  pageRoles(pages: RolePages | null): void;
  setKeyTiming(timing: Partial<KeyTiming>): void;
  /** Enforces the limits of a subscription: 250 reads, 25 more a second; 200 writes, 10 more a second. */
  limitRequests(on: boolean): void;
  /** Every key ever issued, for searches for leaks. */
  issuedKeys(): readonly string[];
  /** Data plane calls of the account: answered with 2xx, and refused. */
  calls(name: string): { readonly answered: number; readonly refused: number };
}

const person = { oid: grace, name: "grace@contoso.example", role: "Contributor", address: "203.0.113.7" };

export const batchAccounts = (
  store: BatchStore,
  arm: BatchArm,
  dataPlaneHost: () => string,
  grid: EventGrid,
): BatchAccounts => ({
  addAccount: (options) => {
    const account = store.add(options);
    const { name, resourceGroup, subscriptionId } = account;
    return { name, resourceGroup, subscriptionId, resourceId: resourceIdOf(account), accountEndpoint: dataPlaneHost() };
  },
  removeAccount: (name) => store.remove(name),
  keys: (name) => {
    const { primary, secondary } = store.get(name).keys;
    return { primary: primary.value, secondary: secondary.value };
  },
  accepts: (name, key) => store.acceptedKeys(store.get(name)).includes(key),
  regenerateManually: (name, slot) => {
    const key = store.regenerate(store.get(name), slot);
    grid.keyOperation(resourceIdOf(store.get(name)), "regenerateKeys", person);
    return key;
  },
  listManually: (name) => grid.keyOperation(resourceIdOf(store.get(name)), "listKeys", person),
  setModes: (name, modes) => {
    store.get(name).modes = modes;
    store.touch(store.get(name));
  },
  setPoolAllocationMode: (name, mode) => {
    store.get(name).poolAllocationMode = mode;
    store.touch(store.get(name));
  },
  setTags: (name, tags) => {
    store.get(name).tags = tags;
    store.touch(store.get(name));
  },
  setContent: (name, content) => {
    store.get(name).content = content;
  },
  graph: arm.graph,
  lock: (name, lock) => {
    store.get(name).lock = lock;
  },
  unlock: (name) => {
    store.get(name).lock = null;
  },
  deny: (action) => arm.deny(action),
  allow: (action) => arm.allow(action),
  tellRoles: (roles) => arm.permissions.set(roles),
  pageRoles: (pages) => {
    arm.permissions.pages = pages;
  },
  setKeyTiming: (timing) => {
    store.timing = { ...store.timing, ...timing };
  },
  limitRequests: (on) => {
    arm.buckets.enforced = on;
  },
  issuedKeys: () => [...store.issuedKeys],
  calls: (name) => {
    const { answered, refused } = store.get(name);
    return { answered, refused };
  },
});
