import { ClaimLostError } from "../errors";
import type { Ports, Receipt, SlotKeys } from "../ports";
import type { AccountConfig } from "../rotation/account-config";
import type { Slot } from "../rotation/phases";
import type { Lease } from "./lease";

/** Sends the regenerates of one drive, each once and under the claim. */
export class Regenerations {
  #answered: SlotKeys | null = null;

  constructor(
    private readonly ports: Ports,
    private readonly config: AccountConfig,
    private readonly lease: Lease,
  ) {}

  /** Both keys, as the last answer had them; null before the first. Only ever in memory. */
  get answered(): SlotKeys | null {
    return this.#answered;
  }

  /**
   * A key that was published since the comparison may be the one that is about to die, so the vault is read last. Null
   * where `newest` is no longer the newest version: nothing has been sent.
   */
  async send(slot: Slot, newest: string): Promise<Receipt | null> {
    const { batch, secrets } = this.ports;
    const call = await this.lease.writeIntent(slot);
    const changed = { since: false };
    const lastLook = async (): Promise<void> => {
      changed.since = (await secrets.newest(this.config.secret, this.lease.call()))?.version !== newest;
      if (changed.since || call.signal.aborted) throw new ClaimLostError(this.config.name);
    };
    try {
      const answer = await batch.regenerate(this.config.batch, slot, { ...call, lastLook });
      this.#answered = answer.keys;
      return answer;
    } catch (error) {
      if (changed.since) return null;
      throw error;
    }
  }
}
