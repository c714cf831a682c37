/**
 * Runs the queries of infra/queries, and that of the app itself, over lines of a log. It supports only the operators
 * that they use and rejects all others, so that no query passes without being evaluated.
 */

export type Row = Readonly<Record<string, unknown>>;
export type Tables = Readonly<Record<string, readonly Row[]>>;

type Token = { readonly kind: "name" | "number" | "text" | "span" | "mark"; readonly text: string };

const patterns: readonly (readonly [Token["kind"] | null, RegExp])[] = [
  [null, /^(?:\s+|\/\/[^\n]*)/],
  ["text", /^"[^"]*"/],
  ["span", /^\d+(?:\.\d+)?(?:d|h|m|s)\b/],
  ["number", /^\d+(?:\.\d+)?/],
  ["name", /^(?:!startswith|!in~|[A-Za-z_]\w*~?)/],
  ["mark", /^(?:==|!=|=~|>=|<=|[|(),=<>.[\];*/+-])/],
];

const tokensOf = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  let rest = text;
  while (rest !== "") {
    const found = patterns
      .map(([kind, pattern]) => ({ kind, match: pattern.exec(rest)?.[0] }))
      .find(({ match }) => match);
    if (found?.match === undefined) throw new Error(`unsupported KQL: ${rest.slice(0, 40)}`);
    if (found.kind !== null) tokens.push({ kind: found.kind, text: found.match });
    rest = rest.slice(found.match.length);
  }
  return tokens;
};

type Value = unknown;
type Expression = (row: Row) => Value;
/** Computed from all rows of a group; `names` are the resulting columns. */
type Aggregate = (rows: readonly Row[], name: string | null) => Row;

const seconds: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

const asText = (value: Value): string => {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : value instanceof Date ? value.toISOString() : JSON.stringify(value);
};
const asNumber = (value: Value): number | null => {
  if (value === null || value === undefined || value === "") return null;
  const number = value instanceof Date ? value.getTime() / 1000 : Number(value);
  return Number.isNaN(number) ? null : number;
};
const asDate = (value: Value): Date | null => {
  if (value instanceof Date) return value;
  const date = new Date(asText(value));
  return Number.isNaN(date.getTime()) ? null : date;
};
const words = (text: Value): ReadonlySet<string> =>
  new Set(
    asText(text)
      .toLowerCase()
      .split(/[^a-z0-9]+/),
  );
const equal = (one: Value, other: Value): boolean =>
  typeof one === "number" || typeof other === "number" || one instanceof Date
    ? asNumber(one) === asNumber(other)
    : asText(one) === asText(other);
const compare = (one: Value, other: Value): number => {
  const [a, b] = [one, other].map((value) => (value instanceof Date ? value.getTime() : value));
  return typeof a === "number" && typeof b === "number"
    ? a - b
    : asText(a) < asText(b)
      ? -1
      : asText(a) > asText(b)
        ? 1
        : 0;
};

const functions: Readonly<Record<string, (...values: readonly Value[]) => Value>> = {
  parse_json: (text) => JSON.parse(asText(text)),
  tostring: asText,
  tolower: (text) => asText(text).toLowerCase(),
  substring: (text, from, length) => asText(text).slice(Number(from), Number(from) + Number(length)),
  /** Of texts, the first that is not empty. */
  coalesce: (...values) => values.find((value) => asText(value) !== "") ?? "",
  toint: (value) => (typeof value === "boolean" ? Number(value) : asNumber(value)),
  tolong: (value) => asNumber(value),
  todouble: (value) => asNumber(value),
  tobool: (value) => (value === null || value === undefined ? null : asText(value) === "true"),
  todatetime: asDate,
  isnotempty: (value) => asText(value) !== "",
  isnotnull: (value) => value !== null && value !== undefined,
  startofmonth: (value) => {
    const date = asDate(value);
    return date === null ? null : new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth()));
  },
  round: (value, digits) => {
    const number = asNumber(value);
    return number === null ? null : Number(number.toFixed(Number(digits)));
  },
  split: (text, separator) => asText(text).split(asText(separator)),
  dynamic: (value) => value,
};

const calculate = (mark: string, one: Value, other: Value): Value => {
  const [a, b] = [asNumber(one), asNumber(other)];
  if (a === null || b === null) return null;
  return mark === "-" ? a - b : a / b;
};

const membership: Readonly<Record<string, (one: Value, many: readonly Value[]) => boolean>> = {
  in: (one, many) => many.some((other) => equal(one, other)),
  "in~": (one, many) => many.some((other) => asText(one).toLowerCase() === asText(other).toLowerCase()),
  "!in~": (one, many) => !many.some((other) => asText(one).toLowerCase() === asText(other).toLowerCase()),
  has_any: (one, many) => many.some((other) => words(one).has(asText(other).toLowerCase())),
};

