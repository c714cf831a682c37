import type { CallOptions } from "../../ports/call";
import type { Rotations } from "../../ports/rotations";
import type { Clock } from "../../ports/system";
import type { AttentionRow } from "../../rotation/attention/attention";
import { type Instant, toInstant } from "../../rotation/time/time";
import { seconds } from "../../rotation/time/units";

interface Scanned {
  readonly at: Instant;
  /** By account: those that are not idle, or have anything open. */
  readonly rows: ReadonlyMap<string, AttentionRow>;
}

interface Known extends Scanned {
  readonly goodUntilMs: number;
}

const minAgeMs = seconds(5);
/** A scan that takes long is kept for long: so the scans take at most a tenth of the time, however many look. */
const agePerScan = 10;

/** What the rows say of all accounts, scanned at most every few seconds, however many people look at the page. */
export class AttentionCache {
  #known: Known | null = null;
  #reading: Promise<Known> | null = null;

  constructor(
    private readonly rotations: Pick<Rotations, "listAttention">,
    private readonly clock: Pick<Clock, "now">,
  ) {}

  async read(options: CallOptions): Promise<Scanned> {
    if (this.#known !== null && this.clock.now().getTime() < this.#known.goodUntilMs) return this.#known;
    this.#reading ??= this.#scan(options).finally(() => {
      this.#reading = null;
    });
    this.#known = await this.#reading;
    return this.#known;
  }

  /** After an order: the next page shows what it has changed. */
  forget(): void {
    this.#known = null;
  }

  async #scan(options: CallOptions): Promise<Known> {
    const began = this.clock.now();
    const rows = await this.rotations.listAttention(options);
    const tookMs = this.clock.now().getTime() - began.getTime();
    return {
      at: toInstant(began),
      rows: new Map(rows.map((row) => [row.account, row])),
      goodUntilMs: began.getTime() + tookMs + Math.max(minAgeMs, agePerScan * tookMs),
    };
  }
}
