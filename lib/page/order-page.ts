import type { OperatorAction } from "../operations/operate-account";
import type { Instant } from "../rotation/time/time";
import type { AccountModel } from "./model/account-model";
import { type Html, html } from "./markup/html";
import type { Page } from "./markup/layout";
import type { LinkTo, Place } from "./links";
import { stateMark } from "./list-page";
import { orderWords } from "./orders";
import { sentence } from "./words";

/** What is sent along: where one of them is different by then, nothing is changed. */
export interface Expected {
  readonly phase: string;
  readonly rotationId: string;
  readonly secretVersion: string;
}

export interface OrderView {
  readonly account: AccountModel;
  readonly action: OperatorAction;
  readonly expected: Expected;
  readonly token: string;
  readonly user: string;
  /** Why the last attempt was refused; null at first. */
  readonly refused: string | null;
  /** The reason as it was typed. */
  readonly reason: string;
  readonly place: Place;
  readonly now: Instant;
  readonly link: LinkTo;
}

const hidden = (name: string, value: string): Html => html`<input type="hidden" name="${name}" value="${value}">`;

/** A form and nothing that refreshes: what is typed stays. */
export const orderPage = (view: OrderView): Page => {
  const { account, action, expected, token, user, refused, reason, place, now, link } = view;
  const { title, effect } = orderWords[action];
  const problem =
    refused === null ? null : html`<p class="note bad" role="alert">Nothing was changed. ${sentence(refused)}</p>`;
  return {
    title: `${title} ${account.account}`,
    place,
    at: now,
    refreshSeconds: null,
    body: html`<h1>${title} ${account.account}</h1>${problem}
      <p class="lead">${stateMark(account.standing)}</p><p>${sentence(account.reason)}</p>
      ${account.detail === "" ? null : html`<p>${account.detail}</p>`}
      <p>${effect}</p>
      <form method="post" action="${link({ account: account.account, order: action })}">
      ${hidden("token", token)}${Object.entries(expected).map(([name, value]) => hidden(name, value))}
      <label for="reason">Reason, kept in the history</label>
      <textarea id="reason" name="reason" rows="3" maxlength="500" required autocomplete="off">${reason}</textarea>
      <p class="dim">Recorded as ${user}. If the account has changed since this page was made, nothing is done.</p>
      <div class="acts"><button>${title}</button>
      <a class="go" href="${link({ account: account.account })}">Cancel</a></div></form>`,
  };
};
