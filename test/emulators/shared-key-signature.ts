import { createHmac, timingSafeEqual } from "node:crypto";
import { headerOf, type WireRequest } from "./wire";

/** The headers whose values are signed, in order. */
const signedHeaders = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
] as const;

/**
 * The text that a Batch client signs (REST reference, "Authenticate requests to the Azure Batch service"):
 * verb, headers, `ocp-*` headers, and the account with path and query. An absent header is an empty line.
 */
export const stringToSign = (account: string, request: WireRequest): string => {
  const hasOcpDate = headerOf(request, "ocp-date") !== null;
  const lines = signedHeaders.map((name) => (name === "date" && hasOcpDate ? "" : (headerOf(request, name) ?? "")));
  const ocp = Object.keys(request.headers)
    .filter((name) => name.startsWith("ocp-"))
    .toSorted()
    .map((name) => `${name}:${headerOf(request, name) ?? ""}`);
  const query = [...request.query]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`);
  return [request.method, ...lines, ...ocp, `/${account}${request.path}${query.join("")}`].join("\n");
};

export const isSignedWith = (key: string, text: string, signature: string): boolean => {
  const expected = createHmac("sha256", Buffer.from(key, "base64")).update(text, "utf8").digest();
  const given = Buffer.from(signature, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
};
