import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";

const file = path.join(__dirname, "../../docs/images/demo.svg");
const columns = 112;
const [lineHeight, fontSize, margin] = [17, 13, 16];
/** Of the usual fonts of fixed width. */
const columnWidth = fontSize * 0.602;

/** Spaces are kept where they do not break. */
const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", " ": "\u00A0" };
const escaped = (line: string): string => line.replace(/[&<> ]/g, (character) => entities[character] ?? character);

const colourOf = (line: string): string => {
  if (/RotationCompleted|^Done/.test(line)) return "#7ee787";
  if (/a person|DriftRepaired|ConsumerUnhealthy/.test(line)) return "#ffa657";
  return /consumer calls/.test(line) ? "#79c0ff" : "#e6edf3";
};

/** Lines of the demo's rotations and its summary; what stands before the first event is left out. */
export const shownLines = (output: string): readonly string[] => {
  const lines = output.split("\n").map((line) => line.trimEnd());
  const first = lines.findIndex((line) => /KeyPublished|Adopted/.test(line));
  const shown = lines.slice(first).filter((line) => !/AlarmCleared/.test(line));
  return shown
    .join("\n")
    .trimEnd()
    .split("\n")
    .map((line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line));
};

/** The output of the demo as a terminal would show it. */
export const pictureOf = (output: string): string => {
  const lines = ["$ npm run demo", ...shownLines(output)];
  const [width, height] = [Math.ceil(columns * columnWidth) + 2 * margin, lines.length * lineHeight + 2 * margin];
  const rows = lines.map((line, index) => {
    const y = margin + (index + 1) * lineHeight - 4;
    return `<text x="${margin}" y="${y}" fill="${colourOf(line)}">${escaped(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img"`,
    ` font-family="ui-monospace, SFMono-Regular, Consolas, 'DejaVu Sans Mono', monospace" font-size="${fontSize}"`,
    ">\n<title>Output of npm run demo</title>\n",
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>\n${rows.join("\n")}\n</svg>\n`,
  ].join("");
};

const main = async (): Promise<void> => {
  const output = await text(process.stdin);
  if (!/^Done in /m.test(output)) throw new Error("the demo did not end well: run npm run demo");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, pictureOf(output));
};

if (require.main === module) {
  main().catch((problem: unknown) => {
    console.error(problem instanceof Error ? problem.message : problem);
    process.exitCode = 1;
  });
}
