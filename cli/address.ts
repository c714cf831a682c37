import { usageError } from "./exit-codes";

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** The base of all routes, without a slash at its end. A key is not sent in clear text to another machine. */
export const apiAddress = (given: string | undefined, env: Readonly<Record<string, string | undefined>>): string => {
  const text = given ?? env["ROTATOR_URL"] ?? "";
  if (text === "") throw usageError("which rotator? set ROTATOR_URL or --url to the address of the app");
  if (!URL.canParse(text)) throw usageError("--url or ROTATOR_URL is not an address such as https://app.example.net");
  const url = new URL(text);
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && loopback.has(url.hostname));
  if (!isSafe) throw usageError("--url or ROTATOR_URL must begin with https://, so that no key is sent in clear text");
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw usageError("--url or ROTATOR_URL must be the plain address: keys are read from ROTATOR_KEY");
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path.endsWith("/api") ? path : `${path}/api`}`;
};
