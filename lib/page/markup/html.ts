/** A piece of a page in which every text is escaped already. */
export class Html {
  constructor(readonly text: string) {}
}

export type Piece = Html | string | number | null | readonly Piece[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Characters that show nothing, or that change the order in which the others are shown. */
// oxlint-disable-next-line no-control-regex -- these characters are what it searches for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Good as content and in a quoted attribute: nowhere else does a page have a text of its own. */
const escaped = (text: string): string =>
  text.replaceAll(controls, "\ufffd").replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");

const textOf = (piece: Piece): string => {
  if (piece === null) return "";
  if (piece instanceof Html) return piece.text;
  return typeof piece === "object" ? piece.map(textOf).join("") : escaped(String(piece));
};

/** Markup stands on many lines; a line break with the indentation after it is none of the page. */
const joined = (part: string): string => part.replaceAll(/\n\s*/g, "");

/** Everything that is put in is escaped, except what this function has made itself. */
export const html = (parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html =>
  new Html(parts.reduce((made, part, index) => made + textOf(pieces[index - 1] ?? null) + joined(part), ""));
