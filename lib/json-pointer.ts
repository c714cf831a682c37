import { withoutKeys } from "./redact";

/**
 * A path as a JSON pointer (RFC 6901). A member's name is the sender's text: it is cut to 100 characters, and a key in
 * it is removed.
 */
export const jsonPointer = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => withoutKeys(String(part)).slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1"))
    .map((part) => `/${part}`)
    .join("");
