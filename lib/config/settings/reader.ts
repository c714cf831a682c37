import { durationPattern, formatDuration, parseDuration } from "../../rotation/time/duration";
import { days } from "../../rotation/time/units";
import { Problems } from "../problems";
import { isEssential, unresolvedReference } from "./references";
import type { SettingName } from "./setting-names";

/** The values of settings by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** No length in settings or configuration is longer: dates far beyond it cannot be written. */
export const maxMs = days(3_650);

/** Reads single settings; what is wrong with one is added to the problems, and its default stands in for it. */
export class SettingsReader {
  readonly #env: Environment;
  readonly #problems: Problems;
  readonly #unresolved: Problems;

  /** `unresolved` gets the references of optional settings that the platform has not resolved: they stop nothing. */
  constructor(env: Environment, problems: Problems, unresolved = new Problems()) {
    this.#env = env;
    this.#problems = problems;
    this.#unresolved = unresolved;
  }

  /**
   * Null where unset, and where it is a reference that is not resolved. An empty value counts as unset: templates and
   * samples list settings that way.
   */
  text(name: SettingName): string | null {
    const problem = this.#referenceProblem(name);
    if (problem === null) return this.#given(name);
    (isEssential(name) ? this.#problems : this.#unresolved).add(name, problem);
    return null;
  }

  /** It is a reference that the platform has not resolved, and reported as such. */
  isUnresolved(name: SettingName): boolean {
    return this.#referenceProblem(name) !== null;
  }

  /** Set to anything, be it a reference. */
  isSet(name: SettingName): boolean {
    return this.#given(name) !== null;
  }

  #given(name: SettingName): string | null {
    return this.#env[name]?.trim() || null;
  }

  #referenceProblem(name: SettingName): string | null {
    const given = this.#given(name);
    return given === null ? null : unresolvedReference(name, given);
  }

  /** The value exactly as given; empty where unset. */
  untrimmed(name: SettingName): string {
    return this.#env[name] ?? "";
  }

  /** A text of a given form; `form` says in words which one, after "must be". */
  matching(name: SettingName, form: string, matches: (text: string) => boolean): string | null {
    const text = this.text(name);
    if (text === null || matches(text)) return text;
    this.#problems.add(name, `must be ${form}`);
    return null;
  }

  /** Null where unset or no such number. */
  wholeNumber(name: SettingName, least: number, most: number): number | null {
    const inRange = (text: string): boolean => /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most;
    const text = this.matching(name, `a whole number from ${least} to ${most}`, inRange);
    return text === null ? null : Number(text);
  }

  flag(name: SettingName): boolean {
    const text = this.matching(name, "true or false", (value) => /^(true|false)$/i.test(value));
    return text?.toLowerCase() === "true";
  }

  /** Null where unset or none of the choices. */
  choice<T extends string>(name: SettingName, choices: readonly T[]): T | null {
    const text = this.matching(name, `one of ${choices.join(", ")}`, (value) => choices.some((one) => one === value));
    return choices.find((one) => one === text) ?? null;
  }

  /** Milliseconds; null where unset or not such a duration. */
  duration(name: SettingName, shortestMs: number): number | null {
    const form = `an ISO 8601 duration from ${formatDuration(shortestMs)} to ${formatDuration(maxMs)}, such as PT5M`;
    const inRange = (ms: number | null): boolean => ms !== null && ms >= shortestMs && ms <= maxMs;
    const text = this.matching(name, form, (value) => durationPattern.test(value) && inRange(parseDuration(value)));
    return text === null ? null : parseDuration(text);
  }
}
