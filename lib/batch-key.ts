import { createHmac, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

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
