import type { RotationEvent } from "../../lib/rotation/events/events";
import { rotationOf, type State } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import { scheduledDue } from "../../lib/rotation/schedule";
import { days, minutes, seconds } from "../../lib/rotation/time/units";
import type { Process } from "../fakes/world/process";
import type { World } from "../fakes/world/world";
import { own } from "./azure-event-acts";
import { maxClockOffsetMs } from "./plan-types";

/** At most two looks in any such time. */
const lookWindowMs = seconds(5);

/**
 * An event of Azure, true or forged, causes a look and nothing else: what the look finds is judged like the finding of
 * any tick. Looks are few, and another identity that lists keys is in the history once a day.
 */
export class AzureEventJudge {
  /** By account and identity: when the history got `KeysListed`. */
  readonly #listed = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly broken: (invariant: string, text: string) => void,
  ) {}

  /** A new or an older record does not know what the one before it has said. */
  forget(account: string): void {
    for (const known of this.#listed.keys()) if (known.startsWith(`${account} `)) this.#listed.delete(known);
  }

  recordWritten(
    process: Process,
    before: RotationRecord | null,
    after: RotationRecord,
    fresh: readonly RotationEvent[],
  ): void {
    if (before === null || before.resourceId !== after.resourceId) return this.forget(after.account);
    for (const event of fresh) if (event.event === "KeysListed") this.#checkListed(event);
    if ((after.claim ?? before.claim)?.by !== "event") return;
    // A roll-back of unhealthy apps pauses by itself, whatever has caused the look.
    if (!fresh.some(({ event }) => event === "RotationRolledBack")) this.#checkOrders(before, after);
    this.#checkLooks(before, after);
    for (const { event } of fresh) if (event === "RotationStarted") this.#checkStarted(process, before, after);
  }

  /** The app could not even write that a comparison is owed: then Event Grid must deliver once more. */
  deliveryFailed(process: Process, error: unknown): void {
    const { TransientServiceError, OperatorNeededError } = this.world.product;
    if (error instanceof TransientServiceError || error instanceof OperatorNeededError) return;
    const what = error instanceof Error ? error.name : typeof error;
    this.broken("I6", `a delivery of events to ${process.name} failed: ${what}`);
  }

  #checkOrders({ account, pause, state }: RotationRecord, after: RotationRecord): void {
    if (after.pause !== null && pause === null) this.broken("events", `an event has paused ${account}`);
    if (approvalOf(after.state) !== null && approvalOf(state) === null)
      this.broken("events", `an event has approved the rotation of ${account}`);
  }

  #checkLooks({ account, keyEvents }: RotationRecord, after: RotationRecord): void {
    const [last] = after.keyEvents.looks.slice(-1);
    if (last === undefined || keyEvents.looks.includes(last)) return;
    if (this.world.processes.some(({ clock }) => clock.offsetMs !== 0)) return;
    const [twoBefore] = keyEvents.looks.slice(-2);
    const sinceMs = Date.parse(last) - Date.parse(twoBefore ?? "");
    if (keyEvents.looks.length >= 2 && sinceMs >= 0 && sinceMs < lookWindowMs)
      this.broken("events", `${account}: three looks because of events within ${sinceMs} ms`);
  }

  /** Started by the look that an event has caused, as by any tick: it was due. */
  #checkStarted({ app, clock }: Process, before: RotationRecord, { account, state }: RotationRecord): void {
    const config = app.accounts.find(account);
    const isOfPerson = before.restart !== null && rotationOf(state)?.trigger === "demand";
    const now = new Date(clock.now().getTime() + minutes(1));
    if (config === null || isOfPerson || scheduledDue(before, config, now).due) return;
    this.broken("events", `an event has started a rotation of ${account} that is not due`);
  }

  #checkListed({ account, evidence }: RotationEvent): void {
    const reported = evidence?.["reportedByEvent"];
    const identity = reported !== null && typeof reported === "object" && "identity" in reported && reported.identity;
    if (identity === own) this.broken("events", `${account}: the rotator reports its own list as that of another`);
    const key = `${account} ${JSON.stringify(identity)}`;
    const sinceMs = this.world.wallMs - (this.#listed.get(key) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < days(1) - 2 * maxClockOffsetMs)
      this.broken("events", `${account}: the same identity is in the history twice within ${sinceMs} ms`);
    this.#listed.set(key, this.world.wallMs);
  }
}

const approvalOf = (state: State) => ("approval" in state ? state.approval : null);
