import { holds, type Row } from "./row";

const shown = (value: number): string =>
  Number.isInteger(value)
    ? value.toLocaleString("en-US")
    : value.toLocaleString("en-US", value < 10 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });

const cells = (row: Row): readonly string[] => [
  row.item,
  row.what,
  `${shown(row.value)} ${row.unit}`.trim(),
  row.bound === null ? "" : `${holds(row) ? "≤" : "NOT ≤"} ${shown(row.bound)}`,
  row.note,
];

/** The rows as a table in Markdown, aligned for a terminal. */
export const table = (rows: readonly Row[]): string => {
  const all = [["", "measured", "value", "bound", "how"], ...rows.map(cells)];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  const lines = all.map((line) => `| ${line.map((text, i) => text.padEnd(widths[i] ?? 0)).join(" | ")} |`);
  const rule = `|${[...widths, 3].map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
};
