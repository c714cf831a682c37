import { ClaimLostError, CorruptRecordError, OperatorNeededError, safeMessage } from "../../errors";
import type { Limits } from "../../limits";
import type { HistoryPage } from "../../ports/history";
import type { Ports } from "../../ports/ports";
import { continuedAbove } from "../../rotation/events/continue-history";
import type { RotationEvent } from "../../rotation/events/events";
import type { EventContext } from "../../rotation/events/outbox";
import { type Instant, plusMs, toInstant } from "../../rotation/time/time";
import { readHistoryPosition } from "./history-position";
import type { Lease } from "../lease";

/** A claim must not be held for as long as it takes to remove a history that was never pruned. */
const maxPruneRounds = 4;

/** Events in one request: what a table takes. */
const maxTogether = 100;

/** The way of one account's events from its record's outbox to its history, and out of it because of their age. */
export class HistoryWriter {
  constructor(
    private readonly ports: Ports,
    private readonly limits: Limits,
    private readonly lease: Lease,
    private readonly context: () => EventContext,
  ) {}

  /**
   * In order, and stops at the first event that cannot be written: it is written by the next drive. `continued`: the
   * record numbers its events anew, and has another one to announce before they are written.
   */
  async write(mayContinue: boolean): Promise<"written" | "continued"> {
    const { outbox } = this.lease.record.publishing;
    const [first] = outbox;
    if (first === undefined || outbox.length === 1 || outbox.length > maxTogether)
      return this.#writeOneByOne(outbox, mayContinue);
    try {
      await this.#append(outbox);
      return "written";
    } catch (error) {
      // One of them is there: from a request whose answer was lost, or of another record.
      if (error instanceof CorruptRecordError) return this.#writeOneByOne(outbox, mayContinue);
      this.#delayed(first, error);
      return "written";
    }
  }

  async #writeOneByOne(events: readonly RotationEvent[], mayContinue: boolean): Promise<"written" | "continued"> {
    for (const event of events) {
      try {
        await this.#append([event]);
      } catch (error) {
        if (mayContinue && (await this.#continues(event, error))) return "continued";
        this.#delayed(event, error);
        return "written";
      }
    }
    return "written";
  }

  /** Once the history has them, they leave the outbox. */
  async #append(events: readonly RotationEvent[]): Promise<void> {
    await this.ports.history.append(events, this.lease.call());
    const { record } = this.lease;
    const written = new Set(events.map(({ id }) => id));
    const outbox = record.publishing.outbox.filter(({ id }) => !written.has(id));
    this.lease.keep({ ...record, publishing: { ...record.publishing, outbox } });
  }

  /** Another event is in its place: the record was set back, or was made while another one was in force. */
  async #continues(event: RotationEvent, error: unknown): Promise<boolean> {
    if (!(error instanceof CorruptRecordError)) return false;
    try {
      return await this.#continueAbove(event);
    } catch (failure) {
      if (failure instanceof ClaimLostError) throw failure;
      this.#delayed(event, failure);
      return false;
    }
  }

  async #continueAbove({ at }: RotationEvent): Promise<boolean> {
    const { record } = this.lease;
    const position = await readHistoryPosition(this.ports.history, record.account, () => this.lease.call());
    if (position === null) return false;
    const after = continuedAbove(record, position, await this.idsSince(at, []), this.context());
    if (after === null) return false;
    await this.lease.write(after);
    return true;
  }

  /** A row in the way or a missing right lasts until an operator acts: so the line is an error with the remedy. */
  #delayed(event: RotationEvent, error: unknown): void {
    const lasting = error instanceof CorruptRecordError || error instanceof OperatorNeededError;
    this.ports.log.write(lasting ? "error" : "warn", {
      event: "HistoryDelayed",
      account: event.account,
      reason: error instanceof OperatorNeededError ? error.reason : null,
      detail: `event ${event.id} is kept and written later: ${safeMessage(error)}`,
    });
  }

  /** The ids of the history's events since this instant, and of others. */
  async idsSince(at: Instant, others: readonly RotationEvent[]): Promise<ReadonlySet<string>> {
    const ids = new Set(others.map(({ id }) => id));
    for (let before: number | null = null; ; ) {
      const range = { limit: 100, before };
      const { account } = this.lease.record;
      const page: HistoryPage = await this.ports.history.page(account, range, this.lease.call());
      for (const { id } of page.events) ids.add(id);
      if (page.next === null || page.events.some((event) => event.at < at)) return ids;
      before = page.next;
    }
  }

  /** Removes events older than the history is kept, some hundreds at a time. */
  async prune(): Promise<void> {
    const cutoff = plusMs(toInstant(this.ports.clock.now()), -this.limits.historyKeepMs);
    for (let round = 1; round <= maxPruneRounds; round++) if (!(await this.#pruneSome(cutoff))) return;
  }

  /** True where there may be more. The record names the gap first: any other gap is tampering. */
  async #pruneSome(cutoff: Instant): Promise<boolean> {
    const { history } = this.ports;
    const { account, chain } = this.lease.record;
    const range = { after: chain.prunedThrough, through: chain.sequence };
    const through = await history.lastBefore(account, cutoff, range, this.lease.call());
    if (through > chain.prunedThrough)
      await this.lease.write({ ...this.lease.record, chain: { ...chain, prunedThrough: through } });
    const { prunedThrough } = this.lease.record.chain;
    if (prunedThrough > 0) await history.removeThrough(account, prunedThrough, this.lease.call());
    return prunedThrough > chain.prunedThrough;
  }
}
