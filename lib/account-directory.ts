import type { AccountConfig } from "./rotation/account-config";

/** The accounts under rotation, as this process knows them now: asked at each tick and request, never kept. */
export interface AccountDirectory {
  list(): readonly AccountConfig[];
  /** Null where no account has this name. */
  find(name: string): AccountConfig | null;
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
}
