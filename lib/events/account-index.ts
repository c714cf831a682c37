import type { AccountConfig } from "../rotation/account-config";
import type { NamedSecret } from "./parse-events";

/** The accounts by what events call them by. Azure compares all of it without case. */
export class AccountIndex {
  #list: readonly AccountConfig[] | null = null;
  readonly #byName = new Map<string, AccountConfig[]>();

  /** The accounts under rotation now. The same list as before is not sorted again. */
  use(list: readonly AccountConfig[]): this {
    if (list === this.#list) return this;
    this.#list = list;
    this.#byName.clear();
    for (const account of list) {
      for (const name of namesOf(account)) {
        const known = this.#byName.get(name);
        if (known === undefined) this.#byName.set(name, [account]);
        else known.push(account);
      }
    }
    return this;
  }

  ofResource(resourceId: string): readonly AccountConfig[] {
    return this.#byName.get(resourceId.toLowerCase()) ?? [];
  }

  /** By its address, else by the vault's name. */
  ofSecret({ host, vaultName, name }: NamedSecret): readonly AccountConfig[] {
    return this.#byName.get(`${host ?? vaultName}/${name}`.toLowerCase()) ?? [];
  }
}

const namesOf = ({ batch, secret }: AccountConfig): readonly string[] => {
  const { host, hostname } = new URL(secret.vaultUrl);
  const [vaultName = ""] = hostname.split(".");
  return [batch.resourceId, `${host}/${secret.name}`, `${vaultName}/${secret.name}`].map((name) => name.toLowerCase());
};
