import { isObject } from "./wire";

/** An object of Batch as its REST API writes it. */
export type BatchObject = Readonly<Record<string, unknown>> & { readonly id: string; readonly state?: string };

/** What an account holds. Tasks by the id of their job. */
export interface BatchContent {
  readonly pools?: readonly BatchObject[];
  readonly jobs?: readonly BatchObject[];
  readonly jobSchedules?: readonly BatchObject[];
  readonly tasks?: Readonly<Record<string, readonly BatchObject[]>>;
}

export type ContentRoute = "batch.listPools" | "batch.listJobs" | "batch.listJobSchedules" | "batch.listTasks";

/** A list that a path names. */
export interface ContentList {
  readonly route: ContentRoute;
  /** As in `odata.metadata`. */
  readonly set: "pools" | "jobs" | "jobschedules" | "tasks";
  /** Whose tasks; null in any other list. */
  readonly job: string | null;
}

const lists: readonly (readonly [RegExp, ContentRoute, ContentList["set"]])[] = [
  [/^\/pools$/, "batch.listPools", "pools"],
  [/^\/jobs$/, "batch.listJobs", "jobs"],
  [/^\/jobschedules$/, "batch.listJobSchedules", "jobschedules"],
  [/^\/jobs\/([\w-]{1,64})\/tasks$/, "batch.listTasks", "tasks"],
];

/** Null for any other path. */
export const contentListOf = (path: string): ContentList | null => {
  for (const [pattern, route, set] of lists) {
    const match = pattern.exec(path);
    if (match !== null) return { route, set, job: match[1] ?? null };
  }
  return null;
};

/** What is refused, with the service's code and what it says about it. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Null where the job is not there. */
const objectsOf = (content: BatchContent, { set, job }: ContentList): readonly BatchObject[] | null => {
  if (set === "pools") return content.pools ?? [];
  if (set === "jobs") return content.jobs ?? [];
  if (set === "jobschedules") return content.jobSchedules ?? [];
  return (content.jobs ?? []).some(({ id }) => id === job) ? (content.tasks?.[job ?? ""] ?? []) : null;
};

const condition = /^\(?\s*state (eq|ne) '(\w+)'\s*\)?$/;

/** Conditions on the state that are joined by `or` or by `and`; null for a filter that is none. */
const filterOf = (filter: string | null): ((object: BatchObject) => boolean) | null => {
  if (filter === null) return () => true;
  const isAny = / or /.test(filter);
  const tests = filter.split(isAny ? " or " : " and ").map((part) => {
    const [, operator, state] = condition.exec(part.trim()) ?? [];
    return operator === undefined
      ? null
      : (object: BatchObject) => ((object.state ?? "active") === state) === (operator === "eq");
  });
  if (tests.includes(null)) return null;
  return (object) => (isAny ? tests.some((test) => test?.(object)) : tests.every((test) => test?.(object)));
};

const selected = (object: BatchObject, names: readonly string[] | null): unknown =>
  names === null
    ? object
    : Object.fromEntries(Object.entries({ state: "active", ...object }).filter(([name]) => names.includes(name)));

const maxPage = 1000;

/** The number of objects of one page; null where it is no number from 1 to 1,000. */
const pageSizeOf = (text: string | null): number | null => {
  const size = text === null ? maxPage : Number(text);
  return Number.isInteger(size) && size >= 1 && size <= maxPage ? size : null;
};

const refused = (parameter: string): Refused => ({
  status: 400,
  code: "InvalidQueryParameterValue",
  message: `The value specified for one of the query parameters (${parameter}) in the request URI is invalid`,
});

/** The body of one page. `url`: of the request; the link to the next page repeats its query. */
export const pageOf = (content: BatchContent, list: ContentList, url: URL): Refused | Record<string, unknown> => {
  const objects = objectsOf(content, list);
  if (objects === null) return { status: 404, code: "JobNotFound", message: "The specified job does not exist." };
  const query = url.searchParams;
  const filter = filterOf(query.get("$filter"));
  const size = pageSizeOf(query.get("maxresults"));
  if (filter === null) return refused("$filter");
  if (size === null) return refused("maxresults");
  const from = Number(query.get("$skiptoken") ?? 0);
  const found = objects.filter(filter);
  const names = query.get("$select")?.split(",") ?? null;
  const next = new URL(url);
  next.searchParams.set("$skiptoken", String(from + size));
  return {
    "odata.metadata": `https://${url.host}/$metadata#${list.set}`,
    value: found.slice(from, from + size).map((object) => selected(object, names)),
    ...(from + size < found.length ? { "odata.nextLink": next.href } : {}),
  };
};

export const isRefused = (answer: unknown): answer is Refused => isObject(answer) && typeof answer["code"] === "string";
