import type { HttpRequest } from "@azure/functions";
import { withoutKeys } from "../lib/outgoing/redact";

/** A person has a name; an app that signs in with a token of its own has only an id. */
const callerHeaders = ["x-ms-client-principal-name", "x-ms-client-principal-id"] as const;

/**
 * The caller of an order: the one whom the platform has signed in, else the holder of the function's key. The platform
 * sets these headers itself and strips a caller's own only where its sign-in is on, so they are believed only there.
 */
export const callerOf = (request: HttpRequest): string => signedInCaller(request) ?? "operator:function-key";

/** The same; null where the platform has signed no one in. */
export const signedInCaller = (request: HttpRequest): string | null => {
  if (process.env["WEBSITE_AUTH_ENABLED"]?.toLowerCase() !== "true") return null;
  const names = callerHeaders.map((header) => printable(request.headers.get(header) ?? ""));
  const name = names.find((found) => found !== "");
  return name === undefined ? null : `operator:${name}`;
};

/** A key is searched before the name is cut: a part of it would not be found. */
const printable = (name: string): string =>
  withoutKeys(name.replace(/[^\x20-\x7e]/g, ""))
    .trim()
    .slice(0, 100);
