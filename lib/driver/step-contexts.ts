import { withContestSeen } from "../rotation/ownership";
import type { Instant } from "../rotation/time/time";
import type { DriveScope } from "./drive-scope";
import type { DriveSightings } from "./drive-sightings";
import { failureFields } from "./failure";
import type { FleetMember } from "./fleet-member";
import type { OutboxRelay } from "./history/outbox-relay";
import { Regenerations } from "./regenerations";
import type { Newest, StepContext } from "./steps/step-context";
import { Versions } from "./versions";

/** What a drive shares between its steps and its end. */
interface Shared {
  readonly relay: OutboxRelay;
  readonly sightings: DriveSightings;
  readonly fleet: FleetMember;
}

/** What the steps of one drive work with, and what they leave for its end. */
export class StepContexts {
  readonly regenerations: Regenerations;
  readonly #versions: Versions;
  /** Record and history have been brought together. */
  #caughtUp = false;
  #unhealthySince: Instant | null = null;

  constructor(
    private readonly scope: DriveScope,
    private readonly shared: Shared,
  ) {
    const { ports, config, lease } = scope;
    this.regenerations = new Regenerations(ports, config, lease);
    this.#versions = new Versions(ports, config, lease);
  }

  /** Since when a consumer has been unhealthy on the new key, by the last decision that asked. */
  get unhealthySince(): Instant | null {
    return this.#unhealthySince;
  }

  /** For one decision at `now`, on the record as it is. */
  at(now: Date): StepContext {
    const { ports, limits, config, options, lease } = this.scope;
    const { sightings, fleet } = this.shared;
    const { record } = lease;
    return {
      ports,
      config,
      record,
      now,
      by: options.by,
      call: (ms) => lease.call(ms),
      version: (version) => this.#versions.read(version),
      sightings: (state) => sightings.read(state),
      regenerate: (slot, newest) => this.regenerations.send(slot, newest),
      answered: this.regenerations.answered,
      listLagMs: limits.keyListLagMs,
      recordedThrough: () => (this.#caughtUp ? null : lease.recordedThrough),
      catchUp: () => this.#catchUp(),
      writeAhead: () => lease.writeAhead(),
      sawNewest: (newest) => this.#sawNewest(newest),
      admit: (rotationId, dueAt) => fleet.admit(rotationId, dueAt, lease.record),
      sawUnhealthy: (since) => {
        this.#unhealthySince = since;
      },
      searched: (searched) => lease.keep({ ...lease.record, searched }),
      contest: (newest) => this.#contest(newest),
      markRollback: (request) => lease.write({ ...lease.record, rollback: request }),
      markProven: (proven) => lease.write({ ...lease.record, state: proven }),
    };
  }

  /** Once in a drive: a history that cannot be written stops no rotation. */
  async #catchUp(): Promise<void> {
    this.#caughtUp = true;
    await this.shared.relay.deliver();
  }

  /** Written with the next write, at the latest when the claim is released. */
  #sawNewest(newest: Newest | null): void {
    const { lease, ports } = this.scope;
    lease.keep(withContestSeen(lease.record, newest?.marks ?? null, ports.clock.now()));
  }

  /** The owner's alarm is worth less than this account's own, which comes with the error that follows. */
  async #contest({ version }: Newest): Promise<void> {
    const { ports, limits, config, lease } = this.scope;
    if (limits.dryRun) return;
    try {
      await ports.secrets.contest(config.secret, version, config.batch.resourceId, lease.call());
    } catch (error) {
      ports.log.write("warn", { event: "ContestFailed", account: config.name, ...failureFields(error) });
    }
  }
}
