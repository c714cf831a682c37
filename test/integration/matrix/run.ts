import { type Demand, rotateOnDemand } from "../../../lib/demand";
import { RotationTable } from "../../../lib/azure/rotation-table";
import { openTables } from "../../../lib/azure/tables";
import type { RotationRecord } from "../../../lib/rotation/record";
import { Ticker } from "../../../lib/tick";
import { Consumer } from "./consumer";
import type { Lane } from "./lane";
import { minutes, storageAt, type Subject } from "./subject";
import { type Watch, watch } from "./watch";

/** What the test does to the app, in order; recorded calls are told apart by it. */
export type Stage = "firstSight" | "adoption" | "demand" | "gate" | "settling";

export interface Run {
  readonly lane: Lane;
  readonly subject: Subject;
  readonly consumer: Consumer;
  readonly watch: Watch;
  readonly demand: Demand;
  stage: Stage;
  /** Rounds begun. */
  rounds: number;
  /** The record at the end of the newest round, read past the app; null before there is one, or where it cannot be read. */
  record: RotationRecord | null;
  /** Everything that has been answered. */
  readonly answers: unknown[];
  readonly thrown: Error[];
}

/** Rounds of two minutes: longer than a claim, its quarantine and three tries need. */
const mostRounds = 30;
const roundMs = minutes(2);

export const startRun = (lane: Lane, subject: Subject): Run => {
  const consumer = new Consumer(lane, subject);
  return {
    lane,
    subject,
    consumer,
    watch: watch(lane, subject, consumer),
    demand: { reason: "the matrix asks for it", retireAfterMs: null, idempotencyKey: subject.batchAccount },
    stage: "firstSight",
    rounds: 0,
    record: null,
    answers: [],
    thrown: [],
  };
};

/** Called between two rounds, when `roundMs` has just passed. */
export type BetweenRounds = (run: Run) => Promise<void> | void;

/** Drives one rotation from first sight to its end, as a timer, an app and an operator would. Stops when it is over or gets nowhere. */
export const drive = async (run: Run, azuritePast: string, between: BetweenRounds): Promise<void> => {
  const { lane, subject } = run;
  const records = new RotationTable(openTables(storageAt(azuritePast), subject.tablePrefix).rotations, {
    next: () => "the test only reads",
  });
  const ticker = new Ticker(subject.app);
  const stopHangs = endHangs(lane);
  try {
    for (run.rounds = 1; run.rounds <= mostRounds; run.rounds += 1) {
      await round(run, ticker);
      run.record = (await records.read(subject.config.name, { signal: AbortSignal.timeout(20_000) }))?.record ?? null;
      if (isOver(run)) return;
      lane.clock.advance(roundMs);
      await between(run);
    }
  } finally {
    stopHangs();
  }
};

const round = async (run: Run, ticker: Ticker): Promise<void> => {
  const { consumer, subject } = run;
  await attempt(run, () => ticker.tick());
  await hear(run, "adoption");
  run.stage = "demand";
  await attempt(run, () => rotateOnDemand(subject.app, subject.config, run.demand));
  await hear(run, "gate");
  if (subject.config.settleOn === "primary") await hear(run, "settling");
  consumer.refresh();
};

/** The app looks at the vault, and tells what it runs on where that is news. */
const hear = async (run: Run, stage: Stage): Promise<void> => {
  run.stage = stage;
  run.consumer.refresh();
  if (!run.consumer.isQuiet) await attempt(run, () => run.consumer.signal());
};

const attempt = async (run: Run, call: () => Promise<unknown>): Promise<void> => {
  // Nothing happens at the very same instant, and a signal as old as the known one is none.
  run.lane.clock.advance(1_000);
  try {
    run.answers.push(await call());
  } catch (error) {
    run.thrown.push(error instanceof Error ? error : new Error("something else than an error was thrown"));
  }
};

const isOver = ({ record, demand }: Run): boolean =>
  record !== null &&
  record.state.phase === "idle" &&
  record.lastRotation?.idempotencyKey === demand.idempotencyKey &&
  record.claim === null &&
  record.failure === null &&
  record.outbox.length === 0;

/** A call that hangs ends when its limit has passed; nothing else happens meanwhile, so it passes at once. */
const endHangs = ({ clock, emulators }: Lane): (() => void) =>
  emulators.journal.onRequest(({ fault }) => {
    if (fault === "hang") setTimeout(() => clock.advance(minutes(0.5)), 10);
  });
