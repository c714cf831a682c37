import type { CallOptions } from "./ports/call";
import type { AccountConfig } from "./rotation/account-config";
import type { DiscoveryTrouble } from "./rotation/discovery/discovery-head";
import type { FoundProblem } from "./rotation/discovery/resolve-found";
import type { Instant } from "./rotation/time/time";

/** A Batch account with shared keys that no rotator handles. */
export interface UnprotectedAccount {
  readonly resourceId: string;
  readonly name: string;
  readonly reason: "NotTagged" | "TagRemoved" | FoundProblem["reason"];
}

/** What discovery says beside the accounts. */
export interface Found {
  /** Accounts with a tag that cannot be rotated. */
  readonly problems: readonly FoundProblem[];
  readonly unprotected: readonly UnprotectedAccount[];
  /** What keeps the graph from answering in full, where an operator must know it. */
  readonly trouble: DiscoveryTrouble | null;
  /** When the graph last answered; null before its first answer. */
  readonly answeredAt: Instant | null;
}

/** The accounts under rotation, as this process knows them now: asked at each tick and request, never kept. */
export interface AccountDirectory {
  list(): readonly AccountConfig[];
  /** Null where no account has this name. */
  find(name: string): AccountConfig | null;
  /**
   * Reads what other processes have found, unless this one has read it less than `maxAgeMs` ago. Throws
   * `TransientServiceError` or `OperatorNeededError`; what was known before stays.
   */
  refresh(maxAgeMs: number, options: CallOptions): Promise<void>;
  /** Asks Resource Graph where that is due and no other process does. Never throws. */
  discover(): Promise<void>;
  /** Null where the configuration lists all accounts. */
  found(): Found | null;
  /** Whether every account is known: before, a record without account may be that of one still to be found. */
  isComplete(): boolean;
}

/** The accounts that the configuration lists. */
export class ExplicitAccounts implements AccountDirectory {
  readonly #byName: ReadonlyMap<string, AccountConfig>;

  constructor(private readonly accounts: readonly AccountConfig[]) {
    this.#byName = new Map(accounts.map((account) => [account.name, account]));
  }

  list(): readonly AccountConfig[] {
    return this.accounts;
  }

  find(name: string): AccountConfig | null {
    return this.#byName.get(name) ?? null;
  }

  async refresh(): Promise<void> {
    // The configuration is read once.
  }

  async discover(): Promise<void> {
    // The configuration has no discovery.
  }

  found(): null {
    return null;
  }

  isComplete(): true {
    return true;
  }
}
