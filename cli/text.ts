import type { Stream } from "./surroundings";

/** Texts of apps reach this screen: control characters could write over it. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, " ");

export interface Colours {
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
  bold(text: string): string;
}

/** On a terminal only; `NO_COLOR` and `FORCE_COLOR` decide first. */
export const coloursFor = (
  { isTerminal }: Pick<Stream, "isTerminal">,
  env: Readonly<Record<string, string | undefined>>,
): Colours => {
  const forced = (env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0";
  const wanted = (env["NO_COLOR"] ?? "") === "" && (forced || (isTerminal && env["TERM"] !== "dumb"));
  const code = (number: number) => (text: string) => (wanted ? `\u001B[${number}m${text}\u001B[0m` : text);
  return { red: code(31), yellow: code(33), green: code(32), bold: code(1) };
};

/** Columns as wide as their widest cell; the last is not padded. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[], colours: Colours): string => {
  const clean = rows.map((row) => row.map(printable));
  const widths = heads.map((head, column) => Math.max(head.length, ...clean.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [colours.bold(line(heads)), ...clean.map(line)].map((text) => `${text}\n`).join("");
};

const units = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const;

/** The largest unit alone: `3 d`, `2 h`, `5 min`. */
export const ago = (at: string | null, now: Date): string => {
  if (at === null) return "-";
  const ms = Math.max(0, now.getTime() - Date.parse(at));
  const [size, unit] = units.find(([length]) => ms >= length) ?? [1_000, "s"];
  return `${Math.floor(ms / size)} ${unit}`;
};

/** `2026-11-27 15:30Z`. */
export const shortTime = (at: string | null): string => (at === null ? "-" : `${at.slice(0, 16).replace("T", " ")}Z`);
