import { createHmac, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

/** A text in which each letter of base64 stands as it is, however it was written for a URL, in JSON or in HTML. */
export const plainBase64 = (text: string): string =>
  text
    .replaceAll(/%(?:25)*2b|\\+u002b|&#(?:43|x2b);|-/gi, "+")
    .replaceAll(/%(?:25)*2f|\\+u002f|\\+\/|&#(?:47|x2f);|_/gi, "/");

/** A text that has this many letters of a key in common with it shows a part of the key. */
const partLength = 12;

/**
 * One shared key of a Batch account, in memory. It shows itself nowhere: printing, JSON and inspection yield `[batch
 * key]`, so a key that ends up in a log call by mistake is not logged.
 */
export class BatchKey {
  readonly #value: string;

  /** `value`: the key as Batch returns it (base64 of 64 bytes). */
  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the two places that need it: the vault's adapter and the test of a proof. */
  reveal(): string {
    return this.#value;
  }

  /** Compares in constant time. */
  equals(other: BatchKey): boolean {
    const [mine, theirs] = [Buffer.from(this.#value, "utf8"), Buffer.from(other.#value, "utf8")];
    return mine.length === theirs.length && timingSafeEqual(mine, theirs);
  }

  /** HMAC-SHA256 of `message` in UTF-8, keyed with the decoded key. */
  sign(message: string): Buffer {
    return createHmac("sha256", Buffer.from(this.#value, "base64")).update(message, "utf8").digest();
  }

  /** Whether a text of `plainBase64` holds this key. */
  isIn(plain: string): boolean {
    return plain.includes(this.#letters);
  }

  /** Whether it holds a part of this key. */
  hasPartIn(plain: string): boolean {
    const letters = this.#letters;
    for (let at = 0; at + partLength <= letters.length; at += 1)
      if (plain.includes(letters.slice(at, at + partLength))) return true;
    return false;
  }

  /** Without the padding, which many encodings leave out. */
  get #letters(): string {
    return this.#value.replace(/=+$/, "");
  }

  toString(): string {
    return "[batch key]";
  }

  toJSON(): string {
    return "[batch key]";
  }

  [inspect.custom](): string {
    return "[batch key]";
  }
}
