import { app, type HttpRequest, type HttpResponseInit } from "@azure/functions";
import type { App } from "../lib/app";
import type { SentForm } from "../lib/page/carry-out";
import type { PageRequest } from "../lib/page/request";
import { signedInCaller } from "./caller";
import { withApp } from "./http";

const maxForm = 16 * 1024;

app.http("dashboard", {
  methods: ["GET", "POST"],
  route: "dashboard",
  authLevel: "function",
  handler: withApp(
    async (theApp, request) => answerTo(theApp, request, await pageRequestOf(request)),
    async (problem, theApp, request) => {
      // A page that stays open loads itself again; a problem as JSON would not.
      const { messageAnswer } = await import("../lib/page/answer");
      const { detail }: { readonly detail: string } = JSON.parse(
        typeof problem.body === "string" ? problem.body : "{}",
      );
      const status = problem.status ?? 500;
      const at = theApp.ports.clock.now().toISOString();
      return messageAnswer(await pageRequestOf(request), status, "This page cannot be shown now", detail, at);
    },
  ),
});

const pageRequestOf = async (request: HttpRequest): Promise<PageRequest> => {
  const { pageRequest } = await import("../lib/page/request");
  const url = new URL(request.url);
  return pageRequest(new URLSearchParams(request.query), url.origin, signedInCaller(request));
};

const answerTo = async (theApp: App, request: HttpRequest, page: PageRequest): Promise<HttpResponseInit> => {
  const { answerPage } = await import("../lib/page/answer");
  if (request.method === "GET" && page.place.order === null) return answerPage(theApp, page);
  const { answerForm, carryOut } = await import("../lib/page/carry-out");
  if (request.method === "GET") return answerForm(theApp, page);
  const form = isFromThisApp(request) ? await formOf(request) : null;
  if (form !== null) return carryOut(theApp, page, form);
  const { messageAnswer } = await import("../lib/page/answer");
  const detail = "the request does not come from a form of this page: nothing was changed";
  return messageAnswer(page, 403, "Refused", detail, theApp.ports.clock.now().toISOString());
};

/**
 * A browser says where a request comes from, and no page can change what it says. The origin of a form on a page
 * without referrer is `null`.
 */
const isFromThisApp = ({ headers, url }: HttpRequest): boolean => {
  if (headers.get("sec-fetch-site") !== "same-origin") return false;
  const origin = headers.get("origin") ?? "null";
  const hosts = [headers.get("x-forwarded-host"), headers.get("host"), new URL(url).host];
  return origin === "null" || hosts.includes(origin.replace(/^https?:\/\//, ""));
};

const formOf = async (request: HttpRequest): Promise<SentForm | null> => {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers.get("content-type") ?? "")) return null;
  if (Number(request.headers.get("content-length") ?? 0) > maxForm) return null;
  const text = await request.text();
  if (Buffer.byteLength(text) > maxForm) return null;
  const sent = new URLSearchParams(text);
  const { parseOrder } = await import("./requests");
  const orNull = (name: string): string | null => sent.get(name) || null;
  const phase = orNull("phase");
  const reason = sent.get("reason") ?? "";
  const order = parseOrder({
    reason,
    ...(phase === null ? {} : { phase }),
    rotationId: orNull("rotationId"),
    secretVersion: orNull("secretVersion"),
  });
  const problem =
    order.kind === "invalid" ? order.problems.map(({ at, problem: why }) => `${at} ${why}`).join("; ") : "";
  return {
    token: sent.get("token") ?? "",
    reason,
    order: order.kind === "valid" ? order : { kind: "invalid", problem },
  };
};
