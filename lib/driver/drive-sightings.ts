import type { Ports } from "../ports/ports";
import type { AccountConfig } from "../rotation/account-config";
import type { Sightings } from "../rotation/gate/sightings";
import type { State } from "../rotation/phases";
import type { Lease } from "./lease";

/** What is known about who uses which key, for one drive: the decision, the alarms and the status share one list. */
export class DriveSightings {
  #read: { readonly phase: State["phase"]; readonly sightings: Sightings } | null = null;

  constructor(
    private readonly ports: Pick<Ports, "signals">,
    private readonly config: AccountConfig,
    private readonly lease: Lease,
  ) {}

  /** From the table, under the claim. */
  async read({ phase }: State): Promise<Sightings> {
    const sightings = await this.ports.signals.list(this.config.name, this.lease.call());
    this.#read = { phase, sightings };
    return sightings;
  }

  /** Null where they have not been read in this state. */
  known({ phase }: State): Sightings | null {
    return this.#read?.phase === phase ? this.#read.sightings : null;
  }
}
