/** Something that happens at a virtual instant. `wakes`: code of the app goes on because of it. */
interface Happening {
  at: number;
  readonly owner: unknown;
  readonly wakes: boolean;
  readonly run: () => void;
}

/**
 * The one clock and the one queue of a world: milliseconds since its beginning. Everything that happens is a happening in this queue; of those whose
 * time has come, `choose` picks the next, and time moves on when there is none. No real timer takes part.
 */
export class Timeline {
  now = 0;
  /** In the order in which they were added. */
  readonly #waiting: Happening[] = [];

  /** `choose`: which of `count` happenings comes next, from 0 on. */
  constructor(private readonly choose: (count: number) => number) {}

  add(at: number, run: () => void, { owner = null, wakes = true }: { owner?: unknown; wakes?: boolean } = {}): void {
    this.#waiting.push({ at: Math.max(at, this.now), owner, wakes, run });
  }

  /** Nothing of this owner happens before `at`. */
  hold(owner: unknown, at: number): void {
    for (const happening of this.#waiting) {
      if (happening.owner === owner) happening.at = Math.max(happening.at, at);
    }
  }

  /**
   * Lets things happen until `done`, or until nothing is left. Between two of them every promise that can go on has gone on: `setImmediate` runs
   * only when no promise is ready, so the order depends on nothing but `choose`.
   */
  run(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = (): void => {
        try {
          for (;;) {
            const happening = done() ? null : this.#take();
            if (happening === null) return resolve();
            happening.run();
            if (happening.wakes) break;
          }
        } catch (error) {
          return reject(error);
        }
        setImmediate(next);
      };
      setImmediate(next);
    });
  }

  #take(): Happening | null {
    const list = this.#waiting;
    let ready = 0;
    let earliest = Number.POSITIVE_INFINITY;
    for (const { at } of list) {
      if (at <= this.now) ready += 1;
      else if (at < earliest) earliest = at;
    }
    if (ready === 0) {
      if (earliest === Number.POSITIVE_INFINITY) return null;
      this.now = earliest;
      for (const { at } of list) if (at <= earliest) ready += 1;
    }
    let skip = ready === 1 ? 0 : this.choose(ready);
    const index = list.findIndex(({ at }) => at <= this.now && skip-- === 0);
    return list.splice(index, 1)[0] ?? null;
  }
}
