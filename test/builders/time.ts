import type { Instant } from "../../lib/rotation/time/time";

export const seconds = (count: number): number => count * 1_000;
export const minutes = (count: number): number => count * 60_000;
export const hours = (count: number): number => count * 3_600_000;
export const days = (count: number): number => count * 86_400_000;

/** A time of Tuesday 2026-11-24 in UTC, or of another day of that month: `at("10:00")`, `at("10:00:01", 25)`. */
export const at = (time: string, day = 24): Instant => {
  const [clock = "", fraction = "000"] = time.split(".");
  return `2026-11-${String(day).padStart(2, "0")}T${clock.length === 5 ? `${clock}:00` : clock}.${fraction}Z`;
};

/** The same as a `Date`. */
export const when = (time: string, day = 24): Date => new Date(at(time, day));
