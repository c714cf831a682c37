import { type Findings, merged, noFindings } from "./findings";

/** What one look is about. */
export interface Waiting {
  /** What has been merged so far. */
  readonly peek: () => Findings;
  /** The same, for the look that begins now: events that come later have another one. */
  readonly take: () => Findings;
}

interface Turn {
  /** Resolves when the look before has ended. Never rejects. */
  last: Promise<unknown>;
  /** What waits for the next look; null while nothing does. */
  next: Findings | null;
  /** How many looks run or wait: two at most. */
  open: number;
}

/**
 * The looks of one process: one after the other for each account. While one waits, further events are merged into it,
 * so a flood costs nothing.
 */
export class LookTurns {
  readonly #turns = new Map<string, Turn>();

  /** Ends with the look, or at once where the findings are merged into one that waits. */
  async add(account: string, findings: Findings, look: (waiting: Waiting) => Promise<void>): Promise<void> {
    const turn = this.#turns.get(account) ?? { last: Promise.resolve(), next: null, open: 0 };
    this.#turns.set(account, turn);
    if (turn.next !== null) {
      turn.next = merged(turn.next, findings);
      return;
    }
    turn.next = findings;
    turn.open += 1;
    const mine = turn.last.then(() => lookOf(turn, look));
    turn.last = mine.catch(() => undefined);
    try {
      await mine;
    } finally {
      turn.open -= 1;
      if (turn.open === 0) this.#turns.delete(account);
    }
  }
}

const lookOf = async (turn: Turn, look: (waiting: Waiting) => Promise<void>): Promise<void> => {
  let taken: Findings | null = null;
  const peek = (): Findings => taken ?? turn.next ?? noFindings;
  const take = (): Findings => {
    if (taken !== null) return taken;
    taken = peek();
    turn.next = null;
    return taken;
  };
  try {
    await look({ peek, take });
  } finally {
    take();
  }
};
