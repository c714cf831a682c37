import { callOptions, type Limits } from "../limits";
import type { CallOptions } from "../ports/call";
import type { Ports } from "../ports/ports";
import type { AccountConfig } from "../rotation/account-config";
import { admitted } from "../rotation/fleet/admissions";
import type { FleetState } from "../rotation/fleet/fleet-state";
import { fleetHold, usesRow } from "../rotation/fleet/hold";
import { concernsFleet, type Driven, noted } from "../rotation/fleet/noted";
import type { RotationRecord } from "../rotation/record";
import { scheduledDue } from "../rotation/schedule";
import type { Instant } from "../rotation/time/time";
import { minutes, seconds } from "../rotation/time/units";
import { failureFields } from "./failure";

/** How old a row may be that lets a rotation start where starts are not counted. */
const maxAgeMs = seconds(5);
/** How old a row may be by which an alarm is raised. */
const maxSeenAgeMs = minutes(1);

/** One account as a member of the fleet, during one drive. Where the fleet is not limited, no request is made. */
export class FleetMember {
  /** As it was last seen in this drive; null where it was not needed. */
  #state: FleetState | null = null;

  constructor(
    private readonly ports: Pick<Ports, "fleet" | "clock" | "log">,
    private readonly limits: Pick<Limits, "callMs">,
    private readonly config: AccountConfig,
  ) {}

  get known(): FleetState | null {
    return this.#state;
  }

  /** What the alarms of an account depend on that may be due; null where they do not. */
  async seen(record: RotationRecord): Promise<FleetState | null> {
    const { config, ports } = this;
    if (!usesRow(config.fleet) || !scheduledDue(record, config, ports.clock.now()).due) return null;
    return (this.#state ??= await ports.fleet.read(maxSeenAgeMs, this.#call()));
  }

  /** Whether a scheduled rotation may start. It is counted before it starts: a crash in between counts one too many. */
  async admit(rotationId: string, dueAt: Instant, { claim }: RotationRecord): Promise<boolean> {
    const { config, ports } = this;
    if (!usesRow(config.fleet)) return true;
    const now = ports.clock.now();
    const admission = { rotationId, claimId: claim?.id ?? "", dueAt };
    this.#state =
      config.fleet.maxRotating === null
        ? await ports.fleet.read(maxAgeMs, this.#call())
        : await ports.fleet.update((state) => admitted(state, config, admission, now), this.#call());
    return fleetHold(config, this.#state, dueAt, now) === null;
  }

  /** The end of a drive. What fails here is done by the next drive, or by the review of the tick. */
  async note(driven: Omit<Driven, "config">): Promise<void> {
    const { config, ports } = this;
    const seen: Driven = { config, ...driven };
    if (!usesRow(config.fleet) || !concernsFleet(seen)) return;
    try {
      const now = ports.clock.now();
      this.#state = await ports.fleet.update((state) => noted(state, seen, now), this.#call());
    } catch (error) {
      ports.log.write("warn", { event: "FleetDelayed", account: config.name, ...failureFields(error) });
    }
  }

  /** A write that outlasts the claim does no harm: the record decides what it is worth. */
  #call(): CallOptions {
    return callOptions(this.ports.clock, this.limits.callMs);
  }
}
