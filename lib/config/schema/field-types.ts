import * as z from "zod";
import { durationPattern, formatDuration, parseDuration } from "../../rotation/time/duration";
import { maxMs } from "../settings/reader";

/** What the settings say about the configuration. */
export interface SchemaOptions {
  readonly emulated: boolean;
  /** What the host of every vault must end with; null where the cloud is not known. */
  readonly vaultDomain: string | null;
  /** The vault of every account that names none (`ROTATION_VAULT_URL`); null where there is none. */
  readonly defaultVaultUrl: string | null;
}

/** The message of a schema: names the form that is asked for, never what was given. */
export const mustBe =
  (form: string) =>
  (issue: { readonly input?: unknown }): string =>
    issue.input === undefined ? `is missing: give ${form}` : `must be ${form}`;

export const text = (form: string, pattern: RegExp) =>
  z.string({ error: mustBe(form) }).regex(pattern, { error: mustBe(form), abort: true });

/** Checks the form only: `z.uuid()` would also refuse ids without the version digit of RFC 9562. */
const guid = z.guid();

export const isGuid = (value: string): boolean => guid.safeParse(value).success;

export const oneOf = <const T extends readonly [string, ...string[]]>(choices: T) =>
  z.enum(choices, { error: mustBe(`one of ${choices.join(", ")}`) });

const durationForm = (shortestMs: number, longest: number): string =>
  "an ISO 8601 duration of weeks, days, hours, " +
  `minutes and seconds from ${formatDuration(shortestMs)} to ${formatDuration(longest)}`;

export const duration = (shortestMs: number, longest = maxMs) => {
  const form = durationForm(shortestMs, longest);
  const inRange = (value: string): boolean => {
    const ms = parseDuration(value);
    return ms !== null && ms >= shortestMs && ms <= longest;
  };
  return text(form, durationPattern).refine(inRange, { error: mustBe(form) });
};

/** A description for the schema, which can show the bounds of a duration but not check them. */
export const withBounds = (description: string, shortestMs: number, longest = maxMs): string =>
  `${description} Must be ${durationForm(shortestMs, longest)}.`;
