import { ClaimLostError } from "../errors";
import { withoutIntent } from "../rotation/claim";
import { nothingSeen } from "../rotation/gate/sightings";
import { quarantineStops } from "../rotation/needs-driver";
import { isFor } from "../rotation/first-record";
import { pauseInForce } from "../rotation/pause";
import { rotationOf } from "../rotation/phases";
import type { Pause, RotationRecord } from "../rotation/record";
import { toInstant } from "../rotation/time/time";
import { mayRegenerateNext } from "../rotation/waiting";
import { beforeSteps } from "./before-steps";
import { Comparisons } from "./comparisons";
import { type DriveScope, eventContext, isOlder } from "./drive-scope";
import { DriveSightings } from "./drive-sightings";
import { failedStep } from "./failure";
import { FleetMember } from "./fleet-member";
import type { Seen } from "./lease";
import { OutboxRelay } from "./history/outbox-relay";
import { Outcomes } from "./outcomes";
import type { Advanced, RequestRejection } from "./requests";
import { StepContexts } from "./step-contexts";
import { type Impossible, rollBack } from "./steps/roll-back";
import { type Done, type StepContext, wait } from "./steps/step-context";
import { decideOrFail } from "./undecided";

/** Moves of one drive at most: a procedure has eight, and a loop that does not end must not hold a claim. */
const maxMoves = 20;

/** The steps of one account, one after the other, under one claim. */
export class Drive {
  readonly #sightings: DriveSightings;
  readonly #fleet: FleetMember;
  readonly #relay: OutboxRelay;
  readonly #outcomes: Outcomes;
  readonly #contexts: StepContexts;
  readonly #comparisons: Comparisons;
  #moves = 0;
  #looksAgain = false;
  /** A request that proved impossible only when it was tried. */
  #rejected: RequestRejection | null = null;

