import { ConfigError, type Problem } from "../errors";

/** Gathers problems, so that all of them are reported at once. */
export class Problems {
  readonly #found: Problem[] = [];
  readonly #known = new Set<string>();

  add(at: string, problem: string): void {
    // The same place can be wrong in the same way twice, e.g. seen from two accounts that share a default.
    const text = `${at} ${problem}`;
    if (this.#known.has(text)) return;
    this.#known.add(text);
    this.#found.push({ at, problem });
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
