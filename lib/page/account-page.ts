import type { OperatorAction } from "../operations/operate-account";
import type { Instant } from "../rotation/time/time";
import { stepsOfWayOut } from "../rotation/attention/way-out";
import type { NextStep } from "../rotation/attention/who-acts";
import type { AccountModel, ConsumerRow, Fact, InstanceRow, ReaderRow } from "./model/account-model";
import { command, commandIn } from "./markup/command";
import { curlOf } from "./markup/commands";
import { type Html, html, type Piece } from "./markup/html";
import { icon } from "./markup/icons";
import { moment, type Page, when } from "./markup/layout";
import type { LinkTo, Place } from "./links";
import { ageBar, stateMark } from "./list-page";
import { orderWords } from "./orders";
import { type Column, table } from "./markup/table";
import type { ShownEvent } from "./model/timeline";
import { timelineFigure } from "./markup/timeline-svg";
import { readable, relative, sentence } from "./words";

interface AccountView {
  readonly account: AccountModel;
  readonly place: Place;
  readonly now: Instant;
  readonly link: LinkTo;
  /** Scheme and host of this app. */
  readonly origin: string;
  /** Actions that the page can carry out; none where the reader has not signed in. */
  readonly orders: readonly OperatorAction[];
  readonly refreshSeconds: number | null;
}

const heading = ({ account, standing, reason, detail, since }: AccountModel, now: Instant): Html => {
  const from = since === null ? null : html` <span class="dim">since ${moment(since)} (${relative(since, now)})</span>`;
  return html`<h1>${account}</h1>
    <p class="lead">${stateMark(standing)}${from}</p>
    <p class="lead">${sentence(reason)}</p>
    ${detail === "" ? null : html`<p>${detail}</p>`}`;
};

const step = (found: NextStep, origin: string): Html => {
  const title = sentence(found.when === "" ? found.action : `${found.when}: ${found.action}`).replace(/\.$/, "");
  return html`<h3>${title}</h3>${command(found.command)}${command(curlOf(found, origin))}`;
};

const orderLink = (order: OperatorAction, { place, link }: AccountView): Html =>
  html`<li><a class="go" href="${link({ account: place.account, order })}">${orderWords[order].title} …</a></li>`;

const whatToDo = (view: AccountView): Html => {
  const { account, orders, origin } = view;
  const nothing = account.standing === "idle" ? "Nothing." : "Nothing: it moves on by itself.";
  return html`<section class="what"><h2>What to do</h2>
    <p>${account.todo === "" ? nothing : sentence(account.todo)}</p>
    ${account.steps.map((found) => step(found, origin))}
    ${orders.length === 0 ? null : html`<ul class="acts">${orders.map((order) => orderLink(order, view))}</ul>`}
    </section>`;
};

const version = ({ version: id, current }: Pick<InstanceRow, "version" | "current">): Html =>
  html`${current === "published" ? current : html`<b>${current}</b>`} <code>${id.slice(0, 8)}</code>`;

const instanceColumns: readonly Column[] = [
  { name: "Instance", heads: true },
  { name: "Version", labelled: true },
  { name: "Health", labelled: true },
  { name: "Evidence", labelled: true },
  { name: "Last report", labelled: true },
];

const instance = (one: InstanceRow): readonly Piece[] => [
  one.id,
  version(one),
  one.healthy ? "healthy" : html`<b>unhealthy</b>`,
  one.proven ? "proof" : "report",
  moment(one.at),
];

const summaryOf = ({ name, state, good, evidence, lookedAt, needed, instances, more }: ConsumerRow): Html => {
  const look = good ? "idle" : "app";
  const reported = instances.length + more;
  const how = reported === 0 ? "none has reported" : reported === 1 ? "1 has reported" : `${reported} have reported`;
  const looked = lookedAt === null ? null : html` · its platform was looked at ${moment(lookedAt)}`;
  return html`<b class="${look}">${icon(look)}${name}: ${state}</b> · ${needed} must run, ${how}
    ${good ? ` · evidence: ${evidence}` : ""}${looked}`;
};

