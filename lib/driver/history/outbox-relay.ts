import { alertDropped, sendDeliveries } from "../../alarms/send-deliveries";
import { ClaimLostError } from "../../errors";
import type { Limits } from "../../limits";
import type { Ports } from "../../ports/ports";
import type { AccountConfig } from "../../rotation/account-config";
import { alarmChanges } from "../../rotation/events/alarm-changes";
import { conditions } from "../../rotation/events/alarm-conditions";
import { isWanted, newDelivery, newestDeliveries, type Wanted } from "../../rotation/events/deliveries";
import {
  type AlarmKind,
  type Announcement,
  clearedKind,
  isAlarm,
  type RotationEvent,
} from "../../rotation/events/events";
import { type EventContext, withBacklog, withEvents } from "../../rotation/events/outbox";
import type { FleetState } from "../../rotation/fleet/fleet-state";
import { isOver } from "../../rotation/gate/instance-limits";
import { nothingSeen, type Sightings } from "../../rotation/gate/sightings";
import type { Publishing, RotationRecord } from "../../rotation/record";
import { gatedState } from "../../rotation/waiting";
import { failureFields } from "../failure";
import type { DriveSightings } from "../drive-sightings";
import { HistoryWriter } from "./history-writer";
import type { Lease } from "../lease";

/** Reports that one drive removes, at most: some seconds of work, in which the claim is held. */
const maxRemoved = 5_000;

interface RelayOptions {
  readonly ports: Ports;
  readonly limits: Limits;
  readonly config: AccountConfig;
  readonly lease: Lease;
  readonly sightings: DriveSightings;
  readonly context: () => EventContext;
  /** What all accounts share, where the account may be due; null where nothing depends on it. */
  readonly fleet: () => Promise<FleetState | null>;
}

/**
 * Events go from the record's outbox to the log, the webhook queue and the history, each at least once and in order.
 */
export class OutboxRelay {
  readonly #history: HistoryWriter;

  private readonly ports: Ports;
  private readonly config: AccountConfig;
  private readonly lease: Lease;

  constructor(private readonly options: RelayOptions) {
    const { ports, limits, config, lease, context } = options;
    [this.ports, this.config, this.lease] = [ports, config, lease];
    this.#history = new HistoryWriter(ports, limits, lease, context);
  }

