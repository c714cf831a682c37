import { createScanner, visit } from "jsonc-parser";

/** The value of a text, or what is wrong with it: each problem names its place and its remedy, never a value. */
export type Parsed = { readonly value: unknown } | { readonly problems: readonly string[] };

/** The parser is recursive, so a limit protects its stack. No configuration needs a tenth of it. */
const maxDepth = 100;

const placeOf = (text: string, offset: number): string => {
  const lines = text.slice(0, offset).split("\n");
  return `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`;
};

/** The offset of the first bracket that nests too deep; null where there is none. */
const tooDeepOffset = (text: string): number | null => {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    // The first character distinguishes a bracket from a string or a comment that contains one.
    const mark = text[scanner.getTokenOffset()];
    if (mark === "{" || mark === "[") depth += 1;
    if (mark === "}" || mark === "]") depth -= 1;
    if (depth > maxDepth) return scanner.getTokenOffset();
  }
  return null;
};

/** An object or a list that is not complete yet. */
type Open = { readonly list: unknown[] } | { readonly members: Map<string, unknown>; key: string };

/** What the parser has visited so far, as values: a tree of a long text would take ten times as much memory. */
class Values {
  readonly duplicates: number[] = [];
  readonly #open: Open[] = [];
  /** The first is that of the text. */
  readonly #roots: unknown[] = [];

  get root(): unknown {
    return this.#roots[0];
  }

  get isEmpty(): boolean {
    return this.#roots.length === 0;
  }

  openList(): void {
    this.#open.push({ list: [] });
  }

  openObject(): void {
    this.#open.push({ members: new Map(), key: "" });
  }

  name(key: string, offset: number): void {
    const inner = this.#open.at(-1);
    if (inner === undefined || "list" in inner) return;
    if (inner.members.has(key)) this.duplicates.push(offset);
    inner.key = key;
  }

  add(value: unknown): void {
    const inner = this.#open.at(-1);
    if (inner === undefined) this.#roots.push(value);
    else if ("list" in inner) inner.list.push(value);
    else inner.members.set(inner.key, value);
  }

  /** Members are not assigned one by one, as `__proto__` would replace the prototype. */
  close(): void {
    const inner = this.#open.pop();
    if (inner !== undefined) this.add("list" in inner ? inner.list : Object.fromEntries(inner.members));
  }
}

/** A part of a text keeps all of it in memory for as long as the part is used; this one does not. */
const ownCopy = (value: unknown): unknown => (typeof value === "string" ? JSON.parse(JSON.stringify(value)) : value);

/** Reads JSON in which comments and trailing commas are allowed. */
export const parseJsonc = (text: string): Parsed => {
  const deep = tooDeepOffset(text);
  if (deep !== null) return { problems: [`nests too deep: remove brackets at ${placeOf(text, deep)}`] };
  const values = new Values();
  const errors: number[] = [];
  const visitor = {
    onObjectBegin: () => values.openObject(),
    onObjectProperty: (name: string, offset: number) => values.name(name, offset),
    onObjectEnd: () => values.close(),
    onArrayBegin: () => values.openList(),
    onArrayEnd: () => values.close(),
    onLiteralValue: (value: unknown) => values.add(ownCopy(value)),
    onError: (_error: unknown, offset: number) => void errors.push(offset),
  };
  visit(text, visitor, { allowTrailingComma: true });
  const [first = 0] = errors;
  if (values.isEmpty || errors.length > 0) return { problems: [`is not JSON: correct it at ${placeOf(text, first)}`] };
  const problems = values.duplicates.map(
    (offset) => `holds a key twice: remove the one at ${placeOf(text, offset)}, or the earlier one`,
  );
  return problems.length === 0 ? { value: values.root } : { problems };
};
