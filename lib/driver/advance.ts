import { createHash } from "node:crypto";
import {
  ClaimLostError,
  CorruptRecordError,
  OperatorNeededError,
  OutcomeUnknownError,
  TransientServiceError,
} from "../errors";
import type { CallOptions, HistoryPage, Ports, Receipt, Stored } from "../ports";
import type { Limits } from "../limits";
import { readRecord } from "./read-record";
import { type Reconciled, reconcile } from "./reconcile";
import type { AccountConfig } from "../rotation/account-config";
import { nextAttemptAt } from "../rotation/time/backoff";
import { activeQuarantine, claimed, claimIsLive, quarantined } from "../rotation/claim";
import { type FailedAttempt, failed, moved, waitingOn } from "../rotation/settle";
import { firstRecord, isFor } from "../rotation/first-record";
import { type EventContext, withBacklog, withEvents } from "../rotation/events/outbox";
import { pauseInForce, withPauseSeen } from "../rotation/pause";
import { alarmChanges, conditions } from "../rotation/events/alarm-conditions";
import { isWanted, maxDeliveries, newDelivery, type Wanted } from "../rotation/events/deliveries";
import {
  type Announcement,
  clearedKind,
  type EventDraft,
  hashedText,
  isAlarm,
  type RotationEvent,
} from "../rotation/events/events";
import type { Slot, State } from "../rotation/phases";
import type { Claim, Pause, RotationRecord } from "../rotation/record";
import { fullReconcileDue, scheduledDue } from "../rotation/schedule";
import { type Instant, plusMs, toInstant } from "../rotation/time/time";
import { configurationChanged, type Move, type StateWithActive } from "../rotation/transitions";
import type { InstanceReport } from "../rotation/gate/signals";
import { gatedState, mayRegenerateNext } from "../rotation/waiting";
import { alertDropped, sendDeliveries } from "../alarms/send-deliveries";
import { type StepContext, type Decision, type Done, rollBack, steps } from "./steps";

/** Why somebody's request is turned away; nothing has changed. */
export interface RequestRejection {
  readonly refused: string;
  readonly detail: string;
}

/** What an operator or a forged signal brings: events, and what they change beside the phase. */
export interface Note {
  readonly note: readonly EventDraft[];
  readonly change?: Partial<Pick<RotationRecord, "state" | "pause" | "rollback" | "failure" | "hold">>;
}

/** One drive of one account: who drives, how long at most, and what is asked for first. */
export interface AdvanceOptions {
  readonly by: string;
  /** No new step is begun after this aborts; what is under way is finished. */
  readonly stop: AbortSignal;
  /** How long to wait for another driver's claim, in milliseconds. 0: go away at once. */
  readonly claimWaitMs: number;
  /** Decided under the claim: a move to make before anything else, something to note in the history, a refusal, or nothing. */
  readonly beforeSteps?: (record: RotationRecord, now: Date) => Move | Note | RequestRejection | null;
  /** Told while the record could not be read, in order: the history is to get it. */
  readonly backlog?: readonly Announcement[];
}

export type Advanced =
  | { readonly kind: "busy"; readonly claim: Claim | null }
  | { readonly kind: "refused"; readonly refusal: RequestRejection }
  | {
      readonly kind: "driven";
      readonly record: RotationRecord;
      readonly moves: number;
      /** The record or the history has what was told earlier. */
      readonly recorded: boolean;
    };

/** Takes the claim, then step after step until the account waits, then lets go. Never throws for what goes wrong with Batch or the vault. */
export const advance = async (
  ports: Ports,
  limits: Limits,
  config: AccountConfig,
  drive: AdvanceOptions,
): Promise<Advanced> => {
  const driver = new Driver(ports, limits, config, drive);
  const taken = await driver.takeClaim();
  if (taken !== null) return taken;
  try {
    return await driver.drive();
  } catch (error) {
    // The record is somebody else's by now: what it says is theirs to say.
    if (error instanceof ClaimLostError) return { kind: "busy", claim: null };
    throw error;
  }
};

/**
 * Whether there is anything to do for a tick, told from what is stored: an idle account costs one table read.
 * `reports` are those of an account that waits at its gate; else empty.
 */
