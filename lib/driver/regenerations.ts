import { ClaimLostError } from "../errors";
import { callOptions } from "../limits";
import type { SlotKeys } from "../ports/batch-keys";
import type { CallOptions, Receipt } from "../ports/call";
import type { Ports } from "../ports/ports";
import type { AccountConfig } from "../rotation/account-config";
import type { Slot } from "../rotation/phases";
import { seconds } from "../rotation/time/units";
import type { Lease } from "./lease";
import type { GoodSnapshot, Newest } from "./steps/step-context";

/** For the move after a regenerate: a comparison that is older than this is made anew. */
const freshMs = seconds(30);

interface Compared {
  readonly snapshot: GoodSnapshot;
  readonly fresh: CallOptions;
}

/** Sends the regenerates of one drive, each once and under the claim. */
export class Regenerations {
  #answered: SlotKeys | null = null;
  #compared: Compared | null = null;

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
   * What vault and Batch have just said, for the one move that follows a regenerate: both keys by its answer, and the
   * newest version by the last look before it. A key list could only be older. Null for any other move.
   */
  takeCompared(): GoodSnapshot | null {
    const compared = this.#compared;
    this.#compared = null;
    return compared === null || compared.fresh.signal.aborted ? null : compared.snapshot;
  }

  /**
   * A key that was published since the comparison may be the one that is about to die, so the vault is read last. Null
   * where `newest` is no longer the newest version: nothing has been sent.
   */
  async send(slot: Slot, newest: string): Promise<Receipt | null> {
    const { batch, secrets } = this.ports;
    const call = await this.lease.writeIntent(slot);
    const fresh = callOptions(this.ports.clock, freshMs);
    const seen: { newest?: Newest | null } = {};
    const isChanged = () => seen.newest !== undefined && seen.newest?.version !== newest;
    const lastLook = async (): Promise<void> => {
      seen.newest = await secrets.newest(this.config.secret, this.lease.call());
      if (isChanged() || call.signal.aborted) throw new ClaimLostError(this.config.name);
    };
    try {
      const answer = await batch.regenerate(this.config.batch, slot, { ...call, lastLook });
      this.#answered = answer.keys;
      if (seen.newest) this.#compared = { snapshot: { keys: answer.keys, newest: seen.newest }, fresh };
      return answer;
    } catch (error) {
      if (isChanged()) return null;
      throw error;
    }
  }
}
