import type { Instant } from "../rotation/time/time";
import { type Standing, standingOrder } from "../rotation/attention/who-acts";
import { type Html, html, Html as Markup, type Piece } from "./markup/html";
import { icon } from "./markup/icons";
import { type Page, when } from "./markup/layout";
import type { LinkTo, Place } from "./links";
import { type AccountRow, headlineOf, type KeyAge, rowOf } from "./model/list-model";
import type { ListRead } from "./model/read-list";
import { type Column, table } from "./markup/table";
import { cut, roughly, sentence, standingWords } from "./words";

const maxDetail = 160;

export const stateMark = (standing: Standing): Html =>
  html`<span class="state ${standing}">${icon(standing)}${standingWords[standing]}</span>`;

/** Of the age that the key may reach, in whole hundredths. */
const shareOf = ({ ageMs, everyMs }: KeyAge): number => Math.min(100, Math.round((100 * ageMs) / everyMs));

export const ageBar = (age: KeyAge | null): Html => {
  if (age === null) return html`<span class="dim">unknown</span>`;
  const late = age.ageMs > age.everyMs ? " late" : "";
  return html`<span class="num">${roughly(age.ageMs)} of ${roughly(age.everyMs)}</span>
    <svg class="bar${late}" viewBox="0 0 100 5" preserveAspectRatio="none" aria-hidden="true">
    <rect width="${shareOf(age)}" height="5"/></svg>`;
};

const columns: readonly Column[] = [
  { name: "Account", heads: true, style: "name" },
  { name: "State" },
  { name: "Why", style: "why" },
  { name: "Since", labelled: true },
  { name: "Age of the key", labelled: true },
  { name: "Next", labelled: true },
];

const nothing = html`<span class="dim">–</span>`;

const row = (shown: AccountRow, link: LinkTo, now: Instant): readonly Piece[] => {
  const { account, standing, reason, detail, since, keyAge, next } = shown;
  return [
    html`<a href="${link({ account })}">${account}</a>`,
    stateMark(standing),
    html`${sentence(reason)}${detail === "" ? null : html`<small>${cut(detail, maxDetail)}</small>`}`,
    since === null ? nothing : when(since, now),
    ageBar(keyAge),
    next === null ? nothing : html`${next.what} ${when(next.at, now)}`,
  ];
};

const counted = (count: number): string => count.toLocaleString("en-US");

const current = (is: boolean): Html | null => (is ? new Markup(' aria-current="true"') : null);

const stateLink = (list: ListRead, place: Place, link: LinkTo, standing: Standing): Html => {
  const { filter, live } = place;
  const count = list.counts[standing];
  return html`<li><a class="${standing}${count === 0 ? " none" : ""}" href="${link({ filter, live, state: standing })}"
    ${current(place.state === standing)}>${icon(standing)}${standingWords[standing]}<b>${counted(count)}</b></a></li>`;
};

const states = (list: ListRead, place: Place, link: LinkTo): Html => {
  const { filter, live, state } = place;
  const all = standingOrder.reduce((sum, standing) => sum + list.counts[standing], 0);
  return html`<nav aria-label="Accounts by state"><ul class="states">
    <li><a href="${link({ filter, live })}"${current(state === null)}>All<b>${counted(all)}</b></a></li>
    ${standingOrder.map((standing) => stateLink(list, place, link, standing))}</ul></nav>`;
};

const hidden = (name: string, value: string | null): Html | null =>
  value === null ? null : html`<input type="hidden" name="${name}" value="${value}">`;

/** A page with the form does not refresh itself: what is typed would be lost. */
const find = ({ place, link, code }: ListView): Html => {
  const { filter, live, state } = place;
  if (live) {
    const named =
      filter === "" ? null : html`Only names with “${filter}”. <a href="${link({ state })}">Show all names</a> · `;
    const form = link({ ...place, live: false, page: 1 });
    return html`<p class="live">${named}<a href="${form}">Find an account by its name</a></p>`;
  }
  return html`<form class="live" action="dashboard" method="get" role="search">
    ${hidden("code", code)}${hidden("state", state)}
    <label for="filter">Part of an account's name, resource id or secret</label><div class="acts">
    <input type="text" id="filter" name="filter" value="${filter}" maxlength="200" autocomplete="off">
    <button>Find</button></div></form>`;
};

const pager = ({ page, pages }: ListRead, place: Place, link: LinkTo): Html | null => {
  if (pages === 1) return null;
  const to = (number: number, text: string): Html =>
    number < 1 || number > pages
      ? html`<li></li>`
      : html`<li><a class="go" href="${link({ ...place, page: number })}">${text}</a></li>`;
  return html`<nav aria-label="Pages of the list"><ul class="pages">${to(page - 1, "Previous page")}
    <li>Page ${page} of ${counted(pages)}</li>${to(page + 1, "Next page")}</ul></nav>`;
};

const captionOf = ({ found, rows }: ListRead, { state, filter }: Place): string => {
  const which = state === null ? "accounts" : `accounts that are: ${standingWords[state].toLowerCase()}`;
  const named = filter === "" ? "" : `, with “${filter}”`;
  return `${rows.length} of ${counted(found)} ${which}${named}. Those that must be acted on come first.`;
};

interface ListView {
  readonly list: ListRead;
  readonly place: Place;
  readonly now: Instant;
  readonly link: LinkTo;
  readonly code: string | null;
  readonly refreshSeconds: number | null;
}

const asOf = ({ isCurrent }: ListRead): Html | null =>
  isCurrent
    ? null
    : html`<p class="dim">Many accounts are under way: the counts are as the rotator last checked each account, and the
      rows are as they are now.</p>`;

export const listPage = (view: ListView): Page => {
  const { list, place, now, link, refreshSeconds } = view;
  const rows = list.rows.map((one) => row(rowOf(one, now), link, now));
  const found =
    rows.length === 0
      ? html`<p>No account fits. <a href="${link({})}">Show all</a></p>`
      : table(captionOf(list, place), columns, rows);
  return {
    title: headlineOf(list.counts),
    place,
    at: list.at,
    refreshSeconds,
    body: html`<h1>${headlineOf(list.counts)}</h1>
      ${states(list, place, link)}${asOf(list)}${find(view)}${found}${pager(list, place, link)}`,
  };
};
