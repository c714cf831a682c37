import type { TokenCredential } from "@azure/identity";
import { type Azurite, startAzurite } from "../../emulators/azurite";
import { serviceOf } from "../../emulators/routes";
import { type RecordedCall, recordCalls, subjectOf } from "./calls";
import { type Cell, cellName } from "./cells";
import { type Lane, openLane } from "./lane";
import { type BetweenRounds, drive, type Run, startRun } from "./run";
import { makeSubject, minutes, type SettleOn } from "./subject";
import { newCredential } from "./tokens";
import { namedReason, verdict } from "./verdict";

export interface CellResult {
  readonly cell: Cell;
  readonly problems: readonly string[];
}

/** A lasting refusal is mended after so many rounds. */
const lastingRounds = 2;

export const isIdentityCall = ({ route }: RecordedCall): boolean => serviceOf(route) === "identity";

/** Lanes of emulators in front of one Azurite, and what every run needs. One per process: MSAL keeps the identity's endpoint. */
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

  /** One rotation that nothing disturbs, in a process without tokens: every external call that it makes. */
  async record(settleOn: SettleOn): Promise<readonly RecordedCall[]> {
    this.#credential = newCredential(this.first.emulators.env);
    const run = this.#newRun(this.first, settleOn);
    const stop = recordCalls(run);
    const problems = await this.#drive(run, () => undefined);
    const calls = stop();
    this.first.emulators.journal.clear();
    if (run.rounds !== 1) problems.push(`it took ${run.rounds} rounds`);
    if (problems.length > 0) throw new Error(`the recording is no good: ${problems.join("; ")}`);
    return calls;
  }

  /** Runs every cell, as many at once as there are lanes, and those that spoil a token before all others: tokens belong to the process. */
  async runAll(cells: readonly Cell[], onResult: (result: CellResult) => void): Promise<void> {
    for (const cell of cells.filter(({ call }) => isIdentityCall(call))) {
      this.#credential = newCredential(this.first.emulators.env);
      onResult(await this.#runCell(this.first, cell));
    }
    const left = cells.filter(({ call }) => !isIdentityCall(call)).toSorted(hangsFirst);
    const work = async (lane: Lane): Promise<void> => {
      for (let cell = left.shift(); cell !== undefined; cell = left.shift()) onResult(await this.#runCell(lane, cell));
    };
    await Promise.all([this.first, ...this.others].map(work));
  }

  async #runCell(lane: Lane, cell: Cell): Promise<CellResult> {
    const run = this.#newRun(lane, cell.settleOn);
    const armed = this.#arm(run, cell);
    const { faults, journal } = lane.emulators;
    const applyLate = lateEffects(lane);
    try {
      const problems = await this.#drive(run, async ({ rounds }) => {
        if (rounds === lastingRounds) armed.remove();
        await applyLate();
      });
      problems.push(...namedReason(cell, run));
      if (armed.fired() === 0) problems.push("the call that was to be spoilt did not come");
      return { cell, problems };
    } catch (error) {
      return { cell, problems: [`the run broke: ${error instanceof Error ? error.stack : String(error)}`] };
    } finally {
      faults.clear();
      faults.cancelLate();
      journal.clear();
      lane.clock.forgetAlarms();
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

  /** Drives a run to its end, with what is wrong about it. */
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
    if (unknown.length + failures.length > 0) problems.push("an emulator did not know what to answer");
    return problems;
  }

  #newRun(lane: Lane, settleOn: SettleOn): Run {
    this.#runs += 1;
    return startRun(lane, makeSubject({ lane, credential: this.#credential, settleOn, number: this.#runs }));
  }
}

/** Applies late effects when they have been four minutes under way. */
const lateEffects = ({ clock, emulators }: Lane): (() => Promise<void>) => {
  let since: number | null = null;
  return async () => {
    const now = clock.now().getTime();
    if (emulators.faults.pendingLate > 0) since ??= now;
    if (since !== null && now - since >= minutes(2)) await emulators.faults.applyLate();
  };
};

/** Some hang for real: what belongs to no single caller has a time limit of its own. These must not come last. */
const hangsFirst = (one: Cell, other: Cell): number =>
  Number(other.fault.how.kind === "hang") - Number(one.fault.how.kind === "hang");

export const inWords = ({ cell, problems }: CellResult): string =>
  `${cellName(cell)}:\n${problems.map((problem) => `    ${problem}`).join("\n")}`;
