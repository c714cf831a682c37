/** Application Insights cuts a message at 32,768 characters, and half an object is no line that a query can read. */
const maxLine = 32_000;

/** The most characters of a text and items of a list, from generous to strict. */
const steps = [
  { text: 8_000, items: 60 },
  { text: 4_000, items: 30 },
  { text: 1_000, items: 15 },
  { text: 250, items: 8 },
  { text: 100, items: 2 },
] as const;

type Step = (typeof steps)[number];

/**
 * One line of JSON that no receiver cuts. A longer one is shortened: long texts end with a mark, lists have their first
 * items, and `shortened` is true. The names of members and short values are always there, so alerts still see the line.
 */
export const logLine = (line: object): string => {
  const whole = JSON.stringify(line);
  if (whole.length <= maxLine) return whole;
  for (const step of steps) {
    const shorter = JSON.stringify({ ...line, ...shorten(line, step), shortened: true });
    if (shorter.length <= maxLine) return shorter;
  }
  return JSON.stringify({ event: "event" in line ? String(line.event) : "unknown", shortened: true });
};

const shorten = (value: unknown, step: Step): object => {
  const members = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(members.map(([name, member]) => [name, shortenValue(member, step)]));
};

const shortenValue = (value: unknown, step: Step): unknown => {
  if (typeof value === "string") return shortenText(value, step.text);
  if (Array.isArray(value)) return value.slice(0, step.items).map((item) => shortenValue(item, step));
  return typeof value === "object" && value !== null ? shorten(value, step) : value;
};

/** Half a surrogate pair is no text. */
const shortenText = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}… (${text.length} characters)`;
