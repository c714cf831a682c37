import { app, type HttpRequest, type HttpResponseInit } from "@azure/functions";
import type { App } from "../lib/app";
import type { AccountForm, SentForm } from "../lib/page/carry-out";
import type { PageRequest } from "../lib/page/request";
import type { ResumeForm } from "../lib/page/resume-form";
import type { Parsed } from "../lib/parsed";
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
  const { answerPage, messageAnswer } = await import("../lib/page/answer");
  const isOfFleet = page.place.account === null && page.place.view === "fleet" && page.place.order === "resume";
  if (request.method === "GET" && page.place.order === null) return answerPage(theApp, page);
  const { answerForm, carryOut } = await import("../lib/page/carry-out");
  const { answerResumeForm, carryOutResume } = await import("../lib/page/resume-form");
  if (request.method === "GET") return isOfFleet ? answerResumeForm(theApp, page) : answerForm(theApp, page);
  const sent = isFromThisApp(request) ? await fieldsOf(request) : null;
  if (sent !== null)
    return isOfFleet
      ? carryOutResume(theApp, page, await resumeForm(sent))
      : carryOut(theApp, page, await accountForm(sent));
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

const fieldsOf = async (request: HttpRequest): Promise<URLSearchParams | null> => {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers.get("content-type") ?? "")) return null;
  if (Number(request.headers.get("content-length") ?? 0) > maxForm) return null;
  const text = await request.text();
  return Buffer.byteLength(text) > maxForm ? null : new URLSearchParams(text);
};

/** A field that is empty stands for null. */
const orNull = (sent: URLSearchParams, name: string): string | null => sent.get(name) || null;

const formWith = <T>(sent: URLSearchParams, order: Parsed<T>): SentForm<T> => ({
  token: sent.get("token") ?? "",
  reason: sent.get("reason") ?? "",
  order:
    order.kind === "valid"
      ? order
      : { kind: "invalid", problem: order.problems.map(({ at, problem }) => `${at} ${problem}`).join("; ") },
});

const accountForm = async (sent: URLSearchParams): Promise<AccountForm> => {
  const { parseOrder } = await import("./requests");
  const phase = orNull(sent, "phase");
  const body = {
    reason: sent.get("reason") ?? "",
    ...(phase === null ? {} : { phase }),
    rotationId: orNull(sent, "rotationId"),
    secretVersion: orNull(sent, "secretVersion"),
  };
  return formWith(sent, parseOrder(body));
};

const resumeForm = async (sent: URLSearchParams): Promise<ResumeForm> => {
  const { parseResumeFleet } = await import("./requests");
  const body = { reason: sent.get("reason") ?? "", stoppedUntil: orNull(sent, "stoppedUntil") };
  return formWith(sent, parseResumeFleet(body));
};
