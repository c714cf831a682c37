import type { StoredRow } from "./rows";

/** A text column holds 32,768 UTF-16 characters (64 KiB). */
const maxColumn = 32_000;

const column = (name: string, index: number): string => (index === 0 ? name : `${name}${index}`);

/**
 * JSON in ASCII, so that it can be cut into columns anywhere, even between the halves of a surrogate pair. Azurite also
 * garbles a character whose bytes arrive in two pieces.
 */
export const toAsciiJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The text in as many columns as it takes: `name`, `name1`, `name2`, … */
export const toColumns = (name: string, json: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from({ length: Math.ceil(json.length / maxColumn) }, (_, index) => [
      column(name, index),
      json.slice(index * maxColumn, (index + 1) * maxColumn),
    ]),
  );

export const joinColumns = (name: string, row: StoredRow): string => {
  let json = "";
  for (let index = 0; typeof row[column(name, index)] === "string"; index++) json += String(row[column(name, index)]);
  return json;
};

/** What the columns of this name hold; null where that is no JSON. The parser's message is never used: it quotes it. */
export const jsonIn = (name: string, row: StoredRow): unknown => {
  try {
    return JSON.parse(joinColumns(name, row));
  } catch {
    return null;
  }
};
