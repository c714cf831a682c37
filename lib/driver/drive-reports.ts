import type { Ports } from "../ports";
import type { AccountConfig } from "../rotation/account-config";
import type { InstanceReport } from "../rotation/gate/signals";
import type { State } from "../rotation/phases";
import type { Lease } from "./lease";

/** The reports of the account's instances, for one drive: the decision, the alarms and the status share one list. */
export class DriveReports {
  #read: { readonly phase: State["phase"]; readonly reports: readonly InstanceReport[] } | null = null;

  constructor(
    private readonly ports: Pick<Ports, "signals">,
    private readonly config: AccountConfig,
    private readonly lease: Lease,
  ) {}

  /** From the table, under the claim. */
  async read({ phase }: State): Promise<readonly InstanceReport[]> {
    const reports = await this.ports.signals.list(this.config.name, this.lease.call());
    this.#read = { phase, reports };
    return reports;
  }

  /** Null where they have not been read in this state. */
  known({ phase }: State): readonly InstanceReport[] | null {
    return this.#read?.phase === phase ? this.#read.reports : null;
  }
}
