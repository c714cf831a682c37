import type { Clock, Ports, Signals } from "../ports";
import { minutes } from "../rotation/time/units";

const windowMs = minutes(5);
/** So many of one consumer are recorded in a window: an app with a wrong key is told of in full, a flood is counted. */
const maxRecorded = 5;

interface Counted {
  readonly from: number;
  recorded: number;
  unrecorded: number;
}

export interface RefusedProof {
  /** `first`: from here on they are only counted, until the window has ended. */
  readonly is: "recorded" | "first" | "counted";
  /** How many were counted before a recorded one. */
  readonly more: number;
}

/** What this process refuses: who floods it with wrong proofs must fill neither history nor record. */
export class RefusedProofs {
  readonly #counted = new Map<string, Counted>();

  constructor(private readonly clock: Clock) {}

  /** One more of a consumer, which is configured: so there are not many of them. */
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
      return { is: "recorded", more };
    }
    window.unrecorded += 1;
    return { is: window.unrecorded === 1 ? "first" : "counted", more: 0 };
  }
}

const perTable = new WeakMap<Signals, RefusedProofs>();

/** One for all signals that this process takes. */
export const refusedProofs = ({ signals, clock }: Ports): RefusedProofs => {
  const known = perTable.get(signals) ?? new RefusedProofs(clock);
  perTable.set(signals, known);
  return known;
};
