import { createHash } from "node:crypto";
import { inspect } from "node:util";
import type { World } from "../fakes/world/world";

/** A prefix of a key of this length must not appear anywhere. */
const maxHarmless = 11;

const algorithms = ["sha256", "sha1", "md5", "sha512"] as const;

/** Every text that reveals a key: its prefix, and the prefixes of its hashes in the usual encodings. */
const tracesOf = (value: string): readonly string[] => {
  const raw = Buffer.from(value, "base64");
  const hashes = algorithms.flatMap((name) =>
    [value, raw].flatMap((input) => {
      const digest = createHash(name).update(input).digest();
      return [digest.toString("hex"), digest.toString("base64"), digest.toString("base64url")];
    }),
  );
  return [value, raw.toString("hex"), raw.toString("base64url"), ...hashes].map((text) =>
    text.slice(0, maxHarmless + 1),
  );
};

/** Searches everything that leaves the app for every key that has existed. */
export class LeakSearch {
  readonly #traces = new Map<string, string>();
  #known = 0;

  constructor(private readonly world: World) {}

  /** Describes the first leak in the content; null where there is none. */
  find(what: string, content: unknown): string | null {
    this.#learn();
    const text =
      content instanceof Error ? inspect(content, { depth: 6 }) + JSON.stringify(content) : JSON.stringify(content);
    for (let at = 0; at + maxHarmless < text.length; at += 1) {
      const key = this.#traces.get(text.slice(at, at + maxHarmless + 1));
      if (key !== undefined) return `a ${what} gives ${key} away`;
    }
    return null;
  }

  #learn(): void {
    const { keys } = this.world.batch;
    if (keys.size === this.#known) return;
    this.#known = keys.size;
    for (const value of keys.keys()) {
      for (const trace of tracesOf(value)) this.#traces.set(trace, this.world.transcript.key(value));
    }
  }
}
