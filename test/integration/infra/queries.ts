import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { alarmKinds, informationKinds } from "../../../lib/rotation/events/events";
import { infraFolder } from "../../unit/infra/bicep";

/** One log line of the app, as the object that it wrote. */
export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

const folder = path.join(infraFolder, "queries");

/** The text by file name without extension. */
export const queries: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(folder).map((file) => [path.basename(file, ".kql"), readFileSync(path.join(folder, file), "utf8")]),
);

const quoted = (text: string): readonly string[] => [...text.matchAll(/"([^"]*)"/g)].map(([, inner = ""]) => inner);

/** The names with which a query compares one of these expressions. */
const comparedWith = (query: string, expression: RegExp): readonly string[] =>
  [
    ...query.matchAll(
      new RegExp(`(?:${expression.source})\\s*(?:==|!=|in~?|has_any|has)\\s*(\\([^()]*\\)|"[^"]*")`, "g"),
    ),
  ].flatMap(([, literals = ""]) => quoted(literals));

/** Events that a query selects. Every query first names them in a cheap search of the whole line. */
export const eventsRead = (query: string): readonly string[] => [
  ...new Set([
    ...comparedWith(query, /Message/),
    ...comparedWith(query, /tostring\(Line\.event\)|tostring\(parse_json\(Message\)\.event\)|\bEvent|\bOutcome/),
  ]),
];

/** Members of a line that a query reads. */
export const fieldsRead = (query: string): readonly string[] => [
  ...new Set([...query.matchAll(/(?:\bLine|parse_json\(Message\))\.(\w+)/g)].map(([, field = ""]) => field)),
];

/** The reasons with which a query compares. */
export const reasonsRead = (query: string): readonly string[] => comparedWith(query, /\bReason/);

const rotationEvents: readonly string[] = [...alarmKinds, ...informationKinds];

/**
 * The events and members that a query reads and the app does not log. All events of a rotation have the same members,
 * so one that did not occur in the run has the members of the others.
 */
export const logProblems = (name: string, query: string, lines: readonly Line[]): readonly string[] => {
  const membersOf = (chosen: (event: string) => boolean): ReadonlySet<string> =>
    new Set(lines.filter(({ event }) => chosen(event)).flatMap((line) => Object.keys(line)));
  return eventsRead(query).flatMap((event) => {
    const own = membersOf((other) => other === event);
    const members =
      own.size === 0 && rotationEvents.includes(event) ? membersOf((other) => rotationEvents.includes(other)) : own;
    if (members.size === 0) return [`${name} reads ${event}, which the app does not log`];
    return fieldsRead(query)
      .filter((field) => !members.has(field))
      .map((field) => `${name} reads ${field} of ${event}, which the app does not log`);
  });
};
