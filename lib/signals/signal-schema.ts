import * as z from "zod";
import { maxMs } from "../config/reader";
import type { Demand } from "../operations/rotate-on-demand";
import type { SignalBody } from "./receive-signal";
import { withoutKeys } from "../redact";
import { formatDuration, parseDuration } from "../rotation/time/duration";

export interface Problem {
  /** JSON pointer into the body, or the name of a header, query parameter or setting. */
  readonly at: string;
  readonly problem: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const name = z
  .string("must be a text")
  .regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -");

const signalSchema = z.strictObject({
  consumer: name,
  instance: name.default("default"),
  secretVersion: z
    .string("must be a text")
    .regex(
      /^[0-9a-f]{32}$/,
      "must be the version id that the vault returned with the key: 32 lower-case hexadecimal digits",
    ),
  healthy: z.boolean("must be true or false"),
  at: z.iso.datetime({ offset: true, error: "must be an instant such as 2026-11-22T10:00:00Z" }),
  detail: z.string("must be a text").max(500, "must have at most 500 characters").nullable().default(null),
  proof: z
    .string("must be a text")
    .regex(/^[A-Za-z0-9+/]{43}=$/, "must be the base64 of an HMAC-SHA256 (44 characters)")
    .nullable()
    .default(null),
});

export const parseSignal = (body: unknown): Parsed<SignalBody> => parsed(signalSchema.safeParse(body));

/** One signal of an answer to a health request: `at` may be absent, as the proof then signs the nonce. */
export type PulledSignal = Omit<SignalBody, "at"> & { readonly at: string | null };

const pulledSchema = signalSchema.extend({ at: signalSchema.shape.at.nullable().default(null) });
const onePulled = pulledSchema.transform((one) => [one]);
const manyPulled = z
  .array(pulledSchema)
  .min(1, "must hold at least one signal")
  .max(1000, "may hold at most 1000 signals");

/** One signal or an array of them; what is wrong is told of the form that was sent. */
export const parseHealthAnswer = (body: unknown): Parsed<readonly PulledSignal[]> =>
  Array.isArray(body) ? parsed(manyPulled.safeParse(body)) : parsed(onePulled.safeParse(body));

const reason = z
  .string("must be a text of 1 to 500 characters: it is kept in the history")
  .trim()
  .min(1, "must say why, in 1 to 500 characters: it is kept in the history")
  .max(500, "must have at most 500 characters");

/** The body of an operator's order. */
export const parseOrder = (body: unknown): Parsed<{ readonly reason: string }> => {
  const found = parsed(z.strictObject({ reason }).safeParse(body));
  return found.ok ? { ok: true, value: { reason: withoutKeys(found.value.reason) } } : found;
};

/** Not beyond the longest: instants after the year 9999 sort before all others, so a deadline there would have passed already. */
const isWithin = (ms: number | null, shortestMs: number): boolean => ms !== null && ms >= shortestMs && ms <= maxMs;

const demandSchema = (shortestMs: number) =>
  z.strictObject({
    reason,
    retireAfter: z
      .string("must be an ISO 8601 duration such as PT15M")
      .refine(
        (text) => isWithin(parseDuration(text), shortestMs),
        `must be an ISO 8601 duration from ${formatDuration(shortestMs)} to ${formatDuration(maxMs)}, such as PT15M`,
      )
      .nullable()
      .default(null),
  });

/** `idempotencyKey`: the header's value, or null. Emulated systems may ask for shorter durations. */
export const parseDemand = (
  body: unknown,
  idempotencyKey: string | null,
  emulated: boolean,
): Parsed<Omit<Demand, "by">> => {
  const found = parsed(demandSchema(emulated ? 1_000 : 60_000).safeParse(body));
  const header: readonly Problem[] =
    idempotencyKey === null || /^[A-Za-z0-9_-]{1,128}$/.test(idempotencyKey)
      ? []
      : [{ at: "Idempotency-Key", problem: "must be 1 to 128 of the characters A-Z a-z 0-9 _ -" }];
  if (!found.ok) return { ok: false, problems: [...found.problems, ...header] };
  if (header.length > 0) return { ok: false, problems: header };
  const { retireAfter } = found.value;
  const retireAfterMs = retireAfter === null ? null : parseDuration(retireAfter);
  return { ok: true, value: { reason: withoutKeys(found.value.reason), retireAfterMs, idempotencyKey } };
};

/** The query of a page of the history: `limit` from 1 to 500 (default 50), `before` a cursor that a page before gave. */
export const parsePage = (
  limit: string | null,
  before: string | null,
): Parsed<{ readonly limit: number; readonly before: number | null }> => {
  const problems: Problem[] = [];
  const size = limit === null ? 50 : /^\d{1,3}$/.test(limit) ? Number(limit) : Number.NaN;
  if (!Number.isInteger(size) || size < 1 || size > 500)
    problems.push({ at: "limit", problem: "must be a whole number from 1 to 500" });
  if (before !== null && !/^[1-9]\d{0,14}$/.test(before))
    problems.push({ at: "before", problem: "must be the `next` of the page before" });
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: { limit: size, before: before === null ? null : Number(before) } };
};

const parsed = <T>(result: z.ZodSafeParseResult<T>): Parsed<T> =>
  result.success ? { ok: true, value: result.data } : { ok: false, problems: result.error.issues.flatMap(problemsOf) };

const problemsOf = (issue: z.core.$ZodIssue): readonly Problem[] => {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      at: pointer([...issue.path, key]),
      problem: "is not a member of this request: take it out",
    }));
  }
  const missing = issue.code === "invalid_type" && issue.path.length === 0;
  return [{ at: pointer(issue.path), problem: missing ? "must be a JSON object" : issue.message }];
};

/** RFC 6901. A member's name is the sender's text, so it is cut short, and a key in it is not repeated. */
const pointer = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => withoutKeys(String(part)).slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1"))
    .map((part) => `/${part}`)
    .join("");
