import * as z from "zod";
import { maxMs } from "../lib/config/settings/reader";
import type { Preconditions } from "../lib/operations/preconditions";
import type { Demand } from "../lib/operations/rotate-on-demand";
import type { Problem } from "../lib/errors";
import { type Parsed, parsed } from "../lib/parsed";
import { freeText } from "../lib/outgoing/redact";
import { isPhase, phaseFacts } from "../lib/rotation/phases";
import { formatDuration, parseDuration } from "../lib/rotation/time/duration";
import { minutes, seconds } from "../lib/rotation/time/units";

const reason = z
  .string("must be a text of 1 to 500 characters: it is kept in the history")
  .trim()
  .max(500, "must have at most 500 characters")
  .transform(freeText)
  .refine((text) => text !== "", "must say why, in 1 to 500 characters: it is kept in the history");

const phases = Object.keys(phaseFacts).filter(isPhase);

/** An id as the status shows it: the comparison is exact, so the form is not checked further. */
const idOrNull = (what: string) =>
  z
    .string(`must be ${what} as the status shows it, or null`)
    .regex(/^[A-Za-z0-9_-]{1,64}$/, `must be ${what} as the status shows it, or null`)
    .nullable()
    .optional();

/** What the caller decided on, as the status showed it. */
const preconditions = {
  phase: z.enum(phases, `must be one of ${phases.join(", ")}`).optional(),
  rotationId: idOrNull("the rotation's id"),
  secretVersion: idOrNull("the version of the secret"),
};

export const orderSchema = z.strictObject({ reason, ...preconditions });

/** The body of an operator's order: a reason, and what the operator decided on. */
export const parseOrder = (body: unknown): Parsed<{ readonly reason: string; readonly expected: Preconditions }> => {
  const found = parsed(orderSchema.safeParse(body));
  if (found.kind === "invalid") return found;
  const { reason: why, ...expected } = found.value;
  return { kind: "valid", value: { reason: why, expected } };
};

export const resumeFleetSchema = z.strictObject({
  reason,
  stoppedUntil: z
    .string("must be an instant as fleetStopped shows it, or null")
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, "must be an instant as fleetStopped shows it, or null")
    .nullable()
    .optional(),
});

/** The body of an order to a stopped fleet: a reason, and the stop that the operator decided on. */
export const parseResumeFleet = (
  body: unknown,
): Parsed<{ readonly reason: string; readonly stoppedUntil?: string | null | undefined }> =>
  parsed(resumeFleetSchema.safeParse(body));

/**
 * Not beyond the longest: instants after the year 9999 sort before all others, so a deadline there would have passed
 * already.
 */
const isWithin = (ms: number | null, shortestMs: number): boolean => ms !== null && ms >= shortestMs && ms <= maxMs;

export const demandSchema = (shortestMs: number) =>
  z.strictObject({
    reason,
    ...preconditions,
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
  const found = parsed(demandSchema(emulated ? seconds(1) : minutes(1)).safeParse(body));
  const header: readonly Problem[] =
    idempotencyKey === null || /^[A-Za-z0-9_-]{1,128}$/.test(idempotencyKey)
      ? []
      : [{ at: "Idempotency-Key", problem: "must be 1 to 128 of the characters A-Z a-z 0-9 _ -" }];
  if (found.kind === "invalid") return { kind: "invalid", problems: [...found.problems, ...header] };
  if (header.length > 0) return { kind: "invalid", problems: header };
  const { reason: why, retireAfter, ...expected } = found.value;
  const retireAfterMs = retireAfter === null ? null : parseDuration(retireAfter);
  return { kind: "valid", value: { reason: why, retireAfterMs, idempotencyKey, expected } };
};

/**
 * The query of a page of the history: `limit` from 1 to 500 (default 50), `before` a cursor that a page before gave.
 */
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
    ? { kind: "invalid", problems }
    : { kind: "valid", value: { limit: size, before: before === null ? null : Number(before) } };
};
