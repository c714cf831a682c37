import type { Stream } from "./surroundings";

const hidden = "[key]";
/** Shorter ones are no keys, and would hide parts of words. */
const shortest = 8;

/** Keys and tokens of this run: none of them is ever written, whatever answer or error repeats it. */
export class Secrets {
  readonly #known = new Set<string>();

  add(secret: string): string {
    if (secret.length >= shortest) this.#known.add(secret);
    return secret;
  }

  without(text: string): string {
    let clean = text;
    for (const secret of this.#known) {
      clean = clean.replaceAll(secret, hidden).replaceAll(encodeURIComponent(secret), hidden);
    }
    return clean;
  }

  /** The same stream, which hides them. */
  guard(stream: Stream): Stream {
    return {
      isTerminal: stream.isTerminal,
      columns: stream.columns,
      write: (text) => stream.write(this.without(text)),
    };
  }
}
