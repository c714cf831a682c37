import { alertDropped, sendDeliveries } from "../alarms/send-deliveries";
import { ClaimLostError, CorruptRecordError, OperatorNeededError } from "../errors";
import { sha256 } from "../hash";
import type { Limits } from "../limits";
import type { HistoryPage, Ports } from "../ports";
import type { AccountConfig } from "../rotation/account-config";
import { alarmChanges, conditions } from "../rotation/events/alarm-conditions";
import { isWanted, maxDeliveries, newDelivery, type Wanted } from "../rotation/events/deliveries";
import { type Announcement, clearedKind, isAlarm, type RotationEvent } from "../rotation/events/events";
import { type EventContext, withBacklog, withEvents } from "../rotation/events/outbox";
import type { Publishing, RotationRecord } from "../rotation/record";
import { type Instant, plusMs, toInstant } from "../rotation/time/time";
import { gatedState } from "../rotation/waiting";
import { failureFields, failureOf } from "./failure";
import type { Lease } from "./lease";

/**
 * Events go from the record's outbox to the log, the webhook queue and the history, each at least once and in order.
 */
export class OutboxRelay {
  constructor(
    private readonly ports: Ports,
    private readonly limits: Limits,
    private readonly config: AccountConfig,
    private readonly lease: Lease,
    private readonly context: () => EventContext,
  ) {}

  /** The record holds the outbox already, so log and webhook queue do not wait for the history. */
  async deliver(): Promise<void> {
    this.#announce();
    await this.#recordInHistory();
  }

  /**
   * The end of a drive: imports a backlog, raises and clears alarms, sends to the webhook, prunes the history. True
   * where the record or the history has the backlog. Failures are left to the next drive: the claim must end all the
   * same.
   */
  async finish(backlog: readonly Announcement[], prune: boolean): Promise<boolean> {
    let imported = false;
    try {
      imported = await this.#importBacklog(backlog);
      await this.#raiseAndClear();
      await this.deliver();
      await this.#sendToWebhook();
      if (prune) await this.#prune();
    } catch (error) {
      if (error instanceof ClaimLostError) throw error;
      const line = { event: "NotificationDelayed", account: this.config.name, ...failureFields(error) };
      this.ports.log.write("warn", line);
    }
    return imported;
  }

  #announce(): void {
    const { log, alerts, clock } = this.ports;
    const { outbox, announcedThrough } = this.#publishing;
    for (const event of outbox.filter(({ sequence }) => sequence > announcedThrough)) {
      log.write(isAlarm(event.event) ? "error" : "info", { ...event, ...clearedKind(event) });
      this.#keep(announced(this.#publishing, event, alerts.wanted, clock.now()));
    }
    const { deliveries } = this.#publishing;
    for (const { event } of deliveries.slice(0, -maxDeliveries)) this.#dropped(event);
    this.#keep({ deliveries: deliveries.slice(-maxDeliveries) });
  }

  /** In order, and stops at the first event that cannot be written: it is written by the next drive. */
  async #recordInHistory(): Promise<void> {
    for (const event of this.#publishing.outbox) {
      try {
        await this.ports.history.append(event, this.lease.call());
      } catch (error) {
        this.#historyDelayed(event, error);
        return;
      }
      this.#keep({ outbox: this.#publishing.outbox.filter(({ id }) => id !== event.id) });
    }
  }

  /** A row in the way or a missing right lasts until an operator acts: so the line is an error with the remedy. */
  #historyDelayed(event: RotationEvent, error: unknown): void {
    const lasting = error instanceof CorruptRecordError || error instanceof OperatorNeededError;
    const why = lasting ? error.message : failureOf(error).detail;
    this.ports.log.write(lasting ? "error" : "warn", {
      event: "HistoryDelayed",
      account: this.config.name,
      reason: error instanceof OperatorNeededError ? error.reason : null,
      detail: `event ${event.id} is kept and written later: ${why}`,
    });
  }

  /** Each event is written once, whatever crashes: the record and the history know it by its own id. */
  async #importBacklog(backlog: readonly Announcement[]): Promise<boolean> {
    const [first] = backlog;
    if (first === undefined) return false;
    this.#announce();
    const known = await this.#idsSince(first.at);
    const missing = backlog.filter(({ id }) => !known.has(id));
    if (missing.length > 0) await this.lease.write(withBacklog(this.#record, missing, sha256));
    return true;
  }

  async #idsSince(at: Instant): Promise<ReadonlySet<string>> {
    const ids = new Set(this.#publishing.outbox.map(({ id }) => id));
    for (let before: number | null = null; ; ) {
      const range = { limit: 100, before };
      const page: HistoryPage = await this.ports.history.page(this.config.name, range, this.lease.call());
      for (const { id } of page.events) ids.add(id);
      if (page.next === null || page.events.some((event) => event.at < at)) return ids;
      before = page.next;
    }
  }

  /** Conditions that have begun, last or have ended become events of the outbox. */
  async #raiseAndClear(): Promise<void> {
    const { clock, signals } = this.ports;
    const gated = gatedState(this.#record.state) !== null;
    const reports = gated ? await signals.list(this.config.name, this.lease.call()) : [];
    const now = clock.now();
    const view = { record: this.#record, config: this.config, reports, dryRun: this.limits.dryRun, now };
    const known = this.#publishing.alarms;
    const { alarms, drafts } = alarmChanges(known, conditions(view), this.config.remindEveryMs, now);
    if (drafts.length === 0) return;
    const publishing = { ...this.#publishing, alarms };
    await this.lease.write(withEvents({ ...this.#record, publishing }, drafts, this.context()));
  }

  /** Removes events older than the history is kept. The record names the gap first: any other gap is tampering. */
  async #prune(): Promise<void> {
    const { history, clock } = this.ports;
    const { account } = this.#record;
    const cutoff = plusMs(toInstant(clock.now()), -this.limits.historyKeepMs);
    const through = await history.lastBefore(account, cutoff, this.lease.call());
    const { chain } = this.#record;
    if (through > chain.prunedThrough)
      await this.lease.write({ ...this.#record, chain: { ...chain, prunedThrough: through } });
    const { prunedThrough } = this.#record.chain;
    if (prunedThrough > 0) await history.removeThrough(account, prunedThrough, this.lease.call());
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
