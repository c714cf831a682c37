import type { Sight, SightName, Sightings } from "../rotation/gate/sightings";
import type { InstanceReport, MergedSignal } from "../rotation/gate/signals";
import type { Instant } from "../rotation/time/time";
import type { CallOptions } from "./call";

/** Everything known of the consumers of an account. Throws `TransientServiceError` or `OperatorNeededError`. */
export interface Signals {
  /** What consumers have reported and what the rotator has seen itself, in one request. */
  list(account: string, options: CallOptions): Promise<Sightings>;
  /**
   * Applies `merge` to what is known of the instance, again where another signal came in between. Null where `merge`
   * returns null: nothing is written.
   */
  update(
    account: string,
    consumer: string,
    instance: string,
    merge: (known: InstanceReport | null) => MergedSignal | null,
    options: CallOptions,
  ): Promise<{ readonly accepted: boolean } | null>;
  /**
   * Applies `change` to what the rotator has seen under this name (null: never, or it cannot be read), again where
   * another process came in between, and returns what is stored then. Null where `change` returns null: nothing is
   * written.
   */
  updateSight(
    account: string,
    name: SightName,
    change: (known: Sight | null) => Sight | null,
    options: CallOptions,
  ): Promise<Sight | null>;
  /** How many instances of a consumer have been heard of since then. */
  countInstances(account: string, consumer: string, since: Instant, options: CallOptions): Promise<number>;
  /** Removes the reports that are over, at most `limit`. One that has changed since it was read is left. */
  removeOver(
    account: string,
    isOver: (report: InstanceReport) => boolean,
    limit: number,
    options: CallOptions,
  ): Promise<void>;
}
