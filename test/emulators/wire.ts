import type { IncomingHttpHeaders } from "node:http";
import type { Route } from "./routes";

/** A complete request to an emulator, with the query decoded (SDKs send `api%2Dversion`). */
export interface WireRequest {
  readonly method: string;
  /** Path as sent, still percent-encoded. */
  readonly path: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

/** The operation of a request. `apply` has the effect and returns the answer; faults decide if and when it runs. */
export interface Call {
  readonly route: Route;
  /** The account, secret or table of the request. */
  readonly subject: string | null;
  apply(): Answer | Promise<Answer>;
}

export interface WireService {
  receive(request: WireRequest): Call;
  /** A refusal in the service's form, also for status faults. */
  refuse(status: number, code: string, message: string): Answer;
}

/** Thrown by `apply` if the service cannot be reached: the connection ends without an answer. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
}

export const jsonAnswer = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  contentType = "application/json; charset=utf-8",
): Answer => ({
  status,
  headers: { "content-type": contentType, ...headers },
  body: Buffer.from(JSON.stringify(value), "utf8"),
});

export const withHeaders = (answer: Answer, headers: Readonly<Record<string, string>>): Answer => ({
  ...answer,
  headers: { ...headers, ...answer.headers },
});

export const headerOf = (request: WireRequest, name: string): string | null => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? null);
};

/** The body as a JSON object; null if it is missing or anything else. */
export const jsonObjectOf = (request: WireRequest): Readonly<Record<string, unknown>> | null =>
  jsonObjectIn(request.body);

export const jsonObjectIn = (body: Buffer): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
};

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The answer for an unknown route: an error, because the emulator lacks something that the code under test needs. */
export const unknownRoute = (service: WireService, route: Route, request: WireRequest): Call => ({
  route,
  subject: null,
  apply: () =>
    service.refuse(501, "EmulatorRouteUnknown", `the emulator has no route for ${request.method} ${request.path}`),
});
