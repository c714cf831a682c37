/** A readable log of all effects, with short names for keys and version ids: no key may appear in test output. */
export class Transcript {
  /** Null where nothing is recorded. */
  lines: string[] | null;
  readonly #names = new Map<string, string>();

  constructor(
    recording: boolean,
    private readonly now: () => number,
  ) {
    this.lines = recording ? [] : null;
  }

  note(actor: string, text: () => string): void {
    this.lines?.push(`${shown(this.now())}  ${actor.padEnd(10)}  ${text()}`);
  }

  key(value: string): string {
    return this.#name("key-", value);
  }

  version(id: string): string {
    return this.#name("v", id);
  }

  #name(prefix: string, value: string): string {
    const known = this.#names.get(prefix + value);
    if (known !== undefined) return known;
    const name = `${prefix}${[...this.#names.values()].filter((other) => other.startsWith(prefix)).length + 1}`;
    this.#names.set(prefix + value, name);
    return name;
  }
}

const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");

const shown = (ms: number): string =>
  `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, "0")}`;
