import { TransientServiceError } from "../../errors";
import type { CallOptions } from "../../ports/call";
import type { Fleet } from "../../ports/fleet";
import type { Clock } from "../../ports/system";
import { emptyFleet, type FleetState, unreadableFleet } from "../../rotation/fleet/fleet-state";
import { minutes } from "../../rotation/time/units";
import { jsonIn, toAsciiJson, toColumns } from "./rows/json-columns";
import { fleetSchema } from "./rows/record-schema";
import type { RowKey, StoredRow } from "./rows/rows";
import type { Table } from "./tables";

/** Names of accounts are in lower case, so none is this one. */
const key: RowKey = { partitionKey: "Fleet", rowKey: "Fleet" };

/** Every process of the app may write the row, and each writes rarely. */
const maxRace = 12;

/** How old a row may be that decides that nothing is to be written. */
const maxAgeMs = minutes(1);

const toState = (row: StoredRow | null): FleetState => {
  if (row === null) return emptyFleet;
  return fleetSchema.safeParse(jsonIn("fleet", row)).data ?? unreadableFleet;
};

interface Known {
  readonly state: FleetState;
  /** Null where there is no row. */
  readonly etag: string | null;
  readonly readAtMs: number;
}

/**
 * The row of the fleet, in a partition of its own beside the rotation records. The row that was read last is
 * remembered: a write is conditional, so an old one costs a repeat and nothing else.
 */
export class FleetTable implements Fleet {
  readonly #table: Table;
  readonly #clock: Pick<Clock, "now">;
  #known: Known | null = null;
  /** The drives of one process write one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(rotations: Table, clock: Pick<Clock, "now">) {
    this.#table = rotations;
    this.#clock = clock;
  }

  async read(ageMs: number, options: CallOptions): Promise<FleetState> {
    return (await this.#read(ageMs, options)).state;
  }

  update(change: (state: FleetState) => FleetState, options: CallOptions): Promise<FleetState> {
    const turn = this.#last.then(() => this.#update(change, options));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #update(change: (state: FleetState) => FleetState, options: CallOptions): Promise<FleetState> {
    let known = await this.#read(maxAgeMs, options);
    for (let attempt = 1; attempt <= maxRace; attempt++) {
      const state = change(known.state);
      if (state === known.state) return state;
      const { unreadable: _, ...stored } = state;
      const row = { ...key, ...toColumns("fleet", toAsciiJson(stored)) };
      const outcome = await this.#table.writeConditional(row, known.etag, options);
      if (outcome.kind === "written") return this.#remember(state, outcome.etag).state;
      known = this.#remember(toState(outcome.found), outcome.found?.etag ?? null);
    }
    throw new TransientServiceError({
      operation: `Tables update entity in ${this.#table.name}`,
      code: "TooManyConflicts",
    });
  }

  async #read(ageMs: number, options: CallOptions): Promise<Known> {
    const ageOf = ({ readAtMs }: Known): number => Math.abs(this.#clock.now().getTime() - readAtMs);
    if (this.#known !== null && ageOf(this.#known) <= ageMs && ageMs > 0) return this.#known;
    const row = await this.#table.read(key, options);
    return this.#remember(toState(row), row?.etag ?? null);
  }

  #remember(state: FleetState, etag: string | null): Known {
    this.#known = { state, etag, readAtMs: this.#clock.now().getTime() };
    return this.#known;
  }
}
