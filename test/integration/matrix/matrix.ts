import { minutes } from "../../builders/time";
import type { TokenCredential } from "@azure/identity";
import { type Azurite, startAzurite } from "../../emulators/azurite";
import type { AddedFault } from "../../emulators/faults";
import { serviceOf } from "../../emulators/routes";
import { type RecordedCall, recordCalls, subjectOf } from "./calls";
import { type Cell, cellName, type Pack } from "./cells";
import { type Lane, openLane } from "./lane";
import { type BetweenRounds, drive, type Run, startRun } from "./run";
import { makeSubject, type Story } from "./subject";
import { newCredential } from "./tokens";
import { namedReason, verdict } from "./verdict";

export interface PackResult {
  readonly pack: Pack;
  readonly problems: readonly string[];
}

/** A cell that a run did not reach, and why. */
interface Unshown {
  readonly cell: Cell;
  readonly what: string;
}

interface Armed {
  readonly cell: Cell;
  readonly fault: AddedFault;
}

/** Called after each round: ends a lasting refusal that occurred in one round and lasted for another. */
const endLasting = (armed: readonly Armed[]): (() => void) => {
  const met = new Set<Armed>();
  return () => {
    for (const one of armed.filter(({ cell, fault }) => cell.fault.times === "lasting" && fault.fired() > 0)) {
      if (met.has(one)) one.fault.remove();
      met.add(one);
    }
  };
};

export const isIdentityCall = ({ route }: RecordedCall): boolean => serviceOf(route) === "identity";

export const hasTokenFault = (pack: Pack): boolean => pack.some(({ call }) => isIdentityCall(call));

/** Without faults. Platforms take their time: a version is looked at until it is everywhere. */
const mostRounds: Readonly<Record<Story, number>> = { alternate: 1, primary: 1, found: 1, platforms: 8 };

/** Lanes of emulators in front of one Azurite. One per process, because MSAL keeps the identity's endpoint. */
export class Matrix {
  #runs = 0;
  #credential: TokenCredential;

  private constructor(
    private readonly azurite: Azurite,
    private readonly first: Lane,
    private readonly others: readonly Lane[],
  ) {
    Object.assign(process.env, first.emulators.env);
    this.#credential = newCredential(first.emulators.env);
  }

  static async open(lanes: number): Promise<Matrix> {
    const azurite = await startAzurite();
    const first = await openLane("1", azurite.port);
    const others = await Promise.all(
      Array.from({ length: lanes - 1 }, (_, index) => openLane(String(index + 2), azurite.port)),
    );
    return new Matrix(azurite, first, others);
  }

  async close(): Promise<void> {
    await Promise.all([this.first, ...this.others].map((lane) => lane.close()));
    await this.azurite.stop();
  }

  /** The external calls of one rotation without faults, in a process without tokens. */
  async record(story: Story): Promise<readonly RecordedCall[]> {
    this.#credential = newCredential(this.first.emulators.env);
    const run = this.#newRun(this.first, story);
    const stop = recordCalls(run);
    const problems = await this.#drive(run, () => undefined);
    const calls = stop();
    this.first.emulators.journal.clear();
    if (run.rounds > mostRounds[story]) problems.push(`it took ${run.rounds} rounds`);
    if (problems.length > 0) throw new Error(`the recording is invalid: ${problems.join("; ")}`);
    return calls;
  }

  /** Runs all packs, one per lane at once; those with faults in tokens first, because tokens belong to the process. */
  async runAll(packs: readonly Pack[], onResult: (result: PackResult) => void): Promise<void> {
    for (const pack of packs.filter(hasTokenFault)) {
      this.#credential = newCredential(this.first.emulators.env);
      onResult(await this.#runPack(this.first, pack));
    }
    const left = packs.filter((pack) => !hasTokenFault(pack));
    const work = async (lane: Lane): Promise<void> => {
      for (let pack = left.shift(); pack !== undefined; pack = left.shift()) onResult(await this.#runPack(lane, pack));
    };
    await Promise.all([this.first, ...this.others].map(work));
  }

  /**
   * A disturbed rotation can need fewer calls, and one fault can mask another: cells that a pack did not reach run
   * again in separate rotations.
   */
  async #runPack(lane: Lane, pack: Pack): Promise<PackResult> {
    const { problems, unshown } = await this.#runOnce(lane, pack);
    if (pack.length === 1) return { pack, problems: [...problems, ...unshown.map(({ what }) => what)] };
    for (const { cell } of unshown) {
      const alone = await this.#runPack(lane, [cell]);
      if (alone.problems.length > 0) problems.push(describeResult(alone));
    }
    return { pack, problems };
  }

  async #runOnce(
    lane: Lane,
    pack: Pack,
  ): Promise<{ readonly problems: string[]; readonly unshown: readonly Unshown[] }> {
    const run = this.#newRun(lane, pack[0]?.story ?? "alternate");
    const armed = pack.map((cell) => ({ cell, fault: this.#arm(run, cell) }));
    const { faults, journal } = lane.emulators;
    const applyLate = lateEffects(lane);
    const endFault = endLasting(armed);
    try {
      const problems = await this.#drive(run, async () => {
        endFault();
        await applyLate();
      });
      const unshown = armed.flatMap(({ cell, fault }): readonly Unshown[] =>
        fault.fired() === 0
          ? [{ cell, what: "the call of the fault did not occur" }]
          : namedReason(cell, run).map((what) => ({ cell, what })),
      );
      return { problems, unshown };
    } catch (error) {
      return { problems: [`the run failed: ${error instanceof Error ? error.stack : String(error)}`], unshown: [] };
    } finally {
      faults.clear();
      faults.cancelLate();
      journal.clear();
      lane.clock.timeline.forget();
    }
  }

  #arm({ lane, subject }: Run, { call, fault, side }: Cell) {
    const about = subjectOf(subject, call.part);
    return lane.emulators.faults.add({
      ...fault.how,
      route: call.route,
      when: side,
      nth: call.nth,
      every: 1,
      times: fault.times === "lasting" ? Number.POSITIVE_INFINITY : fault.times,
      ...(about === undefined ? {} : { subject: about }),
      ...(fault.late === null ? {} : { late: fault.late === "soon" ? 5 : 3_600_000 }),
    });
  }

  /** Drives a run to its end, and returns its problems. */
  async #drive(run: Run, between: BetweenRounds): Promise<string[]> {
    const { emulators } = run.lane;
    const start = emulators.batch.keys(run.subject.batchAccount);
    try {
      await drive(run, this.azurite.connectionString, between);
      await emulators.faults.applyLate();
    } finally {
      run.watch.stop();
    }
    const problems = await verdict(run, this.azurite.connectionString, start);
    const { unknown, failures } = emulators.journal;
    if (unknown.length + failures.length > 0) problems.push("an emulator could not answer a request");
    return problems;
  }

  #newRun(lane: Lane, story: Story): Run {
    this.#runs += 1;
    return startRun(lane, makeSubject({ lane, credential: this.#credential, story, number: this.#runs }));
  }
}

/** Applies late effects after four minutes. */
const lateEffects = ({ clock, emulators }: Lane): (() => Promise<void>) => {
  let since: number | null = null;
  return async () => {
    const now = clock.now().getTime();
    if (emulators.faults.pendingLate > 0) since ??= now;
    if (since !== null && now - since >= minutes(2)) await emulators.faults.applyLate();
  };
};

export const describeResult = ({ pack, problems }: PackResult): string =>
  `${pack.map(cellName).join("\n")}:\n${problems.map((problem) => `    ${problem}`).join("\n")}`;
