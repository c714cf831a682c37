import { createHash } from "node:crypto";

const maxPart = 16;
const digestPart = 12;
const algorithms = ["sha256", "sha1", "md5", "sha512"] as const;

const partsOf = (text: string): readonly string[] =>
  text.length <= maxPart
    ? [text]
    : Array.from({ length: text.length - maxPart + 1 }, (_, index) => text.slice(index, index + maxPart));

const bothCases = (hex: string): readonly string[] => [hex, hex.toUpperCase()];

/** The encodings in which a key might appear. */
const formsOf = (key: string): readonly string[] => {
  const bytes = Buffer.from(key, "base64");
  return [key, bytes.toString("base64url"), ...bothCases(bytes.toString("hex"))];
};

/** Prefixes of hashes of a key, long enough to identify it. */
const digestsOf = (key: string): readonly string[] =>
  [key, Buffer.from(key, "base64")].flatMap((content) =>
    algorithms.flatMap((algorithm) => {
      const digest = createHash(algorithm).update(content).digest();
      return [...bothCases(digest.toString("hex")), digest.toString("base64"), digest.toString("base64url")].map(
        (text) => text.slice(0, digestPart),
      );
    }),
  );

/** The text with JSON and URL escapes decoded. */
const decoded = (text: string): string =>
  text
    .replaceAll("\\/", "/")
    .replaceAll(/\\+u002b|%2b/gi, "+")
    .replaceAll(/\\+u002f|%2f/gi, "/");

const words = /[A-Za-z0-9+/=_-]{12,}/g;

export type KeySearch = (text: string) => readonly string[];

/**
 * Searches text for keys and their hashes: any 16 consecutive characters in base64, base64url or hex.
 * Findings are named by number and form and never shown.
 */
export const searchFor = (keys: readonly string[]): KeySearch => {
  const needles = new Map<string, string>();
  for (const [index, key] of keys.entries()) {
    for (const part of formsOf(key).flatMap(partsOf)) needles.set(part, `a part of key ${index}`);
    for (const part of digestsOf(key)) needles.set(part, `a hash of key ${index}`);
  }
  const lengths = [...new Set([...needles.keys()].map(({ length }) => length))];
  const inWord = (word: string): readonly string[] =>
    lengths.flatMap((length) =>
      Array.from({ length: Math.max(0, word.length - length + 1) }, (_, at) =>
        needles.get(word.slice(at, at + length)),
      ).filter((found) => found !== undefined),
    );
  return (text) => [
    ...new Set([text, decoded(text)].flatMap((form) => [...form.matchAll(words)].flatMap(([word]) => inWord(word)))),
  ];
};
