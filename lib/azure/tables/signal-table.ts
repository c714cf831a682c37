import { TransientServiceError } from "../../errors";
import type { CallOptions } from "../../ports/call";
import type { Signals } from "../../ports/signals";
import { type Sight, type SightName, type Sightings, sightingsOf } from "../../rotation/gate/sightings";
import { heardAt, type InstanceReport, isPseudo } from "../../rotation/gate/signals";
import type { Instant } from "../../rotation/time/time";
import { readReport, signalKey, toReport, toRow } from "./rows/report-rows";
import type { RowKey, StoredRow } from "./rows/rows";
import { isSightRow, readSight, sightKey, toSightRow } from "./rows/sight-rows";
import type { Table } from "./tables";
import { type SeenReport, WrittenReports } from "./written-reports";

type Merge = Parameters<Signals["update"]>[3];

/** Signals of one instance are rarely concurrent; more conflicts than this mean that something else is wrong. */
const maxRace = 10;

/** Rows that are removed at the same time. */
const maxConcurrent = 16;

const seenIn = (row: StoredRow | null): SeenReport => ({
  report: row === null ? null : toReport(row),
  etag: row?.etag ?? null,
  isOld: false,
});

/** What consumers have reported, one row per instance, and beside it what the rotator has seen itself. */
export class SignalTable implements Signals {
  readonly #table: Table;
  readonly #written = new WrittenReports();

  /** `asksLog`: where the vault's audit log is not asked any more, what it has shown before no longer counts. */
  constructor(
    table: Table,
    private readonly asksLog = true,
  ) {
    this.#table = table;
  }

  async list(account: string, options: CallOptions): Promise<Sightings> {
    const rows = await this.#table.list(account, options);
    const reports = rows.filter((row) => !isSightRow(row)).map(readReport);
    const sights = rows.filter(isSightRow).flatMap((row) => readSight(row) ?? []);
    return sightingsOf(
      reports,
      sights.filter(({ kind }) => this.asksLog || kind !== "readers"),
    );
  }

  async update(
    account: string,
    consumer: string,
    instance: string,
    merge: Merge,
    options: CallOptions,
  ): Promise<{ readonly accepted: boolean } | null> {
    const key = signalKey(account, consumer, instance);
    let seen = this.#written.get(key) ?? (await this.#read(key, options));
    for (let attempt = 1; attempt <= maxRace; attempt++) {
      const { report: known, etag, isOld } = seen;
      const merged = merge(known);
      if (merged === null) return null;
      const { accepted, report } = merged;
      if (report === known && !isOld) return { accepted };
      if (report === known) {
        seen = await this.#read(key, options);
        continue;
      }
      const outcome = await this.#table.writeConditional(toRow(account, report), etag, options);
      if (outcome.kind === "written") {
        this.#written.set(key, { report, etag: outcome.etag, isOld: true });
        return { accepted };
      }
      seen = seenIn(outcome.found);
    }
    throw this.#tooManyConflicts();
  }

  async updateSight(
    account: string,
    name: SightName,
    change: (known: Sight | null) => Sight | null,
    options: CallOptions,
  ): Promise<Sight | null> {
    const key = sightKey(account, name);
    let row = await this.#table.read(key, options);
    for (let attempt = 1; attempt <= maxRace; attempt++) {
      const sight = change(row === null ? null : readSight(row));
      if (sight === null) return null;
      const outcome = await this.#table.writeConditional(toSightRow(key, sight), row?.etag ?? null, options);
      if (outcome.kind === "written") return sight;
      row = outcome.found;
    }
    throw this.#tooManyConflicts();
  }

  #tooManyConflicts(): TransientServiceError {
    return new TransientServiceError({
      operation: `Tables update entity in ${this.#table.name}`,
      code: "TooManyConflicts",
    });
  }

  async #read(key: RowKey, options: CallOptions): Promise<SeenReport> {
    return seenIn(await this.#table.read(key, options));
  }

  async countInstances(account: string, consumer: string, since: Instant, options: CallOptions): Promise<number> {
    // A semicolon follows the colon.
    const rows = await this.#table.list(account, options, {
      afterRowKey: `${consumer}:`,
      belowRowKey: `${consumer};`,
    });
    const reports = rows.map(readReport);
    return reports.filter((report) => !isPseudo(report) && heardAt(report) >= since).length;
  }

  /** Each row by itself, and only if it is unchanged: a crash leaves the others for the next time. */
  async removeOver(
    account: string,
    isOver: (report: InstanceReport) => boolean,
    limit: number,
    options: CallOptions,
  ): Promise<void> {
    const rows = await this.#table.list(account, options);
    const over = rows.filter((row) => !isSightRow(row) && isOver(readReport(row))).slice(0, limit);
    for (let first = 0; first < over.length; first += maxConcurrent) {
      const some = over.slice(first, first + maxConcurrent);
      const removed = await Promise.allSettled(some.map((row) => this.#table.removeUnchanged(row, options)));
      for (const outcome of removed) if (outcome.status === "rejected") throw outcome.reason;
    }
  }
}
