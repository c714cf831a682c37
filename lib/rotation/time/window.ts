import { IANAZone } from "luxon";
import { type WindowConfig, weekdays } from "../account-config";
import { type Instant, toInstant } from "./time";
import { days, hours, minutes } from "./units";

const dayMs = days(1);

/**
 * A wall clock reading, written as the milliseconds it would have in UTC: it becomes an instant once an offset is
 * known.
 */
type WallMs = number;

/** Where an opening begins and ends, in epoch milliseconds: `opensMs` belongs to it, `closesMs` no longer does. */
interface Opening {
  readonly opensMs: number;
  readonly closesMs: number;
}

/**
 * The first instant in (`lowMs`, `highMs`] that has the offset which `highMs` has, where that changes once in between.
 */
const transition = (offsetMs: (atMs: number) => number, lowMs: number, highMs: number): number => {
  let [before, after] = [lowMs, highMs];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetMs(middle) === offsetMs(highMs)) after = middle;
    else before = middle;
  }
  return after;
};

/**
 * The instants at which clocks show `wallMs`, in order: one as a rule, two where clocks go back.
 * Where clocks are put forward and never show it: the first instant after the gap.
 */
const instantsOf = (offsetMs: (atMs: number) => number, wallMs: WallMs): readonly [number, ...number[]] => {
  // No zone changes its offset twice within two days.
  const [before, after] = [offsetMs(wallMs - dayMs), offsetMs(wallMs + dayMs)];
  const [early, late] = [wallMs - Math.max(before, after), wallMs - Math.min(before, after)];
  if (early === late) return [early];
  const shown = [early, late].filter((atMs) => atMs + offsetMs(atMs) === wallMs);
  const [first, ...more] = shown;
  return first === undefined ? [transition(offsetMs, early, late)] : [first, ...more];
};

const wallClockMs = (text: string): number => {
  const [hour, minute] = text.split(":").map(Number);
  return hours(Number(hour)) + minutes(Number(minute));
};

/** The openings that end after `now`, from the one that began yesterday to those of two weeks ahead. */
const openingsFrom = (window: WindowConfig, now: Date): readonly Opening[] => {
  const zone = IANAZone.create(window.timeZone);
  const offsetMs = (atMs: number): number => minutes(zone.offset(atMs));
  const nowWallMs = now.getTime() + offsetMs(now.getTime());
  const today: WallMs = Math.floor(nowWallMs / dayMs) * dayMs;
  const [from, to] = [wallClockMs(window.from), wallClockMs(window.to)];
  // Two weeks: the one day of a weekly window may be the one on which its whole span is skipped.
  return Array.from({ length: 16 }, (_, i): WallMs => today + (i - 1) * dayMs)
    .filter((day) => window.days.some((name) => name === weekdays[(new Date(day).getUTCDay() + 6) % 7]))
    .map((day) => ({
      opensMs: instantsOf(offsetMs, day + from)[0],
      closesMs: Math.max(...instantsOf(offsetMs, day + (to > from ? to : to + dayMs))),
    }))
    .filter(({ opensMs, closesMs }) => opensMs < closesMs && now.getTime() < closesMs);
};

/**
 * Whether the window is open at `now`. It is open from `from`, included, to `to`, excluded, of each of its days; the
 * day is the one on which it begins, so a window across midnight ends on the day after. Where clocks go forward over
 * `from` (or `to`), it opens (or closes) at the first instant after the gap, and a window that lies wholly in the gap
 * does not open that day. Where they go back it runs from the first `from` to the last `to`.
 */
export const windowIsOpen = (window: WindowConfig, now: Date): boolean =>
  openingsFrom(window, now).some(({ opensMs }) => opensMs <= now.getTime());

/** The next instant at which the window is open: `now` itself while it is open, else when it next opens. */
export const nextOpening = (window: WindowConfig, now: Date): Instant =>
  toInstant(new Date(Math.max(now.getTime(), Math.min(...openingsFrom(window, now).map(({ opensMs }) => opensMs)))));

/** When the opening that `from` lies in, or else the next one, closes. */
export const firstClosing = (window: WindowConfig, from: Date): Instant =>
  toInstant(new Date(Math.min(...openingsFrom(window, from).map(({ closesMs }) => closesMs))));
