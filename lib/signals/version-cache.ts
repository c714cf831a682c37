import { secretUrl } from "../rotation/ownership";
import type { CallOptions } from "../ports/call";
import type { SecretPublisher, SecretVersion } from "../ports/secret-publisher";
import type { Clock } from "../ports/system";
import type { SecretRef } from "../rotation/account-config";
import { minutes, seconds } from "../rotation/time/units";

interface Entry {
  readonly found: Promise<SecretVersion | null>;
  readonly until: number;
}

const keptMs = minutes(1);
const unknownKeptMs = seconds(10);
const maxVersions = 1_000;

/**
 * Versions of secrets, for checking proofs. A version's value never changes, but it can be disabled: so each is kept
 * for a minute, in memory only, at most 1,000 of them. Readers that come at once share one request.
 */
export class VersionCache {
  readonly #entries = new Map<string, Entry>();

  constructor(
    private readonly secrets: SecretPublisher,
    private readonly clock: Pick<Clock, "now">,
  ) {}

  /**
   * Null where the vault does not know the version. Throws as `SecretPublisher.version` does; a failure is not kept.
   */
  read(ref: SecretRef, version: string, options: CallOptions): Promise<SecretVersion | null> {
    const id = `${secretUrl(ref)}/${version}`.toLowerCase();
    const now = this.clock.now().getTime();
    const known = this.#entries.get(id);
    // An entry from the future was made before the clock was set back.
    if (known !== undefined && now < known.until && known.until - now <= keptMs) return known.found;
    const found = this.secrets.version(ref, version, options);
    this.#keep(id, { found, until: now + keptMs });
    const isStill = (): boolean => this.#entries.get(id)?.found === found;
    // A version that is not there may be soon; but made-up versions must not cost a read each.
    const settle = (there: SecretVersion | null): void => {
      if (there === null && isStill()) this.#keep(id, { found, until: now + unknownKeptMs });
    };
    found.then(settle, () => isStill() && this.#entries.delete(id));
    return found;
  }

  #keep(id: string, entry: Entry): void {
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > maxVersions && oldest !== undefined) this.#entries.delete(oldest);
  }
}
