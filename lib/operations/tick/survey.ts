import { notificationDelayed } from "../../alarms/publish-notice";
import type { AccountDirectory } from "../../account-directory";
import type { App } from "../../app";
import { callOptions } from "../../limits";
import type { RecordGlance, ScannedRecord } from "../../ports/rotations";
import type { StoredTickNotes } from "../../ports/ticks";
import type { AccountConfig } from "../../rotation/account-config";
import { nothingSeen } from "../../rotation/gate/sightings";
import { needsDriver } from "../../rotation/needs-driver";
import { atEveryTick, lookAtAllIsDue, lookIsDue, nextLook, type StoredLook } from "../../rotation/next-look";
import type { RotationRecord } from "../../rotation/record";
import { type Instant, toInstant } from "../../rotation/time/time";
import { changeTickNotes } from "./tick-notes";

/** What a tick finds in the table of the records before it looks at any account. */
export interface Survey {
  /** All that are configured now. */
  readonly accounts: readonly AccountConfig[];
  /** The accounts to look at, in the order of the configuration. */
  readonly toLookAt: readonly AccountConfig[];
  /** How many of the others wait. */
  readonly waiting: number;
  /** Names of the records that no configured account owns; null where the table could not be read. */
  readonly unowned: readonly string[] | null;
  /** Of a survey of all: notes that all have been looked at. To be called once they have; until then it is repeated. */
  readonly allSeen: (() => Promise<void>) | null;
}

/** Called for each account that is left alone in a survey of all. */
export type AtRest = (config: AccountConfig, record: RotationRecord) => void;

export interface SurveyOptions {
  readonly now: Date;
  /** The end of the tick's time. */
  readonly stop: AbortSignal;
  /** Names of accounts that have a notice in which something is open: they are looked at, whatever is stored. */
  readonly open: ReadonlySet<string>;
  readonly atRest: AtRest;
}

/**
 * Finds the accounts that a tick has to look at, with one scan of the table. Once an hour the scan reads the whole
 * records and believes no column: so a wrong one loses no account.
 */
export class Surveyor {
  /** When a tick of any process last looked at all, as far as this process knows. */
  #allLookedAt: Instant | null = null;

  constructor(private readonly app: App) {}

  /**
   * Where the scan fails, all accounts are looked at: what is unknown is never taken for nothing to do.
   */
  async survey({ now, stop, open, atRest }: SurveyOptions): Promise<Survey> {
    return this.#orAll(open, async (sorted) => {
      const notes = await this.#notes(now);
      if (!lookAtAllIsDue(this.#allLookedAt, now)) return await this.#byColumns(sorted, now, stop);
      const survey = await this.#byRecords(sorted, now, stop, atRest);
      return { ...survey, allSeen: () => this.#allSeen(notes, now) };
    });
  }

  /** For a worker. `byRecords`: the tick that has handed its accounts over has believed no column, nor does it. */
  surveyForWork({ now, stop, open }: Omit<SurveyOptions, "atRest">, byRecords: boolean): Promise<Survey> {
    return this.#orAll(open, (sorted) =>
      byRecords ? this.#byRecords(sorted, now, stop, () => undefined) : this.#byColumns(sorted, now, stop),
    );
  }

  async #orAll(open: SurveyOptions["open"], find: (sorted: Sorted) => Promise<Survey>): Promise<Survey> {
    const sorted = new Sorted(this.app.accounts, open);
    try {
      return await find(sorted);
    } catch (error) {
      this.app.ports.log.write("warn", { ...notificationDelayed(null, error), event: "ScanFailed" });
      const { accounts } = sorted;
      return { accounts, toLookAt: accounts, waiting: 0, unowned: null, allSeen: null };
    }
  }

  /** Asked only where this process does not know of a tick that has looked at all within the hour. */
  async #notes(now: Date): Promise<StoredTickNotes | null> {
    if (!lookAtAllIsDue(this.#allLookedAt, now)) return null;
    const stored = await this.app.ports.ticks.read(this.#call());
    this.#allLookedAt = stored?.notes.allLookedAt ?? null;
    return stored;
  }

  /** Where the write fails or is lost, the next tick looks at all once more. */
  async #allSeen(before: StoredTickNotes | null, now: Date): Promise<void> {
    const { ports } = this.app;
    const at = toInstant(now);
    try {
      await changeTickNotes(this.app, (notes) => ({ ...notes, allLookedAt: at }), before);
      this.#allLookedAt = at;
    } catch (error) {
      ports.log.write("warn", notificationDelayed(null, error));
    }
  }

  async #byColumns(sorted: Sorted, now: Date, stop: AbortSignal): Promise<Survey> {
    const visit = (glance: RecordGlance): void => {
      const config = sorted.find(glance);
      if (config !== null && !lookIsDue(glance, config, now)) sorted.rests(config, glance);
    };
    await this.app.ports.rotations.scan(visit, { signal: stop });
    return sorted.survey();
  }

  async #byRecords(sorted: Sorted, now: Date, stop: AbortSignal, atRest: AtRest): Promise<Survey> {
    const visit = (row: ScannedRecord): void => {
      const config = sorted.find(row);
      if (config === null) return;
      if (row.record === null || hasToBeLookedAt(row, row.record, config, now)) return;
      sorted.rests(config, row);
      atRest(config, row.record);
    };
    await this.app.ports.rotations.scanRecords(visit, { signal: stop });
    return sorted.survey();
  }

  #call() {
    return callOptions(this.app.ports.clock, this.app.limits.callMs);
  }
}

/** By the record itself, whatever the columns say; and by the columns, so that wrong ones are written anew. */
const hasToBeLookedAt = (look: StoredLook, record: RotationRecord, config: AccountConfig, now: Date): boolean =>
  lookIsDue(look, config, now) ||
  needsDriver(record, config, nothingSeen, now) ||
  nextLook(record, config, now).nextLookAt === atEveryTick;

/** The accounts of the configuration, sorted by what was found of each: one of which nothing is stored is looked at. */
class Sorted {
  readonly accounts: readonly AccountConfig[];
  readonly #resting = new Set<AccountConfig>();
  readonly #unowned: string[] = [];
  #waiting = 0;

  constructor(
    private readonly directory: AccountDirectory,
    private readonly open: ReadonlySet<string>,
  ) {
    this.accounts = directory.list();
  }

  /** As it is known at this moment: an account that has changed since the scan began is looked at. */
  find({ account }: RecordGlance): AccountConfig | null {
    const config = this.directory.find(account);
    if (config === null) this.#unowned.push(account);
    return config;
  }

  rests(config: AccountConfig, { waiting }: RecordGlance): void {
    if (this.open.has(config.name)) return;
    this.#resting.add(config);
    if (waiting !== null) this.#waiting += 1;
  }

  survey(): Survey {
    return {
      accounts: this.accounts,
      toLookAt: this.accounts.filter((config) => !this.#resting.has(config)),
      waiting: this.#waiting,
      unowned: this.#unowned,
      allSeen: null,
    };
  }
}
