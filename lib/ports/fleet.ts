import type { FleetState } from "../rotation/fleet/fleet-state";
import type { CallOptions } from "./call";

/**
 * What all accounts share, in one row. Throws `TransientServiceError` or `OperatorNeededError`. A row that cannot be
 * read is `unreadableFleet`, and one that is absent is `emptyFleet`.
 */
export interface Fleet {
  /** At most `maxAgeMs` milliseconds old. */
  read(maxAgeMs: number, options: CallOptions): Promise<FleetState>;
  /**
   * Applies `change` to what is stored, again where another writer came in between, and returns what is stored then.
   * Where `change` returns its argument nothing is written: that may rest on a row that was read a minute ago.
   */
  update(change: (state: FleetState) => FleetState, options: CallOptions): Promise<FleetState>;
}
