/** One token of JSON after any white space: a mark, a string, or another scalar. */
const token =
  // oxlint-disable-next-line no-control-regex -- JSON forbids exactly these in strings
  /([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

const whiteSpace = /[ \t\n\r]*/y;

type Expected = "value" | "valueOrClose" | "key" | "keyOrClose" | "colon" | "commaOrClose" | "end";
type Bracket = "{" | "[";

const matchAt = (pattern: RegExp, text: string, offset: number): RegExpExecArray | null => {
  pattern.lastIndex = offset;
  return pattern.exec(text);
};

/** Follows the grammar of JSON token by token. Keeps its own stack, so that deep nesting cannot exhaust the real one. */
class Grammar {
  #expected: Expected = "value";
  readonly #open: Bracket[] = [];

  get isDone(): boolean {
    return this.#expected === "end";
  }

  /** False where no valid JSON goes on like this. */
  accept(mark: string | undefined, isString: boolean): boolean {
    const next = this.#next(mark, isString);
    if (next === null) return false;
    this.#expected = next;
    return true;
  }

  #next(mark: string | undefined, isString: boolean): Expected | null {
    const expected = this.#expected;
    const inside = this.#open.at(-1);
    if (expected === "colon") return mark === ":" ? "value" : null;
    if (mark === "}" || mark === "]") return this.#close(mark, inside);
    if (expected === "commaOrClose") return mark === "," ? (inside === "{" ? "key" : "value") : null;
    if (expected === "key" || expected === "keyOrClose") return isString ? "colon" : null;
    if (expected === "end") return null;
    if (mark === "{" || mark === "[") {
      this.#open.push(mark);
      return mark === "{" ? "keyOrClose" : "valueOrClose";
    }
    return mark === undefined ? this.#afterValue() : null;
  }

  #close(mark: "}" | "]", inside: Bracket | undefined): Expected | null {
    const closable: readonly Expected[] = ["commaOrClose", mark === "}" ? "keyOrClose" : "valueOrClose"];
    if (inside !== (mark === "}" ? "{" : "[") || !closable.includes(this.#expected)) return null;
    this.#open.pop();
    return this.#afterValue();
  }

  #afterValue(): Expected {
    return this.#open.length === 0 ? "end" : "commaOrClose";
  }
}

/** Where a text stops being JSON; its length where it ends too early; null where it is JSON. */
const errorOffset = (text: string): number | null => {
  const grammar = new Grammar();
  let offset = 0;
  for (;;) {
    offset += matchAt(whiteSpace, text, offset)?.[0].length ?? 0;
    if (offset === text.length && grammar.isDone) return null;
    const found = matchAt(token, text, offset);
    if (found === null || !grammar.accept(found[1], found[2] !== undefined)) return offset;
    offset += found[0].length;
  }
};

/** The place in words. The engine's own message would do, but for quoting the text, which may hold secrets, and often naming no place. */
const placeOf = (text: string, offset: number): string => {
  const lines = text.slice(0, offset).split("\n");
  return `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`;
};

/** The value of a JSON text, or where the text stops being JSON. */
export const parseJson = (text: string): { readonly value: unknown } | { readonly errorPlace: string } => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { errorPlace: placeOf(text, errorOffset(text) ?? text.length) };
  }
};
