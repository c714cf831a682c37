import type { App } from "../app";
import { readHistory } from "../history/read-history";
import { readCoverage } from "../operations/status/coverage";
import { readAccount } from "../operations/status/read-status";
import type { AccountConfig } from "../rotation/account-config";
import { toInstant } from "../rotation/time/time";
import { accountModel } from "./model/account-model";
import { accountPage } from "./account-page";
import { readFleetModel } from "./model/fleet-model";
import { fleetPage } from "./fleet-page";
import { html } from "./markup/html";
import { document, type Page, policy } from "./markup/layout";
import { listPage } from "./list-page";
import { possibleOrders } from "./orders";
import { readList } from "./model/read-list";
import type { PageRequest } from "./request";
import { sentence } from "./words";

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const shownEvents = 20;

/** On a machine of a developer everything takes seconds. */
const refreshSecondsOf = ({ emulated }: Pick<App, "emulated">): number => (emulated ? 2 : 10);

/** The address of the page holds a key: it goes to no other site, and into no cache. */
export const pageAnswer = (page: Page, { link }: Pick<PageRequest, "link">, status = 200): PageAnswer => {
  const { refreshSeconds, place } = page;
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
      // With the address only where it changes: a browser that loads the same one again stays where the reader was.
      ...(refreshSeconds === null
        ? {}
        : {
            refresh:
              place.done === null ? `${refreshSeconds}` : `${refreshSeconds}; url=${link({ ...place, done: null })}`,
          }),
    },
    body: document(page, link),
  };
};

/** The page that a request asks for. Throws `TransientServiceError` or `OperatorNeededError`. */
export const answerPage = async (app: App, request: PageRequest): Promise<PageAnswer> => {
  const { place } = request;
  if (place.account !== null) return answerAccount(app, request, place.account);
  if (place.view === "fleet") return pageAnswer(await fleetOf(app, request), request);
  const list = await readList(app, place);
  const now = toInstant(app.ports.clock.now());
  const refreshSeconds = place.live ? refreshSecondsOf(app) : null;
  return pageAnswer(listPage({ ...request, list, now, refreshSeconds }), request);
};

const fleetOf = async (app: App, { place, link, origin, signedIn }: PageRequest): Promise<Page> => {
  const fleet = await readFleetModel(app);
  const switchable = place.live ? null : (await readCoverage(app)).switchable;
  const now = toInstant(app.ports.clock.now());
  const refreshSeconds = place.live ? refreshSecondsOf(app) : null;
  return fleetPage({ fleet, switchable, place, now, link, origin, mayOrder: signedIn !== null, refreshSeconds });
};

const answerAccount = async (app: App, request: PageRequest, name: string): Promise<PageAnswer> => {
  const config = app.accounts.find(name);
  if (config === null) {
    const detail = "no account of this name is configured";
    return messageAnswer(request, 404, "Unknown account", detail, toInstant(app.ports.clock.now()));
  }
  const { place, link, origin, signedIn } = request;
  const { read, account, now } = await readModel(app, config);
  const orders = signedIn === null ? [] : possibleOrders(read.status);
  const refreshSeconds = place.live ? refreshSecondsOf(app) : null;
  return pageAnswer(accountPage({ account, place, now, link, origin, orders, refreshSeconds }), request);
};

/** One account, with its last events where they can be read. */
export const readModel = async (app: App, config: AccountConfig) => {
  const [read, history] = await Promise.all([
    readAccount(app, config),
    readHistory(app, config, { limit: shownEvents, before: null }).catch(() => null),
  ]);
  const now = toInstant(app.ports.clock.now());
  return { read, now, account: accountModel(read, config, history?.events ?? null, now) };
};

/** A page that only says something. One that fails for now loads itself again. */
export const messageAnswer = (
  request: PageRequest,
  status: number,
  title: string,
  detail: string,
  at: string,
): PageAnswer =>
  pageAnswer(
    {
      title,
      place: request.place,
      at,
      refreshSeconds: status === 503 ? 10 : null,
      body: html`<h1>${title}</h1><p class="lead">${sentence(detail)}</p>
        <p><a href="${request.link({})}">All accounts</a></p>`,
    },
    request,
    status,
  );
