import type { Instant } from "../rotation/time/time";
import type { AccountModel } from "./model/account-model";
import { type Html, html } from "./markup/html";
import type { Page } from "./markup/layout";
import type { Place } from "./links";
import { stateMark } from "./list-page";
import { sentence } from "./words";

export interface OrderView {
  /** What the order does, as the heading. */
  readonly title: string;
  /** What the order is about. */
  readonly subject: "account" | "fleet";
  /** As the button. */
  readonly button: string;
  readonly effect: string;
  /** How it stands now. */
  readonly about: Html;
  /** What is sent along: where one of them is different by then, nothing is changed. */
  readonly expected: Readonly<Record<string, string>>;
  readonly token: string;
  readonly user: string;
  /** Why the last attempt was refused; null at first. */
  readonly refused: string | null;
  /** The reason as it was typed. */
  readonly reason: string;
  readonly place: Place;
  /** Where the form is sent. */
  readonly target: string;
  readonly back: string;
  readonly now: Instant;
}

const hidden = (name: string, value: string): Html => html`<input type="hidden" name="${name}" value="${value}">`;

/** A form and nothing that refreshes: what is typed stays. */
export const orderPage = (view: OrderView): Page => {
  const { title, subject, button, effect, about, expected, token, user, refused, reason, place, target, back, now } =
    view;
  const problem =
    refused === null ? null : html`<p class="note bad" role="alert">Nothing was changed. ${sentence(refused)}</p>`;
  return {
    title,
    place,
    at: now,
    refreshSeconds: null,
    body: html`<h1>${title}</h1>${problem}${about}<p>${effect}</p>
      <form method="post" action="${target}">
      ${hidden("token", token)}${Object.entries(expected).map(([name, value]) => hidden(name, value))}
      <label for="reason">Reason, kept in the history</label>
      <textarea id="reason" name="reason" rows="3" maxlength="500" required autocomplete="off">${reason}</textarea>
      <p class="dim">Recorded as ${user}. If the ${subject} has changed since this page was made, nothing is done.</p>
      <div class="acts"><button>${button}</button>
      <a class="go" href="${back}">Cancel</a></div></form>`,
  };
};

/** How an account stands. */
export const aboutAccount = ({ standing, reason, detail }: AccountModel): Html =>
  html`<p class="lead">${stateMark(standing)}</p><p>${sentence(reason)}</p>
    ${detail === "" ? null : html`<p>${detail}</p>`}`;
