import { operatorActions } from "../operations/operate-account";
import { standingOrder } from "../rotation/attention/who-acts";
import { type LinkTo, linksWith, type Place } from "./links";

/** What a request for a page says. */
export interface PageRequest {
  readonly place: Place;
  /** The function's key, where it is in the address. */
  readonly code: string | null;
  readonly link: LinkTo;
  /** Scheme and host of this app, as the reader knows them. */
  readonly origin: string;
  /** `operator:<name>` of a reader whom the platform has signed in; null for any other. */
  readonly signedIn: string | null;
}

const maxFilter = 200;

/** What is not understood is as if it were not there: a page answers every address. */
export const placeIn = (query: URLSearchParams): Place => {
  const page = query.get("page") ?? "";
  return {
    account: query.get("account"),
    view: query.get("view") === "fleet" ? "fleet" : "accounts",
    filter: (query.get("filter") ?? "").trim().slice(0, maxFilter),
    state: standingOrder.find((standing) => standing === query.get("state")) ?? null,
    page: /^[1-9]\d{0,5}$/.test(page) ? Number(page) : 1,
    live: query.get("live") !== "off",
    order: operatorActions.find((action) => action === query.get("order")) ?? null,
    done: operatorActions.find((action) => action === query.get("done")) ?? null,
  };
};

export const pageRequest = (query: URLSearchParams, origin: string, signedIn: string | null): PageRequest => {
  const code = query.get("code");
  return { place: placeIn(query), code, link: linksWith(code), origin, signedIn };
};
