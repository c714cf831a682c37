import * as z from "zod";
import { freeText } from "../../outgoing/redact";
import type { ReadersAnswer } from "../../ports/audit-log";
import type { ReaderSeen } from "../../rotation/gate/readers-seen";
import { toInstant } from "../../rotation/time/time";
import { jsonOf } from "../sdk/json-answer";
import { maxRows } from "./readers-query";

const word = z.string().regex(/^\w{1,64}$/);
const innerError = z.object({ code: word, innererror: z.object({ code: word }).nullish() });
const answerSchema = z.object({
  tables: z
    .array(z.object({ columns: z.array(z.object({ name: z.string() })), rows: z.array(z.array(z.unknown())) }))
    .min(1),
  /** Beside the tables: not all was read. */
  error: z.object({ code: z.string(), details: z.array(innerError).nullish().catch(null) }).nullish(),
});

type Cell = (column: string) => unknown;

/** Null where the text is no answer of the query API. */
export const readersAnswer = (text: string): ReadersAnswer | null => {
  const { data } = answerSchema.safeParse(jsonOf(text));
  const [table] = data?.tables ?? [];
  if (data === undefined || table === undefined) return null;
  const places = new Map(table.columns.map(({ name }, i) => [name, i]));
  const rows = table.rows.slice(0, maxRows);
  const readers = rows.flatMap((row) => readerOf((column) => row[places.get(column) ?? -1]) ?? []);
  return {
    readers,
    more: table.rows.length > maxRows,
    incomplete: partial(data.error) ?? (readers.length < rows.length ? "some of its lines cannot be read" : null),
  };
};

const partial = (error: z.output<typeof answerSchema>["error"]): string | null => {
  if (!error) return null;
  const [first] = error.details ?? [];
  const code = first?.innererror?.code ?? first?.code ?? null;
  return `the log has answered in part only${code === null ? "" : ` (${code})`}`;
};

const version = /^[0-9a-f]{32}$/;

const readerOf = (cell: Cell): ReaderSeen | null => {
  const [firstAt, lastAt, reads] = [instantOf(cell("FirstAt")), instantOf(cell("LastAt")), Number(cell("Reads"))];
  if (firstAt === null || lastAt === null || !Number.isInteger(reads)) return null;
  const named = textOf(cell("Version"));
  return {
    identity: textOf(cell("Who")) ?? "unknown",
    resource: textOf(cell("Resource")),
    version: named !== null && version.test(named) ? named : null,
    firstAt,
    lastAt,
    reads,
    address: textOf(cell("CallerIpAddress")),
    client: textOf(cell("Client")),
  };
};

/** Any caller can put anything into its user agent, a key too. */
const textOf = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? freeText(value).slice(0, 500) || null : null;

const instantOf = (value: unknown): string | null => {
  const date = new Date(typeof value === "string" ? value : Number.NaN);
  return Number.isNaN(date.getTime()) ? null : toInstant(date);
};
