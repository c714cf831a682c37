import type * as z from "zod";
import { withoutKeys } from "./redact";

export interface Problem {
  /** JSON pointer into the body, or the name of a header, query parameter or setting. */
  readonly at: string;
  readonly problem: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export const parsed = <T>(result: z.ZodSafeParseResult<T>): Parsed<T> =>
  result.success ? { ok: true, value: result.data } : { ok: false, problems: result.error.issues.flatMap(problemsOf) };

const problemsOf = (issue: z.core.$ZodIssue): readonly Problem[] => {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      at: pointer([...issue.path, key]),
      problem: "is not a member of this request: take it out",
    }));
  }
  const missing = issue.code === "invalid_type" && issue.path.length === 0;
  return [{ at: pointer(issue.path), problem: missing ? "must be a JSON object" : issue.message }];
};

/** RFC 6901. A member's name is the sender's text, so it is cut short, and a key in it is not repeated. */
const pointer = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => withoutKeys(String(part)).slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1"))
    .map((part) => `/${part}`)
    .join("");