export const needsDriver = (
  record: RotationRecord,
  config: AccountConfig,
  reports: readonly InstanceReport[],
  now: Date,
): boolean => {
  if (claimIsLive(record, now)) return false;
  if (record.publishing.deliveries.some((delivery) => delivery.nextAttemptAt <= toInstant(now))) return true;
  const found = conditions({ record, config, reports, dryRun: false, now });
  if (alarmChanges(record.publishing.alarms, found, config.remindEveryMs, now).drafts.length > 0) return true;
  if (record.claim !== null || record.publishing.outbox.length > 0 || !isFor(record, config)) return true;
  if (withPauseSeen(record, config, now) !== record) return true;
  if (record.failure !== null) return record.failure.nextAttemptAt <= toInstant(now);
  if (record.rollback !== null) return true;
  if (record.state.phase !== "idle") return true;
  if (fullReconcileDue(record, config, now)) return true;
  const due = scheduledDue(record, config, now);
  return due.due && due.startsNow && pauseInForce(record, config) === null;
};

/** Moves of one drive at most: a procedure has eight, and a loop that does not end must not hold a claim. */
const maxMoves = 20;

class Driver {
  readonly #claimId: string;
  #stored: Stored | null = null;
  #moves = 0;
  #recorded = false;
  /** This drive has done the full comparison that comes now and then. */
  #compared = false;

  constructor(
    private readonly ports: Ports,
    private readonly limits: Limits,
    private readonly config: AccountConfig,
    private readonly options: AdvanceOptions,
  ) {
    this.#claimId = ports.ids.next();
  }

  /** Null when the claim is ours. */
  async takeClaim(): Promise<Advanced | null> {
    const giveUpAt = plusMs(toInstant(this.ports.clock.now()), this.options.claimWaitMs);
    for (;;) {
      const held = await this.#tryToClaim();
      if (held === null) return null;
      if (toInstant(this.ports.clock.now()) >= giveUpAt || this.options.stop.aborted) return held;
      await this.ports.clock.sleep(Math.min(250, this.options.claimWaitMs), this.options.stop);
    }
  }

