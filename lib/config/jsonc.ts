import { createScanner, type Node, type ParseError, parseTree } from "jsonc-parser";

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

/** The library's own conversion assigns members one by one: `__proto__` would replace the prototype. */
const valueOf = (node: Node, onDuplicate: (key: Node) => void): unknown => {
  const { type, value, children = [] } = node;
  if (type === "array") return children.map((child) => valueOf(child, onDuplicate));
  if (type !== "object") return value;
  const members = new Map<unknown, unknown>();
  for (const { children: [key, member] = [] } of children) {
    if (key === undefined || member === undefined) continue;
    if (members.has(key.value)) onDuplicate(key);
    members.set(key.value, valueOf(member, onDuplicate));
  }
  return Object.fromEntries(members);
};

/** Reads JSON in which comments and trailing commas are allowed. */
export const parseJsonc = (text: string): Parsed => {
  const deep = tooDeepOffset(text);
  if (deep !== null) return { problems: [`nests too deep: remove brackets at ${placeOf(text, deep)}`] };
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (root === undefined || first !== undefined) {
    return { problems: [`is not JSON: correct it at ${placeOf(text, first?.offset ?? 0)}`] };
  }
  const problems: string[] = [];
  const value = valueOf(root, ({ offset }) => {
    problems.push(`holds a key twice: remove the one at ${placeOf(text, offset)}, or the earlier one`);
  });
  return problems.length === 0 ? { value } : { problems };
};
