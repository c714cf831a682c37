import type { Ports } from "../ports/ports";
import type { SecretVersion } from "../ports/secret-publisher";
import type { AccountConfig } from "../rotation/account-config";
import type { Lease } from "./lease";

/**
 * Versions of the secret that this drive has read. A version never changes its value, so one that was enabled is read
 * once. Only ever in memory.
 */
export class Versions {
  readonly #read = new Map<string, SecretVersion>();

  constructor(
    private readonly ports: Pick<Ports, "secrets">,
    private readonly config: AccountConfig,
    private readonly lease: Lease,
  ) {}

  /** Null where the vault does not know it. */
  async read(version: string): Promise<SecretVersion | null> {
    const known = this.#read.get(version);
    if (known !== undefined) return known;
    const found = await this.ports.secrets.version(this.config.secret, version, this.lease.call());
    if (found?.enabled === true) this.#read.set(version, found);
    return found;
  }
}
