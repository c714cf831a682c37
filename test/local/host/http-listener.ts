import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { HttpData, InvocationResponse, RegisteredFunction, TypedData } from "./core-module";
import { type FunctionKeys, isAuthorized } from "./function-keys";
import { type HostLog, errorText } from "./host-log";
import type { Invoker } from "./invocation";
import { matchRoute, type Route } from "./routes";

export interface HttpFunction {
  readonly registered: RegisteredFunction;
  readonly authLevel: string;
}

export interface ListenerOptions {
  readonly routes: readonly Route[];
  readonly httpFunctions: ReadonlyMap<string, HttpFunction>;
  /** Starts a timer function manually; null if there is no such function. */
  /** `input`: what a queue function gets as its message; a timer gets none. */
  readonly fireManually: (name: string, input: string) => (() => Promise<void>) | null;
  readonly keys: FunctionKeys;
  readonly invoker: Invoker;
  readonly log: HostLog;
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const nullable = (entries: Iterable<readonly [string, string]>): Record<string, { value: string }> =>
  Object.fromEntries([...entries].map(([name, value]) => [name, { value }]));

/** Repeated query parameters are joined by commas, as in the real host. */
const queryOf = (url: URL): [string, string][] =>
  [...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name).join(",")]);

const headersOf = (request: IncomingMessage): [string, string][] =>
  Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(", ")]);

const toHttpData = (
  request: IncomingMessage,
  url: URL,
  parameters: Readonly<Record<string, string>>,
  body: Buffer,
): HttpData => ({
  method: request.method ?? "GET",
  url: url.href,
  nullableHeaders: nullable(headersOf(request)),
  nullableQuery: nullable(queryOf(url)),
  nullableParams: nullable(Object.entries(parameters)),
  body: body.length > 0 ? { bytes: body } : null,
});

/** Compares by form, not by class: the data comes from another copy of the library. */
const toBytes = (data: TypedData | null | undefined): Uint8Array => {
  const bytes = data?.bytes ?? data?.stream;
  if (bytes) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scalar = data?.string ?? data?.json ?? data?.int ?? data?.double;
  return Buffer.from(scalar === undefined || scalar === null ? "" : String(scalar), "utf8");
};

/** An HTTP function that returns nothing answers 204. */
const send = (response: ServerResponse, { returnValue }: InvocationResponse, withBody: boolean): void => {
  const http = returnValue?.http;
  if (!http) {
    response.writeHead(204).end();
    return;
  }
  if ((http.cookies ?? []).length > 0) throw new Error("this host does not support cookies");
  const body = toBytes(http.body);
  for (const [name, value] of Object.entries(http.headers ?? {})) response.setHeader(name, value);
  const status = Number(http.statusCode ?? 200);
  response.statusCode = status;
  if (![204, 205, 304].includes(status)) response.setHeader("content-length", body.byteLength);
  response.end(withBody ? body : undefined);
};

const end = (response: ServerResponse, status: number, text = ""): void => {
  response.writeHead(status, { "content-length": Buffer.byteLength(text) }).end(text);
};

/** `{ "input": "…" }`, as the real host wants it. */
const inputIn = (body: Buffer): string => {
  try {
    const { input }: { readonly input?: unknown } = JSON.parse(body.toString("utf8"));
    return typeof input === "string" ? input : "";
  } catch {
    return "";
  }
};

export const createListener = (options: ListenerOptions): Server => {
  const { routes, httpFunctions, fireManually, keys, invoker, log } = options;

  const admin = (
    response: ServerResponse,
    method: string,
    pathname: string,
    key: string | null,
    body: Buffer,
  ): void => {
    const name = /^\/admin\/functions\/([^/]+)$/.exec(pathname)?.[1];
    const fire = name === undefined || method !== "POST" ? null : fireManually(decodeURIComponent(name), inputIn(body));
    if (!isAuthorized(keys, "admin", "", key)) {
      end(response, 401);
    } else if (fire === null) {
      end(response, 404);
    } else {
      // May overlap a scheduled run, as in the real host: only scheduled runs never overlap.
      void fire();
      end(response, 202);
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? "GET";
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
    const body = await readBody(request);
    const key = request.headersDistinct["x-functions-key"]?.[0] ?? url.searchParams.get("code");
    if (/^\/admin(\/|$)/.test(url.pathname)) {
      admin(response, method, url.pathname, key, body);
      return;
    }
    const match = matchRoute(routes, method, url.pathname);
    const target = match === null ? undefined : httpFunctions.get(match.route.functionName);
    if (match === null || target === undefined) {
      end(response, 404);
    } else if (!isAuthorized(keys, target.authLevel, match.route.functionName, key)) {
      end(response, 401);
    } else {
      const result = await invoker.invoke(target.registered, {
        http: toHttpData(request, url, match.parameters, body),
      });
      send(response, result, method !== "HEAD");
    }
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((problem: unknown) => {
      log("error", "Host.Http", `${request.method ?? ""} failed: ${errorText(problem)}`);
      if (response.headersSent) {
        response.destroy();
      } else {
        end(response, 500);
      }
    });
  });
  // Longer than the pauses of any client here, so that none sends into a connection that is being closed.
  server.keepAliveTimeout = 65_000;
  return server;
};
