import type { CallOptions } from "../ports/call";
import type { Signals } from "../ports/signals";
import type { Clock } from "../ports/system";
import type { Sightings } from "../rotation/gate/sightings";
import { heardAt, type InstanceReport } from "../rotation/gate/signals";

type Reports = Map<string, InstanceReport>;

type Known = Omit<Sightings, "reports"> & { readonly reports: Reports };

interface Listed {
  readonly known: Promise<Known>;
  /**
   * It is shared from and until these, in milliseconds since 1970. While it is being read: always, where the one before
   * was worth keeping.
   */
  from: number;
  until: number;
}

/** Fewer rows than this are one small page, and are read each time. */
const worthKeeping = 100;

const idOf = ({ consumer, instance }: InstanceReport): string => `${consumer}:${instance}`;

/**
 * What is known about who uses the keys of an account, for answering its signals. With many instances each signal would
 * list all of them, so the signals that come while a list is young share it: it is kept for as many milliseconds as it
 * has rows, with what this process has stored since. A list that is seconds old decides nothing: a driver that acts
 * reads the table itself, and what another process has just stored is seen at the next signal or tick.
 */
export class ReportCache {
  readonly #lists = new Map<string, Listed>();

  constructor(
    private readonly signals: Pick<Signals, "list">,
    private readonly clock: Pick<Clock, "now">,
  ) {}

  async read(account: string, options: CallOptions): Promise<Sightings> {
    const known = this.#lists.get(account);
    const now = this.clock.now().getTime();
    const young = known !== undefined && now >= known.from && now < known.until;
    const listed = young ? known : this.#list(account, known !== undefined && known.until > known.from, options);
    const { reports, ...seen } = await listed.known;
    return { ...seen, reports: [...reports.values()] };
  }

  /** What this process has just stored. */
  keep(account: string, report: InstanceReport): void {
    const listed = this.#lists.get(account);
    if (listed !== undefined) void add(listed, report);
  }

  #list(account: string, shared: boolean, options: CallOptions): Listed {
    const known = this.#read(account, options);
    const listed: Listed = { known, from: 0, until: shared ? Number.POSITIVE_INFINITY : 0 };
    this.#lists.set(account, listed);
    void this.#date(account, listed);
    return listed;
  }

  async #read(account: string, options: CallOptions): Promise<Known> {
    const { reports, ...seen } = await this.signals.list(account, options);
    return { ...seen, reports: new Map(reports.map((report) => [idOf(report), report])) };
  }

  async #date(account: string, listed: Listed): Promise<void> {
    try {
      const { size } = (await listed.known).reports;
      listed.from = this.clock.now().getTime();
      listed.until = listed.from + (size < worthKeeping ? 0 : size);
    } catch {
      this.#lists.delete(account);
    }
  }
}

/** Adds to the list that has been read, or is being read: where that fails, nothing is kept. */
const add = async ({ known }: Listed, report: InstanceReport): Promise<void> => {
  try {
    const { reports } = await known;
    const there = reports.get(idOf(report));
    if (there === undefined || heardAt(there) <= heardAt(report)) reports.set(idOf(report), report);
  } catch {
    // The reader gets the error.
  }
};
