import type { App } from "../app";
import { callOptions } from "../limits";
import { type OperatorAction, operate, operatorActions } from "../operations/operate-account";
import type { Preconditions } from "../operations/preconditions";
import type { AccountConfig } from "../rotation/account-config";
import { toInstant } from "../rotation/time/time";
import { messageAnswer, pageAnswer, type PageAnswer, readModel } from "./answer";
import { formToken, type FormUse, isGoodToken } from "./forgery-token";
import { aboutAccount, orderPage } from "./order-page";
import { orderWords } from "./orders";
import type { PageRequest } from "./request";

/** What a form has sent. */
export interface SentForm<T> {
  readonly token: string;
  readonly reason: string;
  readonly order:
    | { readonly kind: "valid"; readonly value: T }
    | { readonly kind: "invalid"; readonly problem: string };
}

export type AccountForm = SentForm<{ readonly reason: string; readonly expected: Preconditions }>;

/** A form that was refused: what was typed is kept. */
export interface Attempt {
  readonly refused: string;
  readonly reason: string;
  readonly status: number;
}

/** What keeps a form from being carried out; null where nothing does. */
export const refusalOf = <T>(
  { token, reason, order }: SentForm<T>,
  secret: string,
  use: FormUse,
  now: Date,
): Attempt | null => {
  const typed = reason.slice(0, 500);
  if (!isGoodToken(secret, use, token, now)) {
    const refused = "this form was older than half an hour, or not made for you: read what it says now, and send it";
    return { refused, reason: typed, status: 403 };
  }
  return order.kind === "invalid" ? { refused: order.problem, reason: typed, status: 400 } : null;
};

export const notSignedIn =
  "orders are given from this page only where the platform's sign-in is on: use the command or the request that " +
  "the page shows";

/** The answer to a form that was carried out: the browser goes on to what it has changed. */
export const ledTo = (location: string): PageAnswer => ({
  status: 303,
  headers: { location, "cache-control": "no-store", "referrer-policy": "no-referrer" },
  body: "",
});

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
  if (signedIn === null) return refuse(403, "Not signed in", notSignedIn);
  return { config, action, user: signedIn };
};

/** The form of an order. */
export const answerForm = async (
  app: App,
  request: PageRequest,
  attempt: Attempt | null = null,
): Promise<PageAnswer> => {
  const chosen = chosenBy(app, request);
  if ("body" in chosen) return chosen;
  const { config, action, user } = chosen;
  const { place, link } = request;
  const secret = await app.ports.formSecret.read(callOptions(app.ports.clock, app.limits.callMs));
  const { read, account, now } = await readModel(app, config);
  const { phase, rotation, secret: published } = read.status;
  const { title, effect } = orderWords[action];
  const page = orderPage({
    title: `${title} ${account.account}`,
    subject: "account",
    button: title,
    effect,
    about: aboutAccount(account),
    expected: { phase: phase ?? "", rotationId: rotation?.id ?? "", secretVersion: published.version ?? "" },
    token: formToken(secret, { user, account: config.name, order: action }, app.ports.clock.now()),
    user,
    refused: attempt?.refused ?? null,
    reason: attempt?.reason ?? "",
    place,
    target: link({ account: config.name, order: action }),
    back: link({ account: config.name }),
    now,
  });
  return pageAnswer(page, request, attempt?.status ?? 200);
};

/** Carries a sent form out, and leads to the account's page. What was typed is kept where it is refused. */
export const carryOut = async (app: App, request: PageRequest, form: AccountForm): Promise<PageAnswer> => {
  const chosen = chosenBy(app, request);
  if ("body" in chosen) return chosen;
  const { config, action, user } = chosen;
  const secret = await app.ports.formSecret.read(callOptions(app.ports.clock, app.limits.callMs));
  const use = { user, account: config.name, order: action };
  const refusal = refusalOf(form, secret, use, app.ports.clock.now());
  if (refusal !== null || form.order.kind === "invalid") return answerForm(app, request, refusal);
  const again = (refused: string) =>
    answerForm(app, request, { refused, status: 409, reason: form.reason.slice(0, 500) });
  const operated = await operate(app, config, { action, ...form.order.value, by: user });
  if (operated.kind === "refused") return again(operated.detail);
  if (operated.kind === "busy") return again("another driver is working on this account: try again shortly");
  app.attention.forget();
  return ledTo(request.link({ account: config.name, done: action }));
};
