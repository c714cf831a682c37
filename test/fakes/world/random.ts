/** A seeded source of chance: the same seed draws the same numbers, on every machine (sfc32). */
export class Random {
  #a: number;
  #b: number;
  #c = 0x9e3779b9;
  #d = 1;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    for (let i = 0; i < 12; i += 1) this.#draw();
  }

  /** From 0, included, to 1, excluded. */
  next(): number {
    return this.#draw() / 2 ** 32;
  }

  /** A whole number from 0, included, to `below`, excluded. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }

  /** Null where the list is empty. */
  any<T>(list: readonly T[]): T | null {
    return list[this.below(list.length)] ?? null;
  }

  /** A text of the base64 alphabet. */
  base64(length: number): string {
    let text = "";
    while (text.length < length) {
      const bits = this.#draw();
      for (let shift = 0; shift < 30; shift += 6) text += alphabet[(bits >>> shift) & 63] ?? "";
    }
    return text.slice(0, length);
  }

  /** A text of hexadecimal digits. */
  hex(length: number): string {
    let text = "";
    while (text.length < length) text += this.#draw().toString(16).padStart(8, "0");
    return text.slice(0, length);
  }

  #draw(): number {
    const sum = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
