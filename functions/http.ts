import type { HttpHandler, HttpRequest, HttpResponseInit } from "@azure/functions";
import type { App } from "../lib/app";
import type { Problem } from "../lib/errors";
import { callOptions } from "../lib/limits";
import type { AccountConfig } from "../lib/rotation/account-config";
import { seconds } from "../lib/rotation/time/units";
import { theApp, within } from "./runtime";

const maxBody = 16 * 1024;
const retrySeconds = "30";
/** A request may be one of many: the list of accounts that were found is not read for each of them. */
const maxListAgeMs = seconds(30);

/** RFC 9457. */
export const problem = (
  status: number,
  reason: string,
  detail: string,
  more: { readonly problems?: readonly Problem[]; readonly retryAfter?: string } = {},
): HttpResponseInit => ({
  status,
  headers: {
    ...noStore,
    "content-type": "application/problem+json",
    ...(more.retryAfter === undefined ? {} : { "retry-after": more.retryAfter }),
  },
  body: JSON.stringify({
    type: `urn:batch-key-rotator:problem:${reason}`,
    title: titles[status] ?? "Error",
    status,
    detail,
    reason,
    ...(more.problems === undefined ? {} : { problems: more.problems }),
  }),
});

const titles: Readonly<Record<number, string>> = {
  400: "Bad request",
  403: "Forbidden",
  404: "Not found",
  409: "Conflict",
  413: "Body too large",
  415: "Unsupported media type",
  422: "Unprocessable content",
  429: "Too many requests",
  500: "Internal error",
  503: "Service unavailable",
};

const noStore = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

export const json = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit => ({
  status,
  headers: { ...noStore, "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

export const plainText = (status: number, body: string): HttpResponseInit => ({
  status,
  headers: { ...noStore, "content-type": "text/plain; charset=utf-8" },
  body,
});

/** A handler that gets the app, and whose failures become problems. */
export const withApp =
  (
    handle: (app: App, request: HttpRequest) => Promise<HttpResponseInit>,
    answerFailure: (problem: HttpResponseInit, app: App, request: HttpRequest) => Promise<HttpResponseInit> = async (
      answer,
    ) => answer,
  ): HttpHandler =>
  (request, context) =>
    within(context, async () => {
      const composed = await theApp();
      if (composed.kind === "invalid") {
        const detail = "the app's settings are wrong: fix each of these and restart it";
        return problem(503, "ConfigurationInvalid", detail, { problems: composed.problems });
      }
      try {
        const { accounts, ports, limits } = composed.app;
        await accounts.refresh(maxListAgeMs, callOptions(ports.clock, limits.callMs));
        return await handle(composed.app, request);
      } catch (error) {
        return await answerFailure(await failed(composed.app, error), composed.app, request);
      }
    });

/** The same for a route under one account. */
export const withAccount = (
  handle: (app: App, account: AccountConfig, request: HttpRequest) => Promise<HttpResponseInit>,
): HttpHandler =>
  withApp(async (app, request) => {
    const name = request.params["account"] ?? "";
    const account = app.accounts.find(name);
    if (account !== null) return handle(app, account, request);
    const found = app.accounts.found()?.problems.find((one) => one.account === name);
    return found === undefined
      ? problem(404, "UnknownAccount", "no account of this name is configured: GET /api/accounts lists those that are")
      : problem(409, "DiscoveryProblem", `${found.reason}: ${found.detail}`);
  });

const failed = async (app: App, error: unknown): Promise<HttpResponseInit> => {
  const { CorruptRecordError, OperatorNeededError, TransientServiceError, failedWith, unexpected } = await import(
    "../lib/errors"
  );
  if (error instanceof TransientServiceError || error instanceof OperatorNeededError) {
    app.ports.log.write("warn", { event: "RequestFailed", detail: error.message });
    return problem(503, "Unavailable", error.message, { retryAfter: retrySeconds });
  }
  if (error instanceof CorruptRecordError) {
    return problem(409, error.reason, `${error.message}; GET the account for the remedy`);
  }
  app.ports.log.write("error", { event: "RequestFailed", ...failedWith(error) });
  return problem(500, "Unexpected", `${unexpected(error)}: please report this defect`);
};

export const busy = (retryAfterSeconds: number): HttpResponseInit =>
  problem(409, "Busy", "another driver is working on this account: try again shortly", {
    retryAfter: String(retryAfterSeconds),
  });

/** The body as JSON, or the answer that refuses it. */
export const readJson = async (
  request: HttpRequest,
  most = maxBody,
): Promise<
  { readonly kind: "body"; readonly body: unknown } | { readonly kind: "refused"; readonly answer: HttpResponseInit }
> => {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "application/json";
  if (type !== "application/json" && !type.endsWith("+json")) {
    return { kind: "refused", answer: problem(415, "NotJson", "send the body as application/json") };
  }
  const announced = Number(request.headers.get("content-length") ?? 0);
  const text = announced > most ? "" : await request.text();
  if (announced > most || Buffer.byteLength(text) > most) {
    return { kind: "refused", answer: problem(413, "BodyTooLarge", `the body may have at most ${most} bytes`) };
  }
  try {
    return { kind: "body", body: JSON.parse(text) };
  } catch {
    return { kind: "refused", answer: badRequest([{ at: "", problem: "is not JSON: send one JSON object" }]) };
  }
};

export const badRequest = (problems: readonly Problem[], reason = "InvalidRequest"): HttpResponseInit =>
  problem(400, reason, "the request is wrong in these places; nothing was changed", { problems });
