import { ConfigError } from "../errors";

/** What is wrong with one setting, or one place in the configuration, and how to mend it. Never holds a value. */
export interface Problem {
  /** The setting's name; inside the configuration `ROTATION_ACCOUNTS` and a JSON pointer. */
  readonly at: string;
  readonly problem: string;
}

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

  throwIfAny(): void {
    if (this.#found.length > 0) throw new ConfigError(this.#found);
  }
}