  /** Only what the record holds already: log and webhook queue do not wait for the history. */
  async deliver(): Promise<void> {
    await this.lease.writeAhead();
    this.announce();
    if ((await this.#history.write(true)) === "written") return;
    this.announce();
    await this.#history.write(false);
  }

  /** Before a regenerate: what this drive has published is asked for in the history then. */
  async catchUp(): Promise<void> {
    const { recordedThrough } = this.lease;
    if (this.#publishing.outbox.some(({ sequence }) => sequence <= recordedThrough)) await this.deliver();
  }

  /**
   * The end of a drive: imports a backlog, raises and clears alarms, sends to the webhook, prunes the history. True
   * where the record or the history has the backlog. Failures are left to the next drive: the claim must end all the
   * same.
   */
  async finish(
    backlog: readonly Announcement[],
    { prune, alarms }: { readonly prune: boolean; readonly alarms: boolean },
  ): Promise<boolean> {
    let imported = false;
    try {
      imported = await this.#importBacklog(backlog);
      // What a crash has left is written first: only what cannot be written is an alarm.
      await this.deliver();
      if (alarms && (await this.#raiseAndClear())) await this.deliver();
      await this.#sendToWebhook();
      if (prune) {
        await this.#history.prune();
        await this.#removeOldReports();
      }
    } catch (error) {
      if (error instanceof ClaimLostError) throw error;
      const line = { event: "NotificationDelayed", account: this.config.name, ...failureFields(error) };
      this.ports.log.write("warn", line);
    }
    return imported;
  }

  announce(): void {
    const { log, alerts, clock } = this.ports;
    const { outbox, announcedThrough } = this.#publishing;
    const { recordedThrough } = this.lease;
    const isNew = ({ sequence }: RotationEvent) => sequence > announcedThrough && sequence <= recordedThrough;
    for (const event of outbox.filter(isNew)) {
      log.write(isAlarm(event.event) ? "error" : "info", { ...event, ...clearedKind(event) });
      this.#keep(announced(this.#publishing, event, alerts.wanted, clock.now()));
    }
    const { kept, dropped } = newestDeliveries(this.#publishing.deliveries);
    for (const event of dropped) this.#dropped(event);
    this.#keep({ deliveries: kept });
  }

  /** Each event is written once, whatever crashes: the record and the history know it by its own id. */
  async #importBacklog(backlog: readonly Announcement[]): Promise<boolean> {
    const [first] = backlog;
    if (first === undefined) return false;
    await this.lease.writeAhead();
    this.announce();
    const known = await this.#history.idsSince(first.at, this.#publishing.outbox);
    const missing = backlog.filter(({ id }) => !known.has(id));
    if (missing.length > 0) await this.lease.write(withBacklog(this.#record, missing, this.options.context()));
    return true;
  }

  /** Conditions that have begun, last or have ended become events of the outbox: true where there are any. */
  async #raiseAndClear(): Promise<boolean> {
    const sightings = await this.#readSightings();
    const fleet = await this.options.fleet().catch(() => "unread" as const);
    const now = this.ports.clock.now();
    const view = { record: this.#record, config: this.config, dryRun: this.options.limits.dryRun, now };
    const found = conditions({
      ...view,
      sightings: sightings ?? nothingSeen,
      fleet: fleet === "unread" ? null : fleet,
    });
    // Without them it is unknown whether an app is unhealthy, and without the fleet's row whether that holds the
    // account back: these alarms stay as they are, and no other waits for them.
    const unknown = (kind: AlarmKind): boolean =>
      (sightings === null && ["ConsumerUnhealthy", "UnknownReader"].includes(kind)) ||
      (kind === "RotationOverdue" && fleet === "unread");
    const known = this.#publishing.alarms.filter(({ kind }) => !unknown(kind));
    const stay = this.#publishing.alarms.filter(({ kind }) => unknown(kind));
    const shown = found.filter(({ kind }) => !unknown(kind));
    const { alarms, drafts } = alarmChanges(known, shown, this.config.remindEveryMs, now);
    if (drafts.length === 0) return false;
    const publishing = { ...this.#publishing, alarms: [...alarms, ...stay] };
    await this.lease.write(withEvents({ ...this.#record, publishing }, drafts, this.options.context()));
    return true;
  }

  /** Null where they cannot be read. Only a gate needs them, and an alarm about a reader that was raised at one. */
  async #readSightings(): Promise<Sightings | null> {
    const { state } = this.#record;
    const isRaised = this.#publishing.alarms.some(({ kind }) => kind === "UnknownReader");
    if (gatedState(state) === null && !isRaised) return nothingSeen;
    return this.options.sightings.known(state) ?? this.options.sightings.read(state).catch(() => null);
  }

  /** Instances come and go under new names for ever. */
  async #removeOldReports(): Promise<void> {
    const over = isOver(this.config.gate, this.ports.clock.now());
    await this.ports.signals.removeOver(this.config.name, over, maxRemoved, this.lease.call());
  }

  async #sendToWebhook(): Promise<void> {
    const { rest, dropped } = await sendDeliveries(this.ports, this.#publishing.deliveries, () => this.lease.call());
    this.#keep({ deliveries: rest });
    for (const event of dropped) this.#dropped(event);
  }

  #dropped(event: RotationEvent): void {
    this.ports.log.write("error", alertDropped(event));
  }

  #keep(changes: Partial<Publishing>): void {
    this.lease.keep({ ...this.#record, publishing: { ...this.#publishing, ...changes } });
  }

  get #record(): RotationRecord {
    return this.lease.record;
  }

  get #publishing(): Publishing {
    return this.lease.record.publishing;
  }
}

/** Once the log has the event: history and webhook may still be to get it. The evidence is for the history alone. */
const announced = (
  publishing: Publishing,
  event: RotationEvent,
  wanted: Wanted | null,
  now: Date,
): Partial<Publishing> => ({
  announcedThrough: event.sequence,
  deliveries:
    wanted !== null && isWanted(event, wanted)
      ? [...publishing.deliveries, newDelivery({ ...event, evidence: null }, now)]
      : publishing.deliveries,
});
