import { minutes } from "../../builders/time";
import { type Demand, rotateOnDemand } from "../../../lib/operations/rotate-on-demand";
import { RotationTable } from "../../../lib/azure/tables/rotation-table";
import { openTables } from "../../../lib/azure/tables/tables";
import type { RotationRecord } from "../../../lib/rotation/record";
import { Ticker } from "../../../lib/operations/tick";
import { Consumer } from "./consumer";
import type { Lane } from "./lane";
import { storageAt, type Subject } from "./subject";
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
  /** Whether the rotation that is asked for has been accepted. */
  isAccepted: boolean;
  /** Rounds begun. */
  rounds: number;
  /** The record at the end of the newest round, read past the app; null before there is one, or where it cannot be read. */
  record: RotationRecord | null;
  /** Everything that has been answered. */
  readonly answers: unknown[];
  readonly thrown: Error[];
}

/** Rounds of two minutes. Each fault may cost a claim, its quarantine and a few tries: six of them. */
const maxRounds = 60;
const roundMs = minutes(2);

export const startRun = (lane: Lane, subject: Subject): Run => {
  const consumer = new Consumer(lane, subject);
  return {
    lane,
    subject,
    consumer,
    watch: watch(lane, subject, consumer),
    demand: {
      reason: "the matrix asks for it",
      retireAfterMs: null,
      idempotencyKey: subject.batchAccount,
      by: "operator:ada",
    },
    stage: "firstSight",
    isAccepted: false,
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
  const onlyReads = { next: () => "the test only reads" };
  const records = new RotationTable(openTables(storageAt(azuritePast), subject.tablePrefix, onlyReads).rotations);
  const ticker = new Ticker(subject.app);
  const stopHangs = endHangs(lane);
  try {
    for (run.rounds = 1; run.rounds <= maxRounds; run.rounds += 1) {
      await round(run, ticker);
      run.record = (await records.read(subject.config.name, { signal: AbortSignal.timeout(20_000) }))?.record ?? null;
      if (isOver(run) && isTidy(run)) return;
      // What lands after the end is found by the next full comparison.
      lane.clock.advance(
        isOver(run) && lane.emulators.faults.pendingLate === 0 ? run.subject.config.reconcileEveryMs : roundMs,
      );
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
  await attempt(run, () => ask(run));
  await hear(run, "gate");
  if (subject.config.settleOn === "primary") await hear(run, "settling");
  consumer.refresh();
};

/** Somebody asks for a rotation until that is accepted. */
const ask = async (run: Run): Promise<unknown> => {
  if (run.isAccepted) return null;
  const demanded = await rotateOnDemand(run.subject.app, run.subject.config, run.demand);
  run.isAccepted = demanded.kind === "accepted";
  return demanded;
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

/** A rotation that was superseded, by a publication that landed late, is followed by another. */
const isOver = ({ record }: Run): boolean =>
  record !== null &&
  record.state.phase === "idle" &&
  record.lastRotation?.outcome === "completed" &&
  record.claim === null &&
  record.failure === null &&
  record.publishing.outbox.length === 0;

/** Nothing is on its way any more, and the vault shows what the record says. */
const isTidy = ({ lane, subject, record }: Run): boolean =>
  lane.emulators.faults.pendingLate === 0 &&
  lane.vault.newest(subject.config.secret.name)?.version === record?.state.active?.version;

/** A call that hangs ends when its limit has passed; nothing else happens meanwhile, so it passes at once. */
const endHangs = ({ clock, emulators }: Lane): (() => void) =>
  emulators.journal.onRequest(({ fault }) => {
    if (fault === "hang") setTimeout(() => clock.advance(minutes(0.5)), 10);
  });