const comparisons: Readonly<Record<string, (one: Value, other: Value) => boolean>> = {
  "==": equal,
  "!=": (one, other) => !equal(one, other),
  "=~": (one, other) => asText(one).toLowerCase() === asText(other).toLowerCase(),
  has: (one, other) => words(one).has(asText(other).toLowerCase()),
  startswith: (one, other) => asText(one).toLowerCase().startsWith(asText(other).toLowerCase()),
  "!startswith": (one, other) => !asText(one).toLowerCase().startsWith(asText(other).toLowerCase()),
};

class Parser {
  #at = 0;
  readonly #lets = new Map<string, Value>();

  constructor(
    private readonly tokens: readonly Token[],
    private readonly tables: Tables,
  ) {}

  run(): readonly Row[] {
    while (this.#take("let")) {
      const name = this.#name();
      this.#expect("=");
      this.#lets.set(name, this.#expression()({}));
      this.#expect(";");
    }
    const rows = this.#pipeline();
    if (this.#at < this.tokens.length) throw this.#unknown();
    return rows;
  }

  #pipeline(): readonly Row[] {
    let rows = this.#source();
    while (this.#take("|")) rows = this.#operator(rows);
    return rows;
  }

  #source(): readonly Row[] {
    const name = this.#name();
    if (name === "union") return this.#list(() => this.#inBrackets(() => this.#pipeline())).flat();
    const rows = this.tables[name];
    if (rows === undefined) throw new Error(`KQL: there is no table ${name}`);
    return rows;
  }

