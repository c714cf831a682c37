import type { App } from "../app";
import { callOptions } from "../limits";
import { resumeFleet } from "../operations/resume-fleet";
import { toInstant } from "../rotation/time/time";
import { messageAnswer, pageAnswer, type PageAnswer } from "./answer";
import { type Attempt, ledTo, notSignedIn, refusalOf, type SentForm } from "./carry-out";
import { formToken, type FormUse } from "./forgery-token";
import { html } from "./markup/html";
import { readFleetModel } from "./model/fleet-model";
import { orderPage } from "./order-page";
import { resumeFleetWords } from "./orders";
import type { PageRequest } from "./request";
import { readable, sentence } from "./words";

export type ResumeForm = SentForm<{ readonly reason: string; readonly stoppedUntil?: string | null | undefined }>;

/** No account can have this name. */
const useOf = (user: string): FormUse => ({ user, account: "", order: "resume-fleet" });

const refusedFor = ({ ports }: App, request: PageRequest): PageAnswer =>
  messageAnswer(request, 403, "Not signed in", notSignedIn, toInstant(ports.clock.now()));

/** The form that ends the stop of the fleet. */
export const answerResumeForm = async (
  app: App,
  request: PageRequest,
  attempt: Attempt | null = null,
): Promise<PageAnswer> => {
  const { place, link, signedIn: user } = request;
  if (user === null) return refusedFor(app, request);
  const { ports, limits } = app;
  const { stopped } = await readFleetModel(app);
  const secret = await ports.formSecret.read(callOptions(ports.clock, limits.callMs));
  const state = stopped === null ? "The fleet is not stopped." : sentence(readable(stopped.detail));
  const page = orderPage({
    ...resumeFleetWords,
    subject: "fleet",
    about: html`<p class="lead">${state}</p>`,
    expected: { stoppedUntil: stopped?.until ?? "" },
    token: formToken(secret, useOf(user), ports.clock.now()),
    user,
    refused: attempt?.refused ?? null,
    reason: attempt?.reason ?? "",
    place,
    target: link({ view: "fleet", order: "resume" }),
    back: link({ view: "fleet" }),
    now: toInstant(ports.clock.now()),
  });
  return pageAnswer(page, request, attempt?.status ?? 200);
};

/** Carries a sent form out, and leads to the fleet's page. */
export const carryOutResume = async (app: App, request: PageRequest, form: ResumeForm): Promise<PageAnswer> => {
  const { signedIn: user, link } = request;
  if (user === null) return refusedFor(app, request);
  const { ports, limits } = app;
  const secret = await ports.formSecret.read(callOptions(ports.clock, limits.callMs));
  const refusal = refusalOf(form, secret, useOf(user), ports.clock.now());
  if (refusal !== null || form.order.kind === "invalid") return answerResumeForm(app, request, refusal);
  const { reason, stoppedUntil: expected } = form.order.value;
  const resumed = await resumeFleet(app, { reason, expected, by: user });
  if (resumed.kind === "refused")
    return answerResumeForm(app, request, { refused: resumed.detail, status: 409, reason: form.reason.slice(0, 500) });
  app.attention.forget();
  return ledTo(link({ view: "fleet", done: "resume" }));
};