const consumer = (one: ConsumerRow): Html => {
  const { instances, more } = one;
  if (instances.length === 0) return html`<p>${summaryOf(one)}</p>`;
  return html`${table(summaryOf(one), instanceColumns, instances.map(instance))}
    ${more === 0 ? null : html`<p class="dim">${more} more instances are not shown.</p>`}`;
};

const consumers = ({ account }: AccountView): Html =>
  html`<h2>Apps that use the key</h2>
    ${account.consumers.length === 0 ? html`<p>None is configured.</p>` : account.consumers.map(consumer)}`;

const readerColumns: readonly Column[] = [
  { name: "Reader", heads: true },
  { name: "Version", labelled: true },
  { name: "Reads", labelled: true },
  { name: "Last read", labelled: true },
  { name: "From", labelled: true },
];

const reader = ({ who, version: id, current, reads, lastAt, from }: ReaderRow): readonly Piece[] => [
  who,
  id === null || current === null ? "not said" : version({ version: id, current }),
  reads,
  moment(lastAt),
  from,
];

const readers = ({ account: { readers: seen } }: AccountView): Html => {
  if (seen === null)
    return html`<h2>Readers of the secret</h2><p class="dim">The vault's audit log has not been read.</p>`;
  const { rows, more, through, problem } = seen;
  const until = html`By the vault's audit log${through === null ? null : html` up to ${moment(through)}`}`;
  return html`<h2>Readers of the secret</h2>
    ${problem === null ? null : html`<p class="note bad">${sentence(problem)}</p>`}
    ${rows.length === 0 ? html`<p class="dim">${until}: none.</p>` : table(until, readerColumns, rows.map(reader))}
    ${more === 0 ? null : html`<p class="dim">${more} more are not shown.</p>`}`;
};

/** Shared keys could be switched off. */
const wayOut = ({ account: { unusedSince, resourceId } }: AccountView): Html | null => {
  if (unusedSince === null) return null;
  return html`<h2>The way out</h2>
    <p>Nothing has used the keys of this account since ${moment(unusedSince)}. It may need none.</p>
    ${stepsOfWayOut(resourceId).map((text) => html`<p>${text.replace(/az .*/, "")}</p>${commandIn(text)}`)}`;
};

const eventColumns: readonly Column[] = [
  { name: "Time", style: "num" },
  { name: "Event", heads: true, style: "one" },
  { name: "Detail" },
  { name: "By", labelled: true },
];

const event = ({ at, event: kind, by, detail }: ShownEvent): readonly Piece[] => [
  moment(at),
  kind,
  readable(detail),
  by,
];

const events = ({ account: { events: found } }: AccountView): Html => {
  if (found === null) return html`<p>The history cannot be read now.</p>`;
  if (found.length === 0) return html`<p class="dim">None yet.</p>`;
  return table("The newest first", eventColumns, found.map(event));
};

const fact = ({ name, value, at }: Fact): Html =>
  html`<dt>${name}</dt><dd>${value}${at === undefined ? null : html` <span class="dim">${moment(at)}</span>`}</dd>`;

const done = ({ place }: AccountView): Html | null =>
  place.done === null ? null : html`<p class="note" role="status">Done: ${place.done}.</p>`;

export const accountPage = (view: AccountView): Page => {
  const { account, place, now, refreshSeconds } = view;
  const { timeline, keyAge, next } = account;
  return {
    title: account.account,
    place,
    at: now,
    refreshSeconds,
    body: html`${done(view)}${heading(account, now)}${whatToDo(view)}
      ${timeline === null ? null : html`<h2>${timeline.title}</h2>${timelineFigure(timeline, now)}`}
      ${consumers(view)}
      ${readers(view)}${wayOut(view)}
      <h2>Facts</h2><dl>
      <dt>Age of the key</dt><dd>${ageBar(keyAge)}</dd>
      ${next === null ? null : html`<dt>Next</dt><dd>${next.what} ${when(next.at, now)}</dd>`}
      ${account.facts.map(fact)}</dl>
      <h2>Last events</h2>${events(view)}`,
  };
};
