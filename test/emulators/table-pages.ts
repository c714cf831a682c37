import { type Answer, jsonAnswer } from "./wire";

/** A continuation token of this emulator: the query goes on where an empty page has interrupted it. */
const resumed = "after-an-empty-page";

/**
 * How many rows the table service puts on a page. The real service ends a page where it likes: at 1,000 rows, after
 * five seconds, at the border of a partition. Such a page may be empty and still have a continuation token.
 */
export class TablePages {
  /** Rows on a page at most; null: as many as the client asks for. */
  maxRows: number | null = null;
  /** An empty page with a continuation token precedes each page. */
  emptyFirst = false;
  /** The number of pages that were asked for. */
  asked = 0;
  readonly #interrupted: string[] = [];

  /** Back to the default. */
  reset(): void {
    this.maxRows = null;
    this.emptyFirst = false;
    this.asked = 0;
  }

  /** The query that gives the next page; or the empty page that precedes it. */
  next(target: string): { readonly target: string } | { readonly answer: Answer } {
    this.asked += 1;
    const { path, query } = split(target);
    const isResumed = query.get("NextPartitionKey") === resumed;
    const original = isResumed ? (this.#interrupted[Number(query.get("NextRowKey"))] ?? target) : target;
    if (this.emptyFirst && !isResumed) return { answer: this.#emptyPage(target) };
    if (this.maxRows === null) return { target: original };
    const { query: wanted } = isResumed ? split(original) : { query };
    wanted.set("$top", String(Math.min(this.maxRows, Number(wanted.get("$top") ?? 1000))));
    return { target: `${path}?${wanted.toString()}` };
  }

  #emptyPage(target: string): Answer {
    const place = this.#interrupted.push(target) - 1;
    const token = {
      "x-ms-continuation-NextPartitionKey": resumed,
      "x-ms-continuation-NextRowKey": String(place),
    };
    return jsonAnswer(200, { value: [] }, token, "application/json;odata=minimalmetadata");
  }
}

const split = (target: string): { readonly path: string; readonly query: URLSearchParams } => {
  const [path = "", query = ""] = target.split("?", 2);
  return { path, query: new URLSearchParams(query) };
};
