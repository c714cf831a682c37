import { ClaimLostError } from "../errors";
import { sha256 } from "../hash";
import type { Limits } from "../limits";
import type { Ports } from "../ports/ports";
import type { AccountConfig } from "../rotation/account-config";
import { configurationChanged, type StateWithActive } from "../rotation/moves/corrections";
import { type EventContext, withEvents } from "../rotation/events/outbox";
import { withoutIntent } from "../rotation/claim";
import { isFor } from "../rotation/first-record";
import { waitsForNewer, withConfigurationSeen } from "../rotation/newest-configuration";
import { quarantineStops } from "../rotation/needs-driver";
import { compared } from "../rotation/key-events";
import { withContestSeen } from "../rotation/ownership";
import { pauseInForce, withPauseSeen } from "../rotation/pause";
import { rotationOf, type State } from "../rotation/phases";
import type { Pause, RotationRecord } from "../rotation/record";
import { comparisonDue, fullReconcileDue } from "../rotation/schedule";
import { moved, waitingOn } from "../rotation/moves/settle";
import { type Instant, toInstant } from "../rotation/time/time";
import { mayRegenerateNext } from "../rotation/waiting";
import type { Move } from "../rotation/moves/transitions";
import { failedStep, failureFields } from "./failure";
import { FleetMember } from "./fleet-member";
import type { Lease } from "./lease";
import { OutboxRelay } from "./history/outbox-relay";
import { DriveSightings } from "./drive-sightings";
import { Regenerations } from "./regenerations";
import type { Advanced, AdvanceOptions, Note, RequestRejection } from "./requests";
import { type Reconciled, reconcile } from "./steps/reconcile";
import { type Impossible, rollBack } from "./steps/roll-back";
import { type Decision, type Done, type Newest, type StepContext, wait, type Waits } from "./steps/step-context";
import { Versions } from "./versions";
import { decideOrFail, type Undecided } from "./undecided";

const newerConfigurationRejection: RequestRejection = {
  refused: "NewerConfiguration",
  detail:
    "this process has an older configuration, which names another secret or Batch account: " +
    "try again when the deployment has replaced it",
};

/** Moves of one drive at most: a procedure has eight, and a loop that does not end must not hold a claim. */
const maxMoves = 20;

/** The steps of one account, one after the other, under one claim. */
export class Drive {
  readonly #relay: OutboxRelay;
  #moves = 0;
  /** This drive has done the full comparison that is due every `reconcileEvery`. */
  #compared = false;
  /** The last move has compared and published: what it left is not compared once more before the drive ends. */
  #settled = false;
  #looksAgain = false;
  /** Record and history have been brought together. */
  #caughtUp = false;
  readonly #regenerations: Regenerations;
  readonly #versions: Versions;
  readonly #sightings: DriveSightings;
  readonly #fleet: FleetMember;
  #unhealthySince: Instant | null = null;
  /** A request that proved impossible only when it was tried. */
  #rejected: RequestRejection | null = null;

