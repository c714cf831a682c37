/** The part of JMESPath that the documents use: members, indexes, lists, filters by one condition. Throws on others. */
interface Token {
  readonly rest: string;
  readonly apply: (value: unknown) => unknown;
}

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (Reflect.get(value, name) ?? null) : null;

const condition = (text: string): ((item: unknown) => boolean) => {
  const [, name = "", start] = /^starts_with\((\w+), '([^']*)'\)$/.exec(text) ?? [];
  if (start !== undefined) return (item) => String(member(item, name)).startsWith(start);
  const [, other = "", equal] = /^(\w+) ?== ?'([^']*)'$/.exec(text) ?? [];
  if (equal !== undefined) return (item) => member(item, other) === equal;
  throw new Error(`not a known condition: ${text}`);
};

const projection = (list: unknown, rest: string, keep: (item: unknown) => boolean): unknown =>
  Array.isArray(list)
    ? list
        .filter(keep)
        .map((item: unknown) => search(rest, item))
        .filter((item) => item !== null)
    : null;

const token = (query: string): Token => {
  const name = /^\.?([A-Za-z_]\w*)/.exec(query);
  if (name !== null) return { rest: query.slice(name[0].length), apply: (value) => member(value, name[1] ?? "") };
  const index = /^\[(\d+)\]/.exec(query);
  if (index === null) throw new Error(`not a known expression: ${query}`);
  const apply = (value: unknown) => (Array.isArray(value) ? (value[Number(index[1])] ?? null) : null);
  return { rest: query.slice(index[0].length), apply };
};

/** The answer to a query, as `az … --query` gives it; null where there is none. */
export const search = (query: string, value: unknown): unknown => {
  if (query === "") return value;
  const [first = "", ...others] = query.split(" | ");
  if (others.length > 0) return search(others.join(" | "), search(first, value));
  const filter = /^\[\?([^\]]+)\]/.exec(query);
  if (filter !== null) return projection(value, query.slice(filter[0].length), condition(filter[1] ?? ""));
  const all = /^\[\*?\]/.exec(query);
  if (all !== null) return projection(value, query.slice(all[0].length), () => true);
  const { rest, apply } = token(query);
  return search(rest, apply(value));
};