  #operator(rows: readonly Row[]): readonly Row[] {
    const name = this.#name();
    switch (name) {
      case "where": {
        const is = this.#expression();
        return rows.filter((row) => is(row) === true);
      }
      case "extend": {
        const columns = this.#columns();
        return rows.map((row) => columns.reduce((known, [column, value]) => ({ ...known, [column]: value(row) }), row));
      }
      case "project": {
        const columns = this.#columns();
        return rows.map((row) => Object.fromEntries(columns.map(([column, value]) => [column, value(row)])));
      }
      case "distinct": {
        const columns = this.#columns();
        const seen = rows.map((row) => Object.fromEntries(columns.map(([column, value]) => [column, value(row)])));
        return [...new Map(seen.map((row) => [JSON.stringify(row), row])).values()];
      }
      case "summarize":
        return this.#summarize(rows);
      case "order":
        return this.#order(rows);
      case "take": {
        const count = this.#expression()({});
        return rows.slice(0, Number(count));
      }
      default:
        throw this.#unknown();
    }
  }

  #summarize(rows: readonly Row[]): readonly Row[] {
    const aggregates = this.#list(() => this.#aggregate());
    const by = this.#take("by") ? this.#columns() : [];
    const groups = new Map<string, { readonly keys: Row; readonly rows: Row[] }>();
    for (const row of rows) {
      const keys = Object.fromEntries(by.map(([column, value]) => [column, value(row)]));
      const group = groups.get(JSON.stringify(keys)) ?? { keys, rows: [] };
      group.rows.push(row);
      groups.set(JSON.stringify(keys), group);
    }
    // Without "by" there is one group, even without rows.
    if (by.length === 0 && groups.size === 0) groups.set("", { keys: {}, rows: [] });
    return [...groups.values()].map((group) => ({
      ...group.keys,
      ...Object.assign({}, ...aggregates.map((aggregate) => aggregate(group.rows))),
    }));
  }

  #aggregate(): (rows: readonly Row[]) => Row {
    const name = this.#next()?.text === "=" ? this.#name() : null;
    if (name !== null) this.#expect("=");
    const aggregate = this.#named(this.#name());
    return (rows) => aggregate(rows, name);
  }

  #named(called: string): Aggregate {
    this.#expect("(");
    switch (called) {
      case "count":
        this.#expect(")");
        return (rows, name) => ({ [name ?? "count_"]: rows.length });
      case "min": {
        const value = this.#expression();
        this.#expect(")");
        return (rows, name) => ({ [name ?? "min_"]: rows.map(value).toSorted(compare)[0] ?? null });
      }
      case "minif": {
        const value = this.#expression();
        this.#expect(",");
        const is = this.#expression();
        this.#expect(")");
        return (rows, name) => ({
          [name ?? "minif_"]:
            rows
              .filter((row) => is(row) === true)
              .map(value)
              .toSorted(compare)[0] ?? null,
        });
      }
      case "arg_max":
      case "arg_min": {
        const columns = this.#columns();
        this.#expect(")");
        const [first] = columns;
        if (first === undefined) throw this.#unknown();
        const sign = called === "arg_max" ? -1 : 1;
        return (rows) => {
          const [row = {}] = rows.toSorted((one, other) => sign * compare(first[1](one), first[1](other)));
          return Object.fromEntries(columns.map(([column, value]) => [column, value(row)]));
        };
      }
      default:
        throw new Error(`unsupported KQL aggregate: ${called}`);
    }
  }

  #order(rows: readonly Row[]): readonly Row[] {
    this.#expect("by");
    const keys = this.#list(() => [this.#expression(), this.#take("asc") ? 1 : this.#take("desc") ? -1 : -1] as const);
    return rows.toSorted(
      (one, other) =>
        keys.map(([value, sign]) => sign * compare(value(one), value(other))).find((order) => order !== 0) ?? 0,
    );
  }

  #columns(): readonly (readonly [string, Expression])[] {
    return this.#list(() => {
      const token = this.tokens[this.#at];
      const named = this.#next()?.text === "=";
      if (named) {
        this.#at += 2;
        return [token?.text ?? "", this.#expression()] as const;
      }
      return [token?.text ?? "", this.#expression()] as const;
    });
  }

  #expression(): Expression {
    let left = this.#and();
    while (this.#take("or")) {
      const [one, other] = [left, this.#and()];
      left = (row) => one(row) === true || other(row) === true;
    }
    return left;
  }

  #and(): Expression {
    let left = this.#comparison();
    while (this.#take("and")) {
      const [one, other] = [left, this.#comparison()];
      left = (row) => one(row) === true && other(row) === true;
    }
    return left;
  }

  #comparison(): Expression {
    const left = this.#sum();
    const mark = this.tokens[this.#at]?.text ?? "";
    const among = membership[mark];
    if (among !== undefined) {
      this.#at += 1;
      const many = this.#inBrackets(() => this.#list(() => this.#expression()));
      return (row) =>
        among(
          left(row),
          many.flatMap((value) => value(row)),
        );
    }
    const compared = comparisons[mark];
    if (compared === undefined) return left;
    this.#at += 1;
    const right = this.#sum();
    return (row) => compared(left(row), right(row));
  }

  #sum(): Expression {
    let left = this.#member();
    for (;;) {
      const mark = this.tokens[this.#at]?.text;
      if (mark !== "-" && mark !== "/") return left;
      this.#at += 1;
      const [one, other] = [left, this.#member()];
      left = (row) => calculate(mark, one(row), other(row));
    }
  }

  #member(): Expression {
    let value = this.#atom();
    for (;;) {
      if (this.#take(".")) {
        const [inner, name] = [value, this.#name()];
        value = (row) => memberOf(inner(row), name);
      } else if (this.#take("[")) {
        const [inner, index] = [value, this.#expression()];
        this.#expect("]");
        value = (row) => memberOf(inner(row), asText(index(row)));
      } else return value;
    }
  }

  #atom(): Expression {
    const token = this.tokens[this.#at];
    if (token === undefined) throw this.#unknown();
    if (token.text === "(") return this.#inBrackets(() => this.#expression());
    if (this.#take("[")) {
      const many = this.#list(() => this.#expression());
      this.#expect("]");
      return (row) => many.map((value) => value(row));
    }
    this.#at += 1;
    if (token.kind === "text") return () => token.text.slice(1, -1);
    if (token.kind === "number") return () => Number(token.text);
    if (token.kind === "span")
      return () => Number.parseFloat(token.text) * (seconds[token.text.at(-1) ?? ""] ?? Number.NaN);
    if (token.kind !== "name") throw this.#unknown();
    if (token.text === "true" || token.text === "false") return () => token.text === "true";
    if (this.tokens[this.#at]?.text === "(") return this.#call(token.text);
    const known = this.#lets.get(token.text);
    if (known !== undefined) return () => known;
    return (row) => {
      if (!(token.text in row)) throw new Error(`KQL: there is no column ${token.text}`);
      return row[token.text];
    };
  }

  #call(name: string): Expression {
    const called = functions[name];
    if (called === undefined) throw new Error(`unsupported KQL function: ${name}`);
    const values = this.#inBrackets(() => this.#list(() => this.#expression()));
    return (row) => called(...values.map((value) => value(row)));
  }

  #list<T>(one: () => T): readonly T[] {
    const found = [one()];
    while (this.#take(",")) found.push(one());
    return found;
  }

  #inBrackets<T>(inner: () => T): T {
    this.#expect("(");
    const found = inner();
    this.#expect(")");
    return found;
  }

  #name(): string {
    const token = this.tokens[this.#at];
    if (token?.kind !== "name") throw this.#unknown();
    this.#at += 1;
    return token.text;
  }

  #next(): Token | undefined {
    return this.tokens[this.#at + 1];
  }

  #take(text: string): boolean {
    if (this.tokens[this.#at]?.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw new Error(`KQL: expected ${text} before ${this.#rest()}`);
  }

  #unknown(): Error {
    return new Error(`unsupported KQL: ${this.#rest()}`);
  }

  #rest(): string {
    return this.tokens
      .slice(this.#at, this.#at + 8)
      .map(({ text }) => text)
      .join(" ");
  }
}

const memberOf = (value: Value, name: string): Value =>
  typeof value === "object" && value !== null ? (Reflect.get(value, name) ?? null) : null;

export const runKql = (query: string, tables: Tables): readonly Row[] => new Parser(tokensOf(query), tables).run();

/** The table that the platform makes of a log. */
export const tracesOf = (lines: readonly object[], at: (index: number) => Date): readonly Row[] =>
  lines.map((line, index) => ({ TimeGenerated: at(index), Message: JSON.stringify(line) }));