  constructor(private readonly scope: DriveScope) {
    const { ports, limits, config, lease } = scope;
    this.#sightings = new DriveSightings(ports, config, lease);
    this.#fleet = new FleetMember(ports, limits, config);
    this.#relay = new OutboxRelay({
      ports,
      limits,
      config,
      lease,
      sightings: this.#sightings,
      fleet: () => this.#fleet.seen(this.#record),
      context: () => eventContext(scope),
    });
    this.#outcomes = new Outcomes(scope, this.#relay);
    this.#contexts = new StepContexts(scope, { relay: this.#relay, sightings: this.#sightings, fleet: this.#fleet });
    this.#comparisons = new Comparisons(scope, this.#contexts.regenerations);
  }

  async run(): Promise<Advanced> {
    const { ports, limits, options, lease } = this.scope;
    const before = rotationOf(this.#record.state);
    const rejection = await beforeSteps(this.scope, this.#outcomes);
    if (rejection === null) {
      while (this.#moves < maxMoves && this.#mayBegin() && (await this.#oneMove())) this.#moves += 1;
    }
    const prune = this.#comparisons.isDone && !limits.dryRun;
    const alarms = !isOlder(this.scope, ports.clock.now());
    const recorded = await this.#relay.finish(options.backlog ?? [], { prune, alarms });
    const record = await lease.release(this.#seen());
    // Only what is written is noted: an end that is not could still be undone.
    await this.#fleet.note({ record, before, unhealthySince: this.#contexts.unhealthySince });
    const refusal = rejection ?? this.#rejected;
    if (refusal !== null) return { kind: "refused", refusal };
    return { kind: "driven", record, moves: this.#moves, recorded, sightings: this.#sightings.known(record.state) };
  }

  #seen(): Seen {
    return { sightings: this.#sightings.known(this.#record.state) ?? nothingSeen, fleet: this.#fleet.known };
  }

  /**
   * A step that found the newest version changed has begun: what is there now is looked at in any case. A new key is
   * published by the drive that has made it, because another one has to wait until its list of keys is certainly new.
   */
  #mayBegin(): boolean {
    const begun = this.#looksAgain || (this.#moves > 0 && this.#record.state.phase === "regenerated");
    this.#looksAgain = false;
    return begun || !this.scope.options.stop.aborted;
  }

  /** True when the account has moved and may move again at once. */
  async #oneMove(): Promise<boolean> {
    const { ports, limits, lease } = this.scope;
    const now = ports.clock.now();
    const { failure } = this.#record;
    if (failure !== null && failure.nextAttemptAt > toInstant(now)) return false;
    try {
      return await this.#reconcileAndStep(this.#contexts.at(now));
    } catch (error) {
      if (error instanceof ClaimLostError) throw error;
      const { record, level, line } = failedStep(this.#record, error, limits, eventContext(this.scope));
      ports.log.write(level, line);
      await lease.write(record);
      return false;
    }
  }

  async #reconcileAndStep(context: StepContext): Promise<boolean> {
    const { config } = this.scope;
    const older = isOlder(this.scope, context.now);
    if (older && !isFor(this.#record, config)) return false;
    const { rollback } = this.#record;
    if (rollback !== null) return this.#finishRollback(rollback, context);
    const mayStep =
      !older && pauseInForce(this.#record, config) === null && !quarantineStops(this.#record, context.now);
    const decision = mayStep ? await decideOrFail(this.#record.state, context) : wait;
    this.#outcomes.keepNotes(this.#sightings.known(this.#record.state), context.now);
    const found = await this.#comparisons.reconcile(decision, context);
    if (found?.kind === "holds") return this.#outcomes.wait(found.hold);
    if (found?.kind === "differs") return this.#act(found.words, found.run);
    if (decision.kind === "undecided") throw decision.error;
    if (found?.unproven !== undefined) throw found.unproven;
    // What keeps a newer configuration waiting is not this one's to remove.
    if (older) return false;
    if (decision.kind === "wait") return this.#outcomes.wait(null);
    if (decision.kind === "act") return this.#act(decision.words, decision.run);
    const snapshot = found?.snapshot ?? null;
    if (snapshot === null) return this.#outcomes.wait(null);
    if (mayRegenerateNext(this.#record.state.phase)) await this.#relay.catchUp();
    const goesOn = await this.#act(decision.words, () => decision.run(snapshot));
    this.#comparisons.settled = goesOn && !this.#looksAgain;
    return goesOn;
  }

  /** Comes before any comparison: while a roll-back is half done, a difference between vault and record is its own. */
  async #finishRollback(request: Pause, context: StepContext): Promise<boolean> {
    const { state } = this.#record;
    if (state.phase !== "started" && state.phase !== "regenerated" && state.phase !== "published") {
      this.scope.lease.keep({ ...this.#record, rollback: null });
      return true;
    }
    const words = `roll back to the ${state.rotation.previous} key`;
    return this.#act(words, () => rollBack(state, context, request), request.by);
  }

  /** The rotation goes on, and who asked for the roll-back learns why. */
  async #noWayBack({ impossible }: Impossible): Promise<true> {
    this.#rejected = { refused: "NothingToRollBack", detail: impossible.detail };
    await this.#outcomes.note({ note: [impossible], change: { rollback: null } }, this.scope.ports.clock.now());
    return true;
  }

  /** `by`: who has requested it, where that is not the driver. */
  async #act(words: string, run: () => Promise<Done | Impossible>, by?: string): Promise<boolean> {
    const { ports, limits, config, lease } = this.scope;
    this.#comparisons.settled = false;
    if (limits.dryRun) {
      ports.log.write("info", { event: "DryRun", account: config.name, detail: `would ${words}` });
      return false;
    }
    const done = await run();
    if ("hold" in done) return this.#outcomes.wait(done.hold);
    if ("impossible" in done) return this.#noWayBack(done);
    if ("lookAgain" in done) {
      this.#looksAgain = true;
      lease.keep(withoutIntent(this.#record));
      return true;
    }
    await this.#outcomes.settle(done, by);
    return true;
  }

  get #record(): RotationRecord {
    return this.scope.lease.record;
  }
}
