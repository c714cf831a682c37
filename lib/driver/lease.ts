import { ClaimLostError } from "../errors";
import { callOptions, type Limits } from "../limits";
import type { CallOptions } from "../ports/call";
import type { Ports } from "../ports/ports";
import type { RecordWrite, Stored } from "../ports/rotations";
import type { AccountConfig } from "../rotation/account-config";
import { claimed, claimIsLive, msToSend } from "../rotation/claim";
import { firstRecord } from "../rotation/first-record";
import { attentionOf } from "../rotation/attention/attention";
import { nothingSeen } from "../rotation/gate/sightings";
import { nextLook } from "../rotation/next-look";
import type { Slot } from "../rotation/phases";
import type { Claim, RotationRecord } from "../rotation/record";
import { plusMs, toInstant } from "../rotation/time/time";
import type { AccountView } from "../rotation/waiting";
import { readHistoryPosition } from "./history/history-position";
import { readRecord } from "./read-record";

/** How often a waiting driver asks for the claim, in milliseconds. */
const retryMs = 250;

/** The claim that keeps a driver out; null where another driver won the race for it just now. */
export interface Busy {
  readonly kind: "busy";
  readonly claim: Claim | null;
}

/** What a drive knows beside the record. */
export type Seen = Pick<AccountView, "sightings" | "fleet">;

/** The exclusive right to one account's record, and the record as its holder knows it. Every write renews the claim. */
export class Lease {
  readonly #id: string;
  #stored: Stored | null = null;
  #recordedThrough = 0;
  #seen: Seen = { sightings: nothingSeen, fleet: null };

  constructor(
    private readonly ports: Ports,
    private readonly limits: Limits,
    private readonly config: AccountConfig,
    private readonly by: string,
  ) {
    this.#id = ports.ids.next();
  }

  /**
   * Null once the claim is held. Waits up to `waitMs` milliseconds for another driver's claim to end. `known`: the
   * record as the caller has just read it. The claim is written only where it is unchanged, so it is not read again.
   */
  async take(waitMs: number, stop: AbortSignal, known: Stored | null): Promise<Busy | null> {
    const { clock } = this.ports;
    const giveUpAt = plusMs(toInstant(clock.now()), waitMs);
    let first = known;
    // A clock that is set back must not prolong the wait, so the pauses are counted as well.
    for (let leftMs = waitMs; ; leftMs -= retryMs) {
      const busy = await this.#tryToClaim(first);
      if (busy === null) return null;
      // What the caller has read may have been old: what is there now is read at once.
      if (first !== null) {
        first = null;
        continue;
      }
      if (leftMs <= 0 || toInstant(clock.now()) >= giveUpAt || stop.aborted) return busy;
      await clock.sleep(Math.min(retryMs, leftMs), stop);
    }
  }

  /** The record as the next write will write it. */
  get record(): RotationRecord {
    return this.#held.record;
  }

  /** The number of the newest event that is written with the record: those above it are only kept so far. */
  get recordedThrough(): number {
    return this.#recordedThrough;
  }

  /** Writes what is kept, where it holds events. */
  async writeAhead(): Promise<void> {
    if (this.record.chain.sequence > this.#recordedThrough) await this.write(this.record);
  }

  /** Changes what the next write will write. */
  keep(record: RotationRecord): void {
    this.#stored = { ...this.#held, record };
  }

  /** Throws `ClaimLostError` where another driver has written since. */
  async write(record: RotationRecord): Promise<void> {
    const { claim } = record;
    const renewed =
      claim === null ? record : { ...record, claim: { ...claim, until: this.#claimEnd(this.ports.clock.now()) } };
    this.#stored = await this.ports.rotations.replace(renewed, this.#held.etag, this.#written(renewed, this.call()));
    if (this.#stored === null) throw new ClaimLostError(this.config.name);
    this.#recordedThrough = record.chain.sequence;
  }

  /** Writes what is kept and ends the claim. `seen`: what the drive has decided on. */
  async release(seen: Seen): Promise<RotationRecord> {
    this.#seen = seen;
    await this.write({ ...this.record, claim: null });
    return this.record;
  }

  /**
   * Records which slot is about to be regenerated. The limit for the request: it is sent only while the claim certainly
   * holds.
   */
  async writeIntent(slot: Slot): Promise<CallOptions> {
    const { claim } = this.record;
    if (claim === null) throw new ClaimLostError(this.config.name);
    const intent = { slot, at: toInstant(this.ports.clock.now()) };
    await this.write({ ...this.record, claim: { ...claim, intent } });
    const call = this.call();
    if (call.signal.aborted) throw new ClaimLostError(this.config.name);
    return call;
  }

  /** A limit for one external call that ends before the claim does by any driver's clock. */
  call(ms = this.limits.callMs): CallOptions {
    const { clock } = this.ports;
    const { claim } = this.record;
    const spareMs = claim === null ? 0 : msToSend(claim, this.limits.claimMs, clock.now());
    return spareMs <= 0 ? { signal: AbortSignal.abort() } : callOptions(clock, Math.min(spareMs, ms));
  }

  async #tryToClaim(read: Stored | null): Promise<Busy | null> {
    const { rotations, clock } = this.ports;
    // One deadline for all: a process that was frozen in between must not insert a record that no longer fits the
    // history. Where it does all the same, its events go on above the others: see `continuedAbove`.
    const options = this.#callWithoutClaim();
    const known = read ?? (await readRecord(this.ports, this.limits, this.config, options));
    const now = clock.now();
    if (known !== null && claimIsLive(known.record, now)) return { kind: "busy", claim: known.record.claim };
    const before = known?.record ?? (await this.#firstRecord(now, options));
    const record = claimed(before, this.#newClaim(now), this.limits.quarantineMs);
    const write = this.#written(record, options, known?.attention);
    this.#stored =
      known === null ? await rotations.insert(record, write) : await rotations.replace(record, known.etag, write);
    if (this.#stored === null) return { kind: "busy", claim: null };
    this.#recordedThrough = record.chain.sequence;
    return null;
  }

  /**
   * A deleted record begins anew, but its history goes on: new events must not take the places of old ones, and what an
   * operator has paused stays paused.
   */
  async #firstRecord(now: Date, options: CallOptions): Promise<RotationRecord> {
    const first = firstRecord(this.config, now);
    const position = await readHistoryPosition(this.ports.history, this.config.name, () => options);
    if (position === null) return first;
    const { pause, ...chain } = position;
    return { ...first, pause, chain };
  }

  #newClaim(now: Date): Claim {
    return { id: this.#id, by: this.by, takenAt: toInstant(now), until: this.#claimEnd(now), intent: null };
  }

  #claimEnd(now: Date): string {
    return plusMs(toInstant(now), this.limits.claimMs);
  }

  /** With the record goes when ticks must look at it again, and who must act. A claim alone changes nothing of that. */
  #written(record: RotationRecord, options: CallOptions, attention?: string): RecordWrite {
    const { config } = this;
    const now = this.ports.clock.now();
    const view = { record, config, ...this.#seen, dryRun: this.limits.dryRun, now };
    return { ...options, look: nextLook(record, config, now), attention: attention ?? attentionOf(view) };
  }

  #callWithoutClaim(): CallOptions {
    return callOptions(this.ports.clock, this.limits.callMs);
  }

  get #held(): Stored {
    if (this.#stored === null) throw new ClaimLostError(this.config.name);
    return this.#stored;
  }
}
