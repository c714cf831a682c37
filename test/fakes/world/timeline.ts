/** Something that happens at a virtual instant. `wakes`: it resumes code of the app. */
export interface Happening {
  at: number;
  readonly owner: unknown;
  readonly wakes: boolean;
  /** Code of the app waits for it: a live timeline advances to it automatically. */
  readonly awaited: boolean;
  readonly run: () => void;
}

type Details = Partial<Pick<Happening, "owner" | "wakes" | "awaited">>;

/**
 * The one clock and the one queue of a world: milliseconds since its beginning. Everything that happens is a happening
 * in this queue. No real timer is used. There are two ways to run it:
 *
 * - `run`: of the happenings whose time has come `choose` picks the next, and time moves on when there is none.
 * - Live (`choose` is null): what is due happens at once and in order, and a test moves time with `to`. While code of
 * the app waits for an instant and nothing else happens, time advances automatically.
 */
export class Timeline {
  #now = 0;
  #waiting: Happening[] = [];
  #stirring = false;

  /** `choose`: which of `count` happenings comes next, from 0 on. */
  constructor(private readonly choose: ((count: number) => number) | null) {}

  get now(): number {
    return this.#now;
  }

  add(at: number, run: () => void, { owner = null, wakes = true, awaited = false }: Details = {}): Happening {
    const happening = { at: Math.max(at, this.#now), owner, wakes, awaited, run };
    if (this.choose === null && happening.at === this.#now) queueMicrotask(run);
    else this.#waiting.push(happening);
    if (this.choose === null && awaited) this.#stir();
    return happening;
  }

  cancel(happening: Happening): void {
    this.#waiting = this.#waiting.filter((other) => other !== happening);
  }

  /** Removes every happening that no code waits for. */
  forget(): void {
    this.#waiting = this.#waiting.filter(({ awaited }) => awaited);
  }

  /** Nothing of this owner happens before `at`. */
  hold(owner: unknown, at: number): void {
    for (const happening of this.#waiting) if (happening.owner === owner) happening.at = Math.max(happening.at, at);
  }

  /** Moves a live timeline to this instant, never back. */
  to(at: number): void {
    this.#now = Math.max(this.#now, at);
    const due = this.#waiting.filter((happening) => happening.at <= this.#now);
    this.#waiting = this.#waiting.filter((happening) => happening.at > this.#now);
    for (const { run } of due.toSorted((one, other) => one.at - other.at)) run();
  }

  /** After a turn of the event loop everything that could go on has gone on: then time moves to the next instant. */
  #stir(): void {
    if (this.#stirring) return;
    this.#stirring = true;
    setImmediate(() => {
      this.#stirring = false;
      if (!this.#waiting.some(({ awaited }) => awaited)) return;
      const next = Math.min(...this.#waiting.map(({ at }) => at));
      if (!Number.isFinite(next)) return;
      this.to(next);
      this.#stir();
    });
  }

  /**
   * Lets things happen until `done`, or until nothing is left. Between two of them every promise that can go on has
   * gone on: `setImmediate` runs only when no promise is ready, so the order depends on nothing but `choose`.
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
      if (at <= this.#now) ready += 1;
      else if (at < earliest) earliest = at;
    }
    if (ready === 0) {
      if (earliest === Number.POSITIVE_INFINITY) return null;
      this.#now = earliest;
      for (const { at } of list) if (at <= earliest) ready += 1;
    }
    let skip = ready === 1 ? 0 : (this.choose?.(ready) ?? 0);
    const index = list.findIndex(({ at }) => at <= this.#now && skip-- === 0);
    return list.splice(index, 1)[0] ?? null;
  }
}
