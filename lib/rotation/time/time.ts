/**
 * A point in time as ISO 8601 in UTC with milliseconds (`2026-11-22T10:00:00.000Z`): such texts sort as the instants
 * do.
 */
export type Instant = string;

export const toInstant = (date: Date): Instant => date.toISOString();

export const toMs = (at: Instant): number => Date.parse(at);

/** The instant `ms` milliseconds after `at`. */
export const plusMs = (at: Instant, ms: number): Instant => new Date(toMs(at) + ms).toISOString();

/** Milliseconds from `from` to `to`; negative when `to` is earlier. */
export const msBetween = (from: Instant, to: Instant): number => toMs(to) - toMs(from);

export const latest = (first: Instant, ...others: readonly Instant[]): Instant =>
  others.reduce((a, b) => (b > a ? b : a), first);

export const earliest = (first: Instant, ...others: readonly Instant[]): Instant =>
  others.reduce((a, b) => (b < a ? b : a), first);

/** Whether this instant lies ahead by `maxMs` at most: a clock that was set back must not make what ends then last. */
export const isToCome = (at: Instant | null, maxMs: number, now: Date): boolean => {
  if (at === null) return false;
  const leftMs = msBetween(toInstant(now), at);
  return leftMs > 0 && leftMs <= maxMs;
};

/** The latest instant of any number of items; null where none has one. Folded: a call takes no 100,000 arguments. */
export const latestOf = <T>(items: readonly T[], instantOf: (item: T) => Instant | null): Instant | null =>
  items.reduce<Instant | null>((found, item) => {
    const at = instantOf(item);
    return at !== null && (found === null || at > found) ? at : found;
  }, null);
