import { type Standing, standingOrder } from "../../rotation/attention/who-acts";
import { Html, html } from "./html";

/** Each standing has a shape of its own, so that it is seen without its colour. Drawn in a square of 16. */
const shapes: Readonly<Record<Standing, string>> = {
  blocked: '<path class="f" d="M5 1h6l4 4v6l-4 4H5l-4-4V5z"/><path class="k" d="M5 8h6"/>',
  stalled: '<path class="f" d="M8 1l7.5 14H.5z"/><path class="k" d="M8 6v4M8 12.2v.3"/>',
  overdue: '<circle class="f" cx="8" cy="8" r="7.2"/><path class="k" d="M8 4v4.5l3 1.8"/>',
  person: '<circle class="f" cx="8" cy="4.4" r="3.4"/><path class="f" d="M1.5 15.5a6.5 6.5 0 0 1 13 0z"/>',
  app: '<rect class="l" x="1.5" y="2.5" width="13" height="11" rx="1.5"/><path class="s" d="M1.5 6h13"/>',
  moving: '<path class="s" d="M2 8h11M9 3.5L13.5 8 9 12.5"/>',
  idle: '<circle class="l" cx="8" cy="8" r="6.5"/><path class="s" d="M5 8.2l2.2 2.2L11.2 6"/>',
};

/** Defined once on each page. */
export const iconShapes: Html = new Html(
  `<svg class="defs" aria-hidden="true" focusable="false">${standingOrder
    .map((standing) => `<symbol id="i-${standing}" viewBox="0 0 16 16">${shapes[standing]}</symbol>`)
    .join("")}</svg>`,
);

export const icon = (standing: Standing): Html =>
  html`<svg class="i" aria-hidden="true" focusable="false"><use href="#i-${standing}"/></svg>`;
