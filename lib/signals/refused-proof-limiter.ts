import type { Clock } from "../ports/system";
import { minutes } from "../rotation/time/units";

const windowMs = minutes(5);
/**
 * Maximum of one consumer that is recorded in a window: an app with a wrong key is reported in full, a flood is
 * counted.
 */
const maxRecorded = 5;

interface Counted {
  readonly from: number;
  recorded: number;
  unrecorded: number;
}

interface RefusedProof {
  /** `first`: from this one on they are only counted, until the window has ended. */
  readonly kind: "recorded" | "first" | "counted";
  /** How many were counted before a recorded one. */
  readonly more: number;
}

/** The refused proofs of one process: a flood of wrong proofs must fill neither history nor record. */
export class RefusedProofLimiter {
  readonly #counted = new Map<string, Counted>();

  constructor(private readonly clock: Pick<Clock, "now">) {}

  /** Counts one more of a consumer, which is configured: so there are few of them. */
  add(account: string, consumer: string): RefusedProof {
    const key = `${account}:${consumer}`;
    const now = this.clock.now().getTime();
    const known = this.#counted.get(key);
    // A clock that was set back must not make a window last.
    const over = known === undefined || Math.abs(now - known.from) >= windowMs;
    const window = over ? { from: now, recorded: 0, unrecorded: known?.unrecorded ?? 0 } : known;
    this.#counted.set(key, window);
    if (window.recorded < maxRecorded) {
      const more = window.unrecorded;
      window.unrecorded = 0;
      window.recorded += 1;
      return { kind: "recorded", more };
    }
    window.unrecorded += 1;
    return { kind: window.unrecorded === 1 ? "first" : "counted", more: 0 };
  }
}
