import { type Html, html, Html as Markup, type Piece } from "./html";

export interface Column {
  readonly name: string;
  /** Names its row. */
  readonly heads?: true;
  /** On a narrow screen the cell says what it is. */
  readonly labelled?: true;
  readonly style?: "why" | "name" | "one" | "num";
}

const styled = ({ style }: Column): Html | null => (style === undefined ? null : new Markup(` class="${style}"`));

const cell = (column: Column, content: Piece): Html => {
  if (column.heads) return html`<th role="rowheader" scope="row"${styled(column)}>${content}</th>`;
  const label = column.labelled ? html` data-h="${column.name}"` : null;
  return html`<td role="cell"${styled(column)}${label}>${content}</td>`;
};

/** With roles, because the style sheet shows it as a list of boxes on a narrow screen. */
export const table = (
  caption: Piece,
  columns: readonly Column[],
  rows: readonly (readonly Piece[])[],
): Html => html`<table role="table"><caption>${caption}</caption>
<thead><tr role="row">${columns.map(
  (column) => html`<th role="columnheader" scope="col"${styled(column)}>${column.name}</th>`,
)}</tr></thead>
<tbody>${rows.map(
  (cells) => html`<tr role="row">${columns.map((column, index) => cell(column, cells[index] ?? null))}</tr>`,
)}</tbody></table>`;