  constructor(
    private readonly ports: Ports,
    private readonly limits: Limits,
    private readonly config: AccountConfig,
    private readonly options: AdvanceOptions,
    private readonly lease: Lease,
  ) {
    this.#regenerations = new Regenerations(ports, config, lease);
    this.#versions = new Versions(ports, config, lease);
    this.#sightings = new DriveSightings(ports, config, lease);
    this.#fleet = new FleetMember(ports, limits, config);
    this.#relay = new OutboxRelay({
      ports,
      limits,
      config,
      lease,
      sightings: this.#sightings,
      fleet: () => this.#fleet.seen(this.#record),
      context: () => this.#eventContext(),
    });
  }

  async run(): Promise<Advanced> {
    const before = rotationOf(this.#record.state);
    const rejection = await this.#beforeSteps();
    if (rejection === null) {
      while (this.#moves < maxMoves && this.#mayBegin() && (await this.#oneMove())) this.#moves += 1;
    }
    const prune = this.#compared && !this.limits.dryRun;
    const alarms = !this.#isOlder(this.ports.clock.now());
    const recorded = await this.#relay.finish(this.options.backlog ?? [], { prune, alarms });
    const record = await this.lease.release();
    // Only what is written is noted: an end that is not could still be undone.
    await this.#fleet.note({ record, before, unhealthySince: this.#unhealthySince });
    const refusal = rejection ?? this.#rejected;
    if (refusal !== null) return { kind: "refused", refusal };
    return { kind: "driven", record, moves: this.#moves, recorded, sightings: this.#sightings.known(record.state) };
  }

  /**
   * A step that found the newest version changed has begun: what is there now is looked at in any case. A new key is
   * published by the drive that has made it, because another one has to wait until its list of keys is certainly new.
   */
  #mayBegin(): boolean {
    const begun = this.#looksAgain || (this.#moves > 0 && this.#record.state.phase === "regenerated");
    this.#looksAgain = false;
    return begun || !this.options.stop.aborted;
  }

  async #beforeSteps(): Promise<RequestRejection | null> {
    const now = this.ports.clock.now();
    // Written with whatever comes next: before any request, and at the latest when the claim is released.
    this.lease.keep(withConfigurationSeen(this.#record, this.config, now));
    if (this.#isOlder(now)) return isFor(this.#record, this.config) ? this.#request(now) : this.#refuseOlder();
    const seen = withPauseSeen(this.#record, this.config, now);
    if (seen !== this.#record) await this.lease.write(seen);
    if (!isFor(this.#record, this.config)) {
      const { batch, secret } = this.config;
      await this.#settle(configurationChanged(this.#record, { resourceId: batch.resourceId, secret }, now));
    }
    return this.#request(now);
  }

  /** The configuration names another secret or Batch account than a newer one: no request to it can be carried out. */
  #refuseOlder(): RequestRejection | null {
    return this.options.beforeSteps === undefined ? null : newerConfigurationRejection;
  }

  #isOlder(now: Date): boolean {
    return waitsForNewer(this.#record, this.config, now) !== null;
  }

  async #request(now: Date): Promise<RequestRejection | null> {
    const request = this.options.beforeSteps?.(this.#record, now) ?? null;
    if (request === null) return null;
    if ("refused" in request) return request;
    if ("note" in request) await this.#note(request, now);
    else await this.#settle(request);
    return null;
  }

  async #note({ note, change }: Note, now: Date): Promise<void> {
    const noted = withEvents({ ...this.#record, ...change }, note, this.#eventContext());
    await this.lease.write(withPauseSeen(noted, this.config, now));
    await this.#relay.deliver();
  }

  /** True when the account has moved and may move again at once. */
  async #oneMove(): Promise<boolean> {
    const now = this.ports.clock.now();
    const { failure } = this.#record;
    if (failure !== null && failure.nextAttemptAt > toInstant(now)) return false;
    try {
      return await this.#reconcileAndStep(this.#context(now));
    } catch (error) {
      if (error instanceof ClaimLostError) throw error;
      const { record, level, line } = failedStep(this.#record, error, this.limits, this.#eventContext());
      this.ports.log.write(level, line);
      await this.lease.write(record);
      return false;
    }
  }

  async #reconcileAndStep(context: StepContext): Promise<boolean> {
    const older = this.#isOlder(context.now);
    if (older && !isFor(this.#record, this.config)) return false;
    const { rollback } = this.#record;
    if (rollback !== null) return this.#finishRollback(rollback, context);
    const mayStep =
      !older && pauseInForce(this.#record, this.config) === null && !quarantineStops(this.#record, context.now);
    const decision = mayStep ? await decideOrFail(this.#record.state, context) : wait;
    const found = await this.#reconcile(decision, context);
    if (found?.kind === "holds") return this.#wait(found.hold);
    if (found?.kind === "differs") return this.#act(found.words, found.run);
    if (decision.kind === "undecided") throw decision.error;
    if (found?.unproven !== undefined) throw found.unproven;
    // What keeps a newer configuration waiting is not this one's to remove.
    if (older) return false;
    if (decision.kind === "wait") return this.#wait(null);
    if (decision.kind === "act") return this.#act(decision.words, decision.run);
    const snapshot = found?.snapshot ?? null;
    if (snapshot === null) return this.#wait(null);
    if (mayRegenerateNext(this.#record.state.phase)) await this.#relay.catchUp();
    const goesOn = await this.#act(decision.words, () => decision.run(snapshot));
    this.#settled = goesOn && !this.#looksAgain;
    return goesOn;
  }

  /** Comes before any comparison: while a roll-back is half done, a difference between vault and record is its own. */
  async #finishRollback(request: Pause, context: StepContext): Promise<boolean> {
    const { state } = this.#record;
    if (state.phase !== "started" && state.phase !== "regenerated" && state.phase !== "published") {
      this.lease.keep({ ...this.#record, rollback: null });
      return true;
    }
    const words = `roll back to the ${state.rotation.previous} key`;
    return this.#act(words, () => rollBack(state, context, request), request.by);
  }

  /** The rotation goes on, and who asked for the roll-back learns why. */
  async #noWayBack({ impossible }: Impossible): Promise<true> {
    this.#rejected = { refused: "NothingToRollBack", detail: impossible.detail };
    await this.#note({ note: [impossible], change: { rollback: null } }, this.ports.clock.now());
    return true;
  }

  /**
   * At every tick while a rotation is under way; an idle account only every `reconcileEvery` or where an event asks for
   * it, in full, and again until the comparison is complete. Null when it is not due. A move of this drive that has
   * just compared leaves its findings to the next one.
   */
  async #reconcile(decision: Decision | Undecided, context: StepContext): Promise<Reconciled | null> {
    const { state } = this.#record;
    if (!hasActive(state)) return null;
    const answered = this.#regenerations.takeCompared();
    const due = fullReconcileDue(this.#record, this.config, context.now);
    const asked = comparisonDue(this.#record, this.config, context.now);
    if (state.phase === "idle" && !asked) return null;
    if (answered !== null && decision.kind === "actOnKeys" && !asked) return { kind: "agrees", snapshot: answered };
    if (this.#settled && decision.kind === "wait" && !asked) return null;
    const otherwise = decision.kind === "actOnKeys" || asked ? "full" : "cheap";
    const found = await reconcile(context, state, due ? "due" : otherwise);
    if (found.accountEndpoint !== undefined)
      this.lease.keep({ ...this.#record, accountEndpoint: found.accountEndpoint });
    // Without the data plane's answer the comparison is not complete: it stays due, so its failure is not forgotten.
    if (found.kind === "agrees" && found.snapshot !== null && found.unproven === undefined) {
      this.#compared ||= due;
      this.lease.keep({
        ...this.#record,
        reconciledAt: toInstant(this.ports.clock.now()),
        keyEvents: compared(this.#record.keyEvents),
      });
    }
    return found;
  }

  /** `by`: who has requested it, where that is not the driver. */
  async #act(words: string, run: () => Promise<Done | Impossible>, by: string = this.options.by): Promise<boolean> {
    this.#settled = false;
    if (this.limits.dryRun) {
      this.ports.log.write("info", { event: "DryRun", account: this.config.name, detail: `would ${words}` });
      return false;
    }
    const done = await run();
    if ("hold" in done) return this.#wait(done.hold);
    if ("impossible" in done) return this.#noWayBack(done);
    if ("lookAgain" in done) {
      this.#looksAgain = true;
      this.lease.keep(withoutIntent(this.#record));
      return true;
    }
    await this.#settle(done, by);
    return true;
  }

  /** Nothing to do yet. Written with the next write, at the latest when the claim is released. */
  #wait(hold: Waits["hold"]): false {
    this.lease.keep(waitingOn(this.#record, hold, this.ports.clock.now()));
    return false;
  }

  async #settle(move: Move, by: string = this.options.by): Promise<void> {
    await this.lease.writeAhead();
    const waits = isWrittenWithNext(this.#record.state, move.state);
    const context = this.#eventContext(by);
    const after = withPauseSeen(moved(this.#record, move, context), this.config, context.now);
    if (waits) return this.lease.keep(after);
    await this.lease.write(after);
    this.#relay.announce();
  }

  /** Written with the next write, at the latest when the claim is released. */
  #sawNewest(newest: Newest | null): void {
    this.lease.keep(withContestSeen(this.#record, newest?.marks ?? null, this.ports.clock.now()));
  }

  /** The owner's alarm is worth less than this account's own, which comes with the error that follows. */
  async #contest({ version }: Newest): Promise<void> {
    if (this.limits.dryRun) return;
    const { batch, secret, name } = this.config;
    try {
      await this.ports.secrets.contest(secret, version, batch.resourceId, this.lease.call());
    } catch (error) {
      this.ports.log.write("warn", { event: "ContestFailed", account: name, ...failureFields(error) });
    }
  }

  /** Once in a drive: a history that cannot be written stops no rotation. */
  async #catchUp(): Promise<void> {
    this.#caughtUp = true;
    await this.#relay.deliver();
  }

  #context(now: Date): StepContext {
    return {
      ports: this.ports,
      config: this.config,
      record: this.#record,
      by: this.options.by,
      now,
      call: (ms) => this.lease.call(ms),
      version: (version) => this.#versions.read(version),
      sightings: (state) => this.#sightings.read(state),
      regenerate: (slot, newest) => this.#regenerations.send(slot, newest),
      answered: this.#regenerations.answered,
      listLagMs: this.limits.keyListLagMs,
      recordedThrough: () => (this.#caughtUp ? null : this.lease.recordedThrough),
      catchUp: () => this.#catchUp(),
      writeAhead: () => this.lease.writeAhead(),
      sawNewest: (newest) => this.#sawNewest(newest),
      admit: (rotationId, dueAt) => this.#fleet.admit(rotationId, dueAt, this.#record),
      sawUnhealthy: (since) => {
        this.#unhealthySince = since;
      },
      searched: (searched) => this.lease.keep({ ...this.#record, searched }),
      contest: (newest) => this.#contest(newest),
      markRollback: (request) => this.lease.write({ ...this.#record, rollback: request }),
      markProven: (proven) => this.lease.write({ ...this.#record, state: proven }),
    };
  }

  #eventContext(by: string = this.options.by): EventContext {
    return { now: this.ports.clock.now(), by, nextId: () => this.ports.ids.next(), hash: sha256 };
  }

  get #record(): RotationRecord {
    return this.lease.record;
  }
}

/**
 * A start has no effect of its own, and is written with the intent to regenerate. A retirement is written with the
 * proof that the old key is dead: until then a successor knows by the intent that it may have happened.
 */
const isWrittenWithNext = (before: State, after: State): boolean =>
  (before.phase === "idle" && after.phase === "started") || (before.phase === "published" && after.phase === "retired");

const hasActive = (state: State): state is StateWithActive => state.active !== null;
