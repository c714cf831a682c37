import { compared } from "../rotation/key-events";
import type { StateWithActive } from "../rotation/moves/corrections";
import type { State } from "../rotation/phases";
import { comparisonDue, fullReconcileDue } from "../rotation/schedule";
import { toInstant } from "../rotation/time/time";
import type { DriveScope } from "./drive-scope";
import type { Regenerations } from "./regenerations";
import { type Reconciled, reconcile } from "./steps/reconcile";
import type { Decision, StepContext } from "./steps/step-context";
import type { Undecided } from "./undecided";

/** When one drive compares vault and live keys, how thoroughly, and what it records of that. */
export class Comparisons {
  /** The last move has compared and published: what it left is not compared once more before the drive ends. */
  settled = false;
  #isDone = false;

  constructor(
    private readonly scope: DriveScope,
    private readonly regenerations: Regenerations,
  ) {}

  /** This drive has done the full comparison that is due every `reconcileEvery`. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * At every tick while a rotation is under way; an idle account only every `reconcileEvery` or where an event asks for
   * it, in full, and again until the comparison is complete. Null when it is not due. A move of this drive that has
   * just compared leaves its findings to the next one.
   */
  async reconcile(decision: Decision | Undecided, context: StepContext): Promise<Reconciled | null> {
    const { config, lease } = this.scope;
    const { state } = lease.record;
    if (!hasActive(state)) return null;
    const answered = this.regenerations.takeCompared();
    const due = fullReconcileDue(lease.record, config, context.now);
    const asked = comparisonDue(lease.record, config, context.now);
    if (state.phase === "idle" && !asked) return null;
    if (answered !== null && decision.kind === "actOnKeys" && !asked) return { kind: "agrees", snapshot: answered };
    if (this.settled && decision.kind === "wait" && !asked) return null;
    const otherwise = decision.kind === "actOnKeys" || asked ? "full" : "cheap";
    const found = await reconcile(context, state, due ? "due" : otherwise);
    this.#keep(found, due);
    return found;
  }

  #keep(found: Reconciled, due: boolean): void {
    const { lease, ports } = this.scope;
    if (found.accountEndpoint !== undefined) lease.keep({ ...lease.record, accountEndpoint: found.accountEndpoint });
    // Without the data plane's answer the comparison is not complete: it stays due, so its failure is not forgotten.
    if (found.kind === "agrees" && found.snapshot !== null && found.unproven === undefined) {
      this.#isDone ||= due;
      const reconciledAt = toInstant(ports.clock.now());
      lease.keep({ ...lease.record, reconciledAt, keyEvents: compared(lease.record.keyEvents) });
    }
  }
}

const hasActive = (state: State): state is StateWithActive => state.active !== null;
