import { minutes } from "../../builders/time";
import { type Demand, rotateOnDemand } from "../../../lib/operations/rotate-on-demand";
import { RotationTable } from "../../../lib/azure/tables/rotation-table";
import { openTables } from "../../../lib/azure/tables/tables";
import { callOptions } from "../../../lib/limits";
import type { RotationRecord } from "../../../lib/rotation/record";
import { Ticker } from "../../../lib/operations/tick/tick";
import { Consumer } from "./consumer";
import type { KeyUsers } from "./key-users";
import type { Lane } from "./lane";
import { isOnPlatforms, PlatformApps } from "./platform-apps";
import { storageAt, type Subject } from "./subject";
import { type Watch, watch } from "./watch";

/** The stages of a run, in order; they distinguish recorded calls. */
export type Stage = "firstSight" | "adoption" | "demand" | "gate" | "settling" | "discovery";

export interface Run {
  readonly lane: Lane;
  readonly subject: Subject;
  readonly users: KeyUsers;
  readonly watch: Watch;
  readonly demand: Demand;
  stage: Stage;
  /** Whether the requested rotation was accepted. */
  isAccepted: boolean;
  /** The number of started rounds. */
  rounds: number;
  /** The record at the end of the newest round, read directly; null if there is none or it is unreadable. */
  record: RotationRecord | null;
  /** All answers of the app. */
  readonly answers: unknown[];
  readonly thrown: Error[];
}

/**
 * Rounds of two minutes. Each fault may cost a claim, its quarantine and some attempts, and each attempt in a row that
 * fails doubles the backoff, up to an hour.
 */
const maxRounds = 240;
const roundMs = minutes(2);

export const startRun = (lane: Lane, subject: Subject): Run => {
  const users = isOnPlatforms(subject.config) ? new PlatformApps(lane, subject.config) : new Consumer(lane, subject);
  return {
    lane,
    subject,
    users,
    watch: watch(lane, subject, users),
    demand: {
      reason: "requested by the matrix",
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

/** Called between two rounds, after `roundMs`. */
export type BetweenRounds = (run: Run) => Promise<void> | void;

/**
 * Drives one rotation from the adoption to its end, in the roles of timer, app and operator. Stops when it has ended or
 * makes no progress.
 */
export const drive = async (run: Run, azuritePast: string, between: BetweenRounds): Promise<void> => {
  const { lane, subject } = run;
  const onlyReads = { next: () => "the test only reads" };
  const records = new RotationTable(openTables(storageAt(azuritePast), subject.tablePrefix, onlyReads).rotations);
  const ticker = new Ticker(subject.app);
  const stopHangs = endHangs(lane);
  try {
    for (run.rounds = 1; run.rounds <= maxRounds; run.rounds += 1) {
      await round(run, ticker);
      run.record = (await records.read(subject.config.name, { signal: new AbortController().signal }))?.record ?? null;
      if (isOver(run) && isTidy(run)) return;
      // Late effects after the end are found by the next full comparison.
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
  const { users, subject } = run;
  if (run.rounds > 1) run.stage = run.isAccepted ? "gate" : "adoption";
  await attempt(run, () => ticker.tick());
  await report(run, "adoption");
  run.stage = "demand";
  await attempt(run, () => ask(run));
  if (subject.looking !== null) await attempt(run, () => lookAgain(run));
  await report(run, "gate");
  if (subject.config.settleOn === "primary") await report(run, "settling");
  users.refresh();
};

/** While a rotation is under way, another run of the timer asks Resource Graph. */
const lookAgain = async ({ subject: { app } }: Run): Promise<void> => {
  await app.accounts.refresh(0, callOptions(app.ports.clock, app.limits.callMs));
  await app.accounts.discover();
};

/** The operator requests a rotation until it is accepted. */
const ask = async (run: Run): Promise<unknown> => {
  const { app, config } = run.subject;
  // Of an account that is not found yet, a request knows nothing.
  if (run.isAccepted || app.accounts.find(config.name) === null) return null;
  const demanded = await rotateOnDemand(app, config, run.demand);
  run.isAccepted = demanded.kind === "accepted";
  return demanded;
};

/** The app reads the vault, and reports its version if that is new. */
const report = async (run: Run, stage: Stage): Promise<void> => {
  run.stage = stage;
  run.users.refresh();
  if (!run.users.isQuiet) await attempt(run, () => run.users.signal());
};

const attempt = async (run: Run, call: () => Promise<unknown>): Promise<void> => {
  // Instants must differ, because a signal with an equal instant is ignored.
  run.lane.clock.advance(1_000);
  try {
    run.answers.push(await call());
  } catch (error) {
    run.thrown.push(error instanceof Error ? error : new Error("a value that is not an error was thrown"));
  }
};

/** Another rotation follows one that was superseded by a late publication. */
const isOver = ({ record }: Run): boolean =>
  record !== null &&
  record.state.phase === "idle" &&
  record.lastRotation?.outcome === "completed" &&
  record.claim === null &&
  record.failure === null &&
  record.publishing.outbox.length === 0;

/** No effect is pending, and the vault agrees with the record. */
const isTidy = ({ lane, subject, record }: Run): boolean =>
  lane.emulators.faults.pendingLate === 0 &&
  lane.vault.newest(subject.config.secret.name)?.version === record?.state.active?.version;

/** A hanging call ends at its time limit; nothing else happens meanwhile, so time passes at once. */
const endHangs = ({ clock, emulators }: Lane): (() => void) =>
  emulators.journal.onRequest(({ fault, route }) => {
    // A restart is answered once the app has restarted.
    const limit = minutes(route === "arm.restartSite" ? 2 : 0.5);
    if (fault === "hang") setTimeout(() => clock.advance(limit), 10);
  });