  async #tryToClaim(): Promise<Advanced | null> {
    const { rotations, clock } = this.ports;
    const known = await readRecord(this.ports, this.limits, this.config.name, this.#callWithoutClaim());
    const now = clock.now();
    if (known !== null && claimIsLive(known.record, now)) return { kind: "busy", claim: known.record.claim };
    const record = claimed(
      known?.record ?? (await this.#firstRecord(now)),
      this.#newClaim(now),
      this.limits.quarantineMs,
    );
    const options = this.#callWithoutClaim();
    this.#stored =
      known === null ? await rotations.insert(record, options) : await rotations.replace(record, known.etag, options);
    return this.#stored === null ? { kind: "busy", claim: null } : null;
  }

  /** A record that somebody has deleted begins anew, but its history goes on: in the places that are taken nothing could be told. */
  async #firstRecord(now: Date): Promise<RotationRecord> {
    const first = firstRecord(this.config, now);
    const range = { limit: 1, before: null };
    const { events, unreadable } = await this.ports.history.page(this.config.name, range, this.#callWithoutClaim());
    const inItsPlace = unreadable.find(({ sequence }) => sequence !== null);
    if (inItsPlace !== undefined)
      throw new CorruptRecordError(this.config.name, inItsPlace.problem, inItsPlace.sequence);
    const [newest] = events;
    return newest === undefined
      ? first
      : { ...first, chain: { ...first.chain, sequence: newest.sequence, hash: sha256(hashedText(newest)) } };
  }

  async drive(): Promise<Advanced> {
    const refusal = await this.#enter();
    if (refusal === null) {
      while (this.#moves < maxMoves && !this.options.stop.aborted && (await this.#oneMove())) this.#moves += 1;
    }
    await this.#tell();
    const { record } = await this.#write({ ...this.#record, claim: null });
    return refusal === null
      ? { kind: "driven", record, moves: this.#moves, recorded: this.#recorded }
      : { kind: "refused", refusal };
  }

  async #enter(): Promise<RequestRejection | null> {
    const now = this.ports.clock.now();
    const seen = withPauseSeen(this.#record, this.config, now);
    if (seen !== this.#record) await this.#write(seen);
    if (!isFor(this.#record, this.config)) {
      const { batch, secret } = this.config;
      await this.#settle(configurationChanged(this.#record, { resourceId: batch.resourceId, secret }, now));
    }
    const asked = this.options.beforeSteps?.(this.#record, now) ?? null;
    if (asked === null) return null;
    if ("refused" in asked) return asked;
    if ("note" in asked) await this.#note(asked, now);
    else await this.#settle(asked);
    return null;
  }

  async #note({ note, change }: Note, now: Date): Promise<void> {
    const noted = withEvents({ ...this.#record, ...change }, note, this.#pen());
    await this.#write(withPauseSeen(noted, this.config, now));
    await this.#deliver();
  }

  /** True when the account has moved and may move again at once. */
  async #oneMove(): Promise<boolean> {
    const now = this.ports.clock.now();
    if (this.#record.failure !== null && this.#record.failure.nextAttemptAt > toInstant(now)) return false;
    try {
      return await this.#reconcileAndStep(now);
    } catch (error) {
      if (error instanceof ClaimLostError) throw error;
      await this.#fail(error);
      return false;
    }
  }

  async #reconcileAndStep(now: Date): Promise<boolean> {
    const { rollback } = this.#record;
    if (rollback !== null) return this.#finishRollback(rollback);
    const mayStep = pauseInForce(this.#record, this.config) === null && !quarantineStops(this.#record, now);
    const decision: Decision = mayStep ? await this.#decide() : { kind: "wait" };
    const look = await this.#reconcile(decision, now);
    if (look !== null && look.kind === "refused")
      return this.#wait({ reason: "TargetKeyRefused", detail: look.detail });
    if (look !== null && look.kind === "differs") return this.#act(look.words, look.run);
    if (decision.kind === "wait") return this.#wait(null);
    if (decision.kind === "act") return this.#act(decision.words, decision.run);
    const seen = look?.look ?? null;
    return seen === null ? this.#wait(null) : this.#act(decision.words, () => decision.run(seen));
  }

  /** Comes before any look: what the vault shows while a roll-back is half done is its own doing. */
  async #finishRollback(asked: Pause): Promise<boolean> {
    const { state } = this.#record;
    if (state.phase !== "started" && state.phase !== "regenerated" && state.phase !== "published") {
      this.#keep({ ...this.#record, rollback: null });
      return true;
    }
    return this.#act(
      `roll back to the ${state.rotation.previous} key`,
      () => rollBack(state, this.#context(), asked),
      asked.by,
    );
  }

  /** Written before anything is published, so that a roll-back is finished whatever crashes. */
  async #markRollback(asked: Pause): Promise<void> {
    await this.#write({ ...this.#record, rollback: asked });
  }

  #decide(): Promise<Decision> | Decision {
    const { state } = this.#record;
    const bench = this.#context();
    switch (state.phase) {
      case "adopting":
        return steps.adopting(state, bench);
      case "idle":
        return steps.idle(state, bench);
      case "started":
        return steps.started(state, bench);
      case "regenerated":
        return steps.regenerated(state, bench);
      case "published":
        return steps.published(state, bench);
      case "retired":
        return steps.retired(state, bench);
      case "settling":
        return steps.settling(state, bench);
    }
  }

  /** At every tick while something is under way; an idle account only now and then, in full. Null when there is nothing to look at or no need. */
  async #reconcile(decision: Decision, now: Date): Promise<Reconciled | null> {
    const { state } = this.#record;
    if (!hasActive(state)) return null;
    const due = fullReconcileDue(this.#record, this.config, now);
    if (state.phase === "idle" && !due) return null;
    const full = due || decision.kind === "actOnKeys";
    const found = await reconcile(this.#context(), state, full);
    if (found.kind === "agrees" && found.look !== null) {
      this.#compared ||= due;
      this.#keep({ ...this.#record, reconciledAt: toInstant(this.ports.clock.now()) });
    }
    return found;
  }

  /** `by`: who has asked for it, where that is not who drives. */
  async #act(words: string, run: () => Promise<Done>, by: string = this.options.by): Promise<boolean> {
    if (this.limits.dryRun) {
      this.ports.log.write("info", { event: "DryRun", account: this.config.name, detail: `would ${words}` });
      return false;
    }
    const done = await run();
    if ("hold" in done) return this.#wait(done.hold);
    await this.#settle(done, by);
    return true;
  }

  /** Nothing to do yet. Written with the next write, at the latest when the claim is let go. */
  #wait(hold: Parameters<typeof waitingOn>[1]): false {
    this.#keep(waitingOn(this.#record, hold, this.ports.clock.now()));
    return false;
  }

  async #settle(move: Move, by: string = this.options.by): Promise<void> {
    const pen = this.#pen(by);
    await this.#write(withPauseSeen(moved(this.#record, move, pen), this.config, pen.now));
    await this.#deliver();
  }

  /** What is in the outbox is written already, so log and webhook hear of it whether the history can be reached or not. */
  async #deliver(): Promise<void> {
    this.#announce();
    await this.#recordInHistory();
  }

  #announce(): void {
    for (const event of this.#record.publishing.outbox.filter(
      ({ sequence }) => sequence > this.#record.publishing.announcedThrough,
    )) {
      this.ports.log.write(isAlarm(event.event) ? "error" : "info", { ...event, ...clearedKind(event) });
      this.#keep(announced(this.#record, event, this.ports.alerts.wanted, this.ports.clock.now()));
    }
    for (const { event: oldest } of this.#record.publishing.deliveries.slice(0, -maxDeliveries)) this.#dropped(oldest);
    this.#keep({
      ...this.#record,
      publishing: { ...this.#record.publishing, deliveries: this.#record.publishing.deliveries.slice(-maxDeliveries) },
    });
  }

  /** In order, and stops at the first that cannot be written: it comes again with the next drive. */
  async #recordInHistory(): Promise<void> {
    const { history, log } = this.ports;
    for (const event of this.#record.publishing.outbox) {
      try {
        await history.append(event, this.#call());
      } catch (error) {
        // A row that is in the way, or a right that is missing, stays so until somebody mends it: so it is told with the remedy.
        const stays = error instanceof CorruptRecordError || error instanceof OperatorNeededError;
        const why = stays ? error.message : failureOf(error).detail;
        log.write(stays ? "error" : "warn", {
          event: "HistoryDelayed",
          account: this.config.name,
          reason: error instanceof OperatorNeededError ? error.reason : null,
          detail: `event ${event.id} is kept and written later: ${why}`,
        });
        return;
      }
      this.#keep({
        ...this.#record,
        publishing: {
          ...this.#record.publishing,
          outbox: this.#record.publishing.outbox.filter(({ id }) => id !== event.id),
        },
      });
    }
  }

  #dropped(event: RotationEvent): void {
    this.ports.log.write("error", alertDropped(event));
  }

  /** What cannot be told now is told by the next drive: the claim must be let go all the same. */
  async #tell(): Promise<void> {
    try {
      await this.#importBacklog(this.options.backlog ?? []);
      await this.#tellConditions();
      await this.#deliver();
      await this.#sendToWebhook();
      await this.#prune();
    } catch (error) {
      if (error instanceof ClaimLostError) throw error;
      this.ports.log.write("warn", { event: "NotificationDelayed", account: this.config.name, ...inFields(error) });
    }
  }

  /** Written once, whatever crashes: under their own ids, by which those are known that the record or the history has. */
  async #importBacklog(earlier: readonly Announcement[]): Promise<void> {
    const [first] = earlier;
    if (first === undefined) return;
    this.#announce();
    const known = await this.#idsSince(first.at);
    const missing = earlier.filter(({ id }) => !known.has(id));
    if (missing.length > 0) await this.#write(withBacklog(this.#record, missing, sha256));
    this.#recorded = true;
  }

  async #idsSince(at: Instant): Promise<ReadonlySet<string>> {
    const ids = new Set(this.#record.publishing.outbox.map(({ id }) => id));
    for (let before: number | null = null; ; ) {
      const range = { limit: 100, before };
      const page: HistoryPage = await this.ports.history.page(this.config.name, range, this.#call());
      for (const { id } of page.events) ids.add(id);
      if (page.next === null || page.events.some((event) => event.at < at)) return ids;
      before = page.next;
    }
  }

  /** Conditions that have begun, last or have ended, told through the outbox like any event. */
  async #tellConditions(): Promise<void> {
    const now = this.ports.clock.now();
    const gated = gatedState(this.#record.state) !== null;
    const reports = gated ? await this.ports.signals.list(this.config.name, this.#call()) : [];
    const seen = { record: this.#record, config: this.config, reports, dryRun: this.limits.dryRun, now };
    const { alarms, drafts } = alarmChanges(
      this.#record.publishing.alarms,
      conditions(seen),
      this.config.remindEveryMs,
      now,
    );
    if (drafts.length > 0)
      await this.#write(
        withEvents({ ...this.#record, publishing: { ...this.#record.publishing, alarms } }, drafts, this.#pen()),
      );
  }

  /** Takes out what is older than the history is kept, when the account is compared in full anyway. First the record says so: a gap that it does not tell of is somebody's doing. */
  async #prune(): Promise<void> {
    const { history, clock } = this.ports;
    const { account, reconciledAt } = this.#record;
    if (!this.#compared || reconciledAt === null || this.limits.dryRun) return;
    const cutoff = plusMs(toInstant(clock.now()), -this.limits.historyKeepMs);
    const through = await history.lastBefore(account, cutoff, this.#call());
    if (through > this.#record.chain.prunedThrough)
      await this.#write({ ...this.#record, chain: { ...this.#record.chain, prunedThrough: through } });
    if (this.#record.chain.prunedThrough > 0)
      await history.removeThrough(account, this.#record.chain.prunedThrough, this.#call());
  }

  async #sendToWebhook(): Promise<void> {
    const { rest, dropped } = await sendDeliveries(this.ports, this.#record.publishing.deliveries, () => this.#call());
    this.#keep({ ...this.#record, publishing: { ...this.#record.publishing, deliveries: rest } });
    for (const event of dropped) this.#dropped(event);
  }

  async #fail(error: unknown): Promise<void> {
    const pen = this.#pen();
    const { account } = this.#record;
    // A defect that strikes between intent and answer leaves the outcome just as unknown.
    if (error instanceof OutcomeUnknownError || (this.#record.claim?.intent != null && isDefect(error))) {
      const at = toInstant(pen.now);
      const slot = this.#record.claim?.intent?.slot ?? null;
      this.#keep({
        ...this.#record,
        quarantine: quarantined(this.#record.quarantine, {
          slot,
          since: at,
          until: plusMs(at, this.limits.quarantineMs),
        }),
      });
    }
    const attempts = (this.#record.failure?.attempts ?? 0) + 1;
    const retryAfterMs = error instanceof TransientServiceError ? error.retryAfterMs : null;
    const next = nextAttemptAt(attempts, pen.now, retryAfterMs);
    this.ports.log.write(error instanceof OperatorNeededError ? "error" : "warn", {
      event: "AttemptFailed",
      account,
      phase: this.#record.state.phase,
      ...inFields(error),
      attempts,
      nextAttemptAt: next,
    });
    await this.#write(failed(this.#record, failureOf(error), attempts, next, pen));
  }

  /** Writes the intent, and sends only while the claim is certainly still ours. */
  async #regenerate(slot: Slot): Promise<Receipt> {
    const at = toInstant(this.ports.clock.now());
    const { claim } = this.#record;
    if (claim === null) throw new ClaimLostError(this.config.name);
    await this.#write({ ...this.#record, claim: { ...claim, intent: { slot, at } } });
    const call = this.#call();
    if (call.signal.aborted) throw new ClaimLostError(this.config.name);
    return this.ports.batch.regenerate(this.config.batch, slot, call);
  }

  #context(): StepContext {
    return {
      ports: this.ports,
      config: this.config,
      record: this.#record,
      by: this.options.by,
      call: () => this.#call(),
      regenerate: (slot) => this.#regenerate(slot),
      markRollback: (asked) => this.#markRollback(asked),
    };
  }

  get #record(): RotationRecord {
    return this.#held.record;
  }

  get #held(): Stored {
    if (this.#stored === null) throw new ClaimLostError(this.config.name);
    return this.#stored;
  }

  /** Changes what the next write will write. */
  #keep(record: RotationRecord): void {
    this.#stored = { ...this.#held, record };
  }

  /** Every write renews the claim, except the one that lets it go. */
  async #write(record: RotationRecord): Promise<Stored> {
    const now = this.ports.clock.now();
    const renewed =
      record.claim === null ? record : { ...record, claim: { ...record.claim, until: this.#claimEnd(now) } };
    const { etag } = this.#held;
    const written = await this.ports.rotations.replace(renewed, etag, this.#call());
    this.#stored = written;
    return this.#held;
  }

  #newClaim(now: Date): Claim {
    return {
      id: this.#claimId,
      by: this.options.by,
      takenAt: toInstant(now),
      until: this.#claimEnd(now),
      intent: null,
    };
  }

  #claimEnd(now: Date): string {
    return plusMs(toInstant(now), this.limits.claimMs);
  }

  #pen(by: string = this.options.by): EventContext {
    return { now: this.ports.clock.now(), by, nextId: () => this.ports.ids.next(), hash: sha256 };
  }

  /** A limit for one external call that ends clearly before the claim does. */
  #call(): CallOptions {
    const { claim } = this.#record;
    const leftMs = claim === null ? 0 : Date.parse(claim.until) - this.ports.clock.now().getTime();
    const spareMs = leftMs - this.limits.claimMs / 10;
    return spareMs <= 0
      ? { signal: AbortSignal.abort() }
      : { signal: this.ports.clock.abortAfter(Math.min(spareMs, this.limits.callMs)) };
  }

  #callWithoutClaim(): CallOptions {
    return { signal: this.ports.clock.abortAfter(this.limits.callMs) };
  }
}

