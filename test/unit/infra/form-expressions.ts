/** The part of the portal's expression language that createUiDefinition.json uses. Throws on any other. */
type Values = Readonly<Record<string, unknown>>;

const functions: Readonly<Record<string, (...given: readonly never[]) => unknown>> = {
  parse: (text: string) => JSON.parse(text),
  // The portal joins texts and numbers; a join of anything else would not give JSON.
  concat: (...texts: readonly (string | number)[]) => {
    if (texts.some((text) => typeof text !== "string" && typeof text !== "number")) throw new TypeError("not a text");
    return texts.join("");
  },
  string: (value: unknown) => JSON.stringify(value),
  empty: (value: unknown) => value === null || value === undefined || value === "",
  if: (condition: boolean, yes: unknown, no: unknown) => (condition ? yes : no),
  split: (text: string, mark: string) => text.split(mark),
};

const member = (value: unknown, name: string): unknown => {
  if (typeof value !== "object" || value === null || !(name in value)) throw new Error(`there is no member ${name}`);
  return Reflect.get(value, name);
};

class Expression {
  #at = 0;
  constructor(
    private readonly text: string,
    private readonly known: Values,
  ) {}

  all(scope: Values): unknown {
    const value = this.#value(scope);
    if (this.#at !== this.text.length) throw new Error(`not understood: ${this.text.slice(this.#at)}`);
    return value;
  }

  #take(pattern: RegExp): string | null {
    const found = new RegExp(pattern.source, "y");
    found.lastIndex = this.#at;
    const [match] = found.exec(this.text) ?? [null];
    if (match !== null) this.#at += match.length;
    return match;
  }

  #value(scope: Values): unknown {
    const quoted = this.#take(/'(?:[^']|'')*'/);
    if (quoted !== null) return quoted.slice(1, -1).replaceAll("''", "'");
    const name = this.#take(/[a-zA-Z]+/);
    if (name === null) throw new Error(`not understood: ${this.text.slice(this.#at)}`);
    let value = this.#take(/\(/) === null ? member(scope, name) : this.#call(name, scope);
    for (let dot = this.#take(/\.[a-zA-Z]+/); dot !== null; dot = this.#take(/\.[a-zA-Z]+/)) {
      value = member(value, dot.slice(1));
    }
    return value;
  }

  #call(name: string, scope: Values): unknown {
    if (name === "map") return this.#map(scope);
    const given: unknown[] = [];
    while (this.#take(/\)/) === null) {
      given.push(this.#value(scope));
      this.#take(/, /);
    }
    if (name === "steps") return member(this.known["steps"], String(given[0]));
    if (name in this.known) return this.known[name];
    const work = functions[name];
    if (work === undefined) throw new Error(`the portal has no function ${name}, or this test does not know it`);
    return Reflect.apply(work, null, given);
  }

  /** `map(list, (item) => …)`: the body is read again for each item. */
  #map(scope: Values): readonly unknown[] {
    const list = this.#value(scope);
    const item = /^, \((\w+)\) => $/.exec(this.#take(/, \(\w+\) => /) ?? "")?.[1];
    if (!Array.isArray(list) || item === undefined || list.length === 0) throw new Error("map needs a list and a body");
    const start = this.#at;
    const mapped = list.map((one: unknown) => {
      this.#at = start;
      return this.#value({ ...scope, [item]: one });
    });
    if (this.#take(/\)/) === null) throw new Error("map is not closed");
    return mapped;
  }
}

/** The value of `[…]`, given what the functions of the form return: `steps`, `location` and `subscription`. */
export const evaluate = (text: string, known: Values): unknown => {
  const [, inner] = /^\[(.*)\]$/s.exec(text) ?? [];
  if (inner === undefined) throw new Error(`not an expression: ${text}`);
  return new Expression(inner, known).all({});
};
