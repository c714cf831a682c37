import { ConfigError, type Problem } from "../errors";

/** Gathers problems, so that all of them are reported at once. */
export class Problems {
  readonly #found: Problem[] = [];

  add(at: string, problem: string): void {
    // The same place can be wrong in the same way twice, e.g. seen from two accounts that share a default.
    if (!this.#found.some((known) => known.at === at && known.problem === problem)) this.#found.push({ at, problem });
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  get all(): readonly Problem[] {
    return this.#found;
  }

  throwIfAny(): void {
    if (this.#found.length > 0) throw new ConfigError(this.#found);
  }
}
