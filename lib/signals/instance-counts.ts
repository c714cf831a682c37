import type { CallOptions } from "../ports/call";
import type { Signals } from "../ports/signals";
import type { Clock } from "../ports/system";
import { maxInstances } from "../rotation/gate/instance-limits";
import { plusMs, toInstant } from "../rotation/time/time";

interface Count {
  known: number;
  /** It is used from and until these, in milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}

/** Fewer rows than this are one small page, and are counted each time. */
const worthKeeping = 100;

/**
 * How many instances each consumer has, for refusing too many. Only a new instance asks. A count is kept for as many
 * milliseconds as it is, with what this process has added: many instances that start at once share it. Other processes
 * may add some meanwhile, so the maximum can be exceeded by a few.
 */
export class InstanceCounts {
  readonly #counts = new Map<string, Count>();

  constructor(
    private readonly signals: Pick<Signals, "countInstances">,
    private readonly clock: Pick<Clock, "now">,
  ) {}

  /** Whether the consumer has room for one more. Throws as `Signals.countInstances` does. */
  async hasRoom(
    account: string,
    consumer: string,
    forgetInstanceAfterMs: number,
    options: CallOptions,
  ): Promise<boolean> {
    const key = `${account}:${consumer}`;
    const now = this.clock.now();
    const kept = this.#counts.get(key);
    if (kept !== undefined && now.getTime() >= kept.from && now.getTime() < kept.until)
      return kept.known < maxInstances;
    const since = plusMs(toInstant(now), -forgetInstanceAfterMs);
    const known = await this.signals.countInstances(account, consumer, since, options);
    const from = this.clock.now().getTime();
    this.#counts.set(key, { known, from, until: from + (known < worthKeeping ? 0 : known) });
    return known < maxInstances;
  }

  /** One more is stored. */
  added(account: string, consumer: string): void {
    const kept = this.#counts.get(`${account}:${consumer}`);
    if (kept !== undefined) kept.known += 1;
  }
}
