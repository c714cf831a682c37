import type { App } from "../app";
import { callOptions } from "../limits";
import { type OperatorAction, operate, operatorActions } from "../operations/operate-account";
import type { Preconditions } from "../operations/preconditions";
import type { AccountConfig } from "../rotation/account-config";
import { toInstant } from "../rotation/time/time";
import { messageAnswer, pageAnswer, type PageAnswer, readModel } from "./answer";
import { formToken, isGoodToken } from "./forgery-token";
import { orderPage } from "./order-page";
import type { PageRequest } from "./request";

/** What a form has sent. */
export interface SentForm {
  readonly token: string;
  readonly reason: string;
  readonly order:
    | { readonly kind: "valid"; readonly value: { readonly reason: string; readonly expected: Preconditions } }
    | { readonly kind: "invalid"; readonly problem: string };
}

interface Chosen {
  readonly config: AccountConfig;
  readonly action: OperatorAction;
  readonly user: string;
}

/** What an address with an order is about, or the answer that refuses it. */
const chosenBy = ({ accounts, ports }: App, request: PageRequest): Chosen | PageAnswer => {
  const { place, signedIn } = request;
  const refuse = (status: number, title: string, detail: string): PageAnswer =>
    messageAnswer(request, status, title, detail, toInstant(ports.clock.now()));
  const config = accounts.find(place.account ?? "");
  const action = operatorActions.find((known) => known === place.order);
  if (config === null || action === undefined) return refuse(404, "Unknown account or order", "nothing was changed");
  if (signedIn === null) {
    const detail =
      "orders are given from this page only where the platform's sign-in is on: use the command or the request that " +
      "the account's page shows";
    return refuse(403, "Not signed in", detail);
  }
  return { config, action, user: signedIn };
};

/** The form of an order. */
export const answerForm = async (
  app: App,
  request: PageRequest,
  attempt: { readonly refused: string; readonly reason: string; readonly status: number } | null = null,
): Promise<PageAnswer> => {
  const chosen = chosenBy(app, request);
  if ("body" in chosen) return chosen;
  const { config, action, user } = chosen;
  const { place, link } = request;
  const secret = await app.ports.formSecret.read(callOptions(app.ports.clock, app.limits.callMs));
  const { read, account, now } = await readModel(app, config);
  const { phase, rotation, secret: published } = read.status;
  const page = orderPage({
    account,
    action,
    expected: { phase: phase ?? "", rotationId: rotation?.id ?? "", secretVersion: published.version ?? "" },
    token: formToken(secret, { user, account: config.name, order: action }, app.ports.clock.now()),
    user,
    refused: attempt?.refused ?? null,
    reason: attempt?.reason ?? "",
    place,
    now,
    link,
  });
  return pageAnswer(page, request, attempt?.status ?? 200);
};

/** Carries a sent form out, and leads to the account's page. What was typed is kept where it is refused. */
export const carryOut = async (app: App, request: PageRequest, form: SentForm): Promise<PageAnswer> => {
  const chosen = chosenBy(app, request);
  if ("body" in chosen) return chosen;
  const { config, action, user } = chosen;
  const again = (refused: string, status: number) =>
    answerForm(app, request, { refused, status, reason: form.reason.slice(0, 500) });
  const secret = await app.ports.formSecret.read(callOptions(app.ports.clock, app.limits.callMs));
  const use = { user, account: config.name, order: action };
  if (!isGoodToken(secret, use, form.token, app.ports.clock.now()))
    return again("this form was older than half an hour, or not made for you: read what it says now, and send it", 403);
  if (form.order.kind === "invalid") return again(form.order.problem, 400);
  const operated = await operate(app, config, { action, ...form.order.value, by: user });
  if (operated.kind === "refused") return again(operated.detail, 409);
  if (operated.kind === "busy") return again("another driver is working on this account: try again shortly", 409);
  app.attention.forget();
  const location = request.link({ account: config.name, done: action });
  return {
    status: 303,
    headers: { location, "cache-control": "no-store", "referrer-policy": "no-referrer" },
    body: "",
  };
};
