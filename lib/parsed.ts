import type * as z from "zod";
import type { Problem } from "./errors";
import { withoutKeys } from "./outgoing/redact";

export type Parsed<T> =
  | { readonly kind: "valid"; readonly value: T }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] };

export const parsed = <T>(result: z.ZodSafeParseResult<T>): Parsed<T> =>
  result.success
    ? { kind: "valid", value: result.data }
    : { kind: "invalid", problems: result.error.issues.flatMap(problemsOf) };

const problemsOf = (issue: z.core.$ZodIssue): readonly Problem[] => {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      at: jsonPointer([...issue.path, key]),
      problem: "is not a member of this request: take it out",
    }));
  }
  const missing = issue.code === "invalid_type" && issue.path.length === 0;
  return [{ at: jsonPointer(issue.path), problem: missing ? "must be a JSON object" : issue.message }];
};

/**
 * A path as a JSON pointer (RFC 6901). A member's name is the sender's text: it is cut to 100 characters, and a key in
 * it is removed.
 */
export const jsonPointer = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => withoutKeys(String(part)).slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1"))
    .map((part) => `/${part}`)
    .join("");