/** A slot that may have been regenerated is left alone altogether; where only a publish can be late, nothing is regenerated. */
const quarantineStops = (record: RotationRecord, now: Date): boolean => {
  const quarantine = activeQuarantine(record, now);
  return quarantine !== null && (quarantine.slot !== null || mayRegenerateNext(record.state.phase));
};

/** The record once the log has the event: history and webhook may still be to get it. The evidence is for the history alone. */
const announced = (record: RotationRecord, event: RotationEvent, wanted: Wanted | null, now: Date): RotationRecord => ({
  ...record,
  publishing: {
    ...record.publishing,
    announcedThrough: event.sequence,
    deliveries:
      wanted !== null && isWanted(event, wanted)
        ? [...record.publishing.deliveries, newDelivery({ ...event, evidence: null }, now)]
        : record.publishing.deliveries,
  },
});

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

const hasActive = (state: State): state is StateWithActive => state.active !== null;

const failureOf = (error: unknown): FailedAttempt => {
  if (error instanceof OperatorNeededError) {
    return { blocked: { reason: error.reason, remedy: error.remedy }, detail: error.what };
  }
  if (error instanceof TransientServiceError || error instanceof OutcomeUnknownError) {
    return { blocked: null, detail: error.message };
  }
  // A defect of ours. Its message may quote anything, so only its name is told.
  return { blocked: null, detail: `unexpected ${error instanceof Error ? error.name : typeof error}` };
};

const inFields = (error: unknown): Readonly<Record<string, unknown>> => {
  const { detail, blocked } = failureOf(error);
  const facts = error !== null && typeof error === "object" && "facts" in error ? { facts: error.facts } : {};
  return { detail, reason: blocked?.reason ?? null, ...facts, ...(isDefect(error) ? { stack: framesOf(error) } : {}) };
};

const isDefect = (error: unknown): boolean =>
  !(
    error instanceof OperatorNeededError ||
    error instanceof TransientServiceError ||
    error instanceof OutcomeUnknownError
  );

/** Where it happened, without the message. */
const framesOf = (error: unknown): string =>
  error instanceof Error
    ? (error.stack ?? "")
        .split("\n")
        .filter((line) => /^\s+at /.test(line))
        .join("\n")
    : "";
