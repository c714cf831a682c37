import { readText } from "../../outgoing/read-text";
import { jsonOf } from "../sdk/json-answer";
import { malformedAnswer } from "../sdk/failures/service-errors";

/** One list of the data plane. */
export interface List {
  /** What it is a list of. */
  readonly kind: "pool" | "job" | "job schedule" | "task";
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

interface Item {
  readonly id: string;
  readonly state?: unknown;
}

export interface Page {
  readonly value: readonly Item[];
  readonly nextLink: string | null;
}

const maxPageBytes = 16 * 1024 * 1024;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isItem = (value: unknown): value is Item => isObject(value) && typeof value["id"] === "string";

export const readPage = async (response: Response, operation: string): Promise<Page | "tooLarge"> => {
  const text = await readText(response, maxPageBytes);
  if (text === null) return "tooLarge";
  const body = jsonOf(text);
  const value = isObject(body) ? body["value"] : null;
  const link = isObject(body) ? (body["odata.nextLink"] ?? null) : null;
  const good = Array.isArray(value) && value.every(isItem) && (link === null || typeof link === "string");
  if (!good) throw malformedAnswer(operation);
  return { value, nextLink: link };
};

/**
 * The address of the page that follows; null where there is none. It will be signed with a key, so it must be the same
 * list of the same host.
 */
export const nextPage = ({ nextLink }: Page, url: URL, operation: string): URL | null => {
  if (nextLink === null) return null;
  if (!URL.canParse(nextLink)) throw malformedAnswer(operation);
  const next = new URL(nextLink);
  const same = next.origin === url.origin && next.pathname === url.pathname && next.username === "";
  if (!same) throw malformedAnswer(operation);
  return next;
};
