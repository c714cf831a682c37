import { createHmac } from "node:crypto";
import { second, send } from "./internals";
import type { Internals } from "./types";

export const hmac = (key: string, text: string): string =>
  createHmac("sha256", Buffer.from(key, "base64")).update(text, "utf8").digest("base64");

export interface Unsigned {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null without a body. */
  readonly bodyBytes: number | null;
}

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
];

const lengthOf = ({ method, bodyBytes }: Unsigned): string =>
  bodyBytes !== null && bodyBytes > 0 ? String(bodyBytes) : method.toUpperCase() === "POST" ? "0" : "";

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : 1);

/**
 * The headers that sign a request:
 * https://learn.microsoft.com/rest/api/batchservice/authenticate-requests-to-the-azure-batch-service
 */
export const signatureOf = (
  account: string,
  key: string,
  request: Unsigned,
  now: number,
): { readonly "ocp-date": string; readonly authorization: string } => {
  const date = new Date(now).toUTCString();
  const { pathname, searchParams } = new URL(request.url);
  const headers: Readonly<Record<string, string>> = { ...request.headers, "ocp-date": date };
  const lines = signedHeaders.map((name) =>
    name === "date" ? "" : (headers[name] ?? (name === "content-length" ? lengthOf(request) : "")),
  );
  const ocp = Object.entries(headers)
    .filter(([name]) => name.startsWith("ocp-"))
    .sort(byName);
  const text = [
    request.method.toUpperCase(),
    ...lines,
    ...ocp.map(([name, value]) => `${name}:${value}`),
    [`/${account}${pathname}`, ...[...searchParams].sort(byName).map(([name, value]) => `${name}:${value}`)].join("\n"),
  ].join("\n");
  return { "ocp-date": date, authorization: `SharedKey ${account}:${hmac(key, text)}` };
};

export type Proven = "accepted" | "refused" | "unknown";

/** Whether Batch refuses the key itself. */
export const isRefusal = (status: number): boolean => status === 401 || status === 403;

/** One signed, reading call: does Batch accept this key now? */
export const prove = async (internals: Internals, endpoint: string, account: string, key: string): Promise<Proven> => {
  const url = `${endpoint.replace(/\/+$/, "")}/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1`;
  const unsigned = { method: "GET", url, headers: {}, bodyBytes: null };
  const headers = signatureOf(account, key, unsigned, internals.now());
  try {
    const { status } = await send(internals, url, { headers }, 10 * second);
    return isRefusal(status) ? "refused" : status < 400 ? "accepted" : "unknown";
  } catch {
    return "unknown";
  }
};
