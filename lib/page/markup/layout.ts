import { createHash } from "node:crypto";
import type { Instant } from "../../rotation/time/time";
import { type Html, html, Html as Markup } from "./html";
import { iconShapes } from "./icons";
import type { LinkTo, Place } from "../links";
import { dateAndTime, exactTime, relative } from "../words";
import { style } from "./style";

/** A page without its head. */
export interface Page {
  readonly title: string;
  readonly place: Place;
  /** When what it shows was read. */
  readonly at: Instant;
  /** Null where it does not refresh itself: a form is open, or the reader has switched it off. */
  readonly refreshSeconds: number | null;
  readonly body: Html;
}

const styleHash = createHash("sha256").update(style).digest("base64");

/** Nothing is loaded and nothing runs: one style sheet, by its hash; the icon of the tab; forms to this app only. */
export const policy =
  `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; form-action 'self'; ` +
  "base-uri 'none'; frame-ancestors 'none'";

const tabIcon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='none' " +
  "stroke='%230a4f9c' stroke-width='2' d='M13 5A6 6 0 1 0 14 9M14 2v4h-4'/%3E%3C/svg%3E";

/** An instant, with how long ago it is or is to come. */
export const when = (at: Instant, now: Instant): Html =>
  html`<time datetime="${at}">${relative(at, now)}</time><small class="num">${dateAndTime(at)}</small>`;

/** To the second. */
export const moment = (at: Instant): Html => html`<time datetime="${at}">${exactTime(at)}</time>`;

const refreshing = ({ place, refreshSeconds }: Page, link: LinkTo): Html => {
  const still = { ...place, done: null };
  return refreshSeconds === null
    ? html`does not refresh · <a href="${link({ ...still, live: true, order: null })}">Refresh by itself</a>`
    : html`refreshes every ${refreshSeconds} s · <a href="${link({ ...still, live: false })}">Stop refreshing</a>`;
};

const tab = (link: LinkTo, { account, view }: Place, to: Place["view"], text: string): Html => {
  const here = view === to && account === null ? new Markup(' aria-current="page"') : null;
  return html`<a href="${link({ view: to })}"${here}>${text}</a>`;
};

export const document = (page: Page, link: LinkTo): string => {
  const { title, place, at, body } = page;
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
    <title>${title} · batch-key-rotator</title><link rel="icon" href="${tabIcon}">
    <style>${new Markup(style)}</style></head>
    <body>${iconShapes}<a class="skip" href="#main">Skip to the content</a>
    <header><span class="brand">batch-key-rotator</span>
    <nav aria-label="Pages">${tab(link, place, "accounts", "Accounts")}${tab(link, place, "fleet", "Fleet")}</nav>
    <p><span>As of ${moment(at)} UTC</span><span class="live"> · ${refreshing(page, link)}</span></p></header>
    <main id="main" tabindex="-1">${body}</main>
    <footer>All times are UTC.</footer></body></html>
    `.text;
};
