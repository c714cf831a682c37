import type { Standing } from "../rotation/attention/who-acts";

/** What a page shows: its whole state is in its address. */
export interface Place {
  /** One account; null: all. */
  readonly account: string | null;
  readonly view: "accounts" | "fleet";
  /** Only accounts whose name holds this. */
  readonly filter: string;
  readonly state: Standing | null;
  /** From 1. */
  readonly page: number;
  /** Whether the page refreshes itself. */
  readonly live: boolean;
  /** The form of this order is open. */
  readonly order: string | null;
  /** An order that was just carried out. */
  readonly done: string | null;
}

export const start: Place = {
  account: null,
  view: "accounts",
  filter: "",
  state: null,
  page: 1,
  live: true,
  order: null,
  done: null,
};

export type LinkTo = (place: Partial<Place>) => string;

/**
 * Links between the pages. The function's key is in the address of the page, so each link must carry it. Where it came
 * in a header, the links have none. Relative, so that they hold behind any proxy.
 */
export const linksWith =
  (code: string | null): LinkTo =>
  (place) => {
    const { account, view, filter, state, page, live, order, done } = { ...start, ...place };
    const query = new URLSearchParams();
    if (code !== null) query.set("code", code);
    if (account !== null) query.set("account", account);
    if (view !== "accounts") query.set("view", view);
    if (filter !== "") query.set("filter", filter);
    if (state !== null) query.set("state", state);
    if (page > 1) query.set("page", String(page));
    if (!live) query.set("live", "off");
    if (order !== null) query.set("order", order);
    if (done !== null) query.set("done", done);
    const text = query.toString();
    return text === "" ? "dashboard" : `dashboard?${text}`;
  };
