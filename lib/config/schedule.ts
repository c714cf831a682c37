import { days } from "../rotation/time/units";

/** Runs of the timer, in epoch milliseconds. */
export interface Schedule {
  /** The first run later than `afterMs`; null where none comes within 41 years. */
  next(afterMs: number): number | null;
  /** What a time of this length does not show, no later one shows: a week, or a year where dates matter. */
  readonly periodMs: number;
}

interface Field {
  readonly lowest: number;
  readonly highest: number;
  readonly names?: readonly string[];
}

const months = "january february march april may june july august september october november december".split(" ");
const weekdays = "sunday monday tuesday wednesday thursday friday saturday".split(" ");

/** The fields of NCRONTAB, seconds first. */
const fields: readonly Field[] = [
  { lowest: 0, highest: 59 },
  { lowest: 0, highest: 59 },
  { lowest: 0, highest: 23 },
  { lowest: 1, highest: 31 },
  { lowest: 1, highest: 12, names: months },
  { lowest: 0, highest: 6, names: weekdays },
];

const item = /^(?:\*|(\d{1,2}|[A-Za-z]{3,9})(?:-(\d{1,2}|[A-Za-z]{3,9}))?)(?:\/([1-9]\d?))?$/;

/** A number, or a name or its beginning, as the host reads it; null for anything else. */
const valueOf = (text: string, { lowest, highest, names = [] }: Field): number | null => {
  const named = names.findIndex((name) => name.startsWith(text.toLowerCase()));
  const value = /^\d/.test(text) ? Number(text) : named < 0 ? Number.NaN : named + lowest;
  return value >= lowest && value <= highest ? value : null;
};

const itemValues = (text: string, field: Field): readonly number[] | null => {
  const parts = item.exec(text);
  if (parts === null) return null;
  const [, first, last, step] = parts;
  const from = first === undefined ? field.lowest : valueOf(first, field);
  const open = first === undefined || step !== undefined ? field.highest : from;
  const to = last === undefined ? open : valueOf(last, field);
  if (from === null || to === null) return null;
  // The host swaps the ends of a range where they are the wrong way round.
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  const every = Number(step ?? 1);
  return Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => low + i * every);
};

const fieldValues = (text: string, field: Field): readonly number[] | null => {
  const items = text.split(",").map((one) => itemValues(one, field));
  const found = new Set<number>();
  for (const values of items) {
    if (values === null) return null;
    for (const value of values) found.add(value);
  }
  return [...found].toSorted((a, b) => a - b);
};

/** The longest possible wait: a 29 February on one weekday, across a century without a leap year. */
const horizonDays = 366 * 41;

/**
 * Day of month and weekday must both match, while cron needs only one
 * (learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions).
 */
const scheduleOf = ([seconds = [], minutes = [], hours = [], ...dates]: readonly (readonly number[])[]): Schedule => {
  const [daysOfMonth = [], ofMonths = [], ofWeekdays = []] = dates;
  const isDay = (date: Date): boolean =>
    daysOfMonth.includes(date.getUTCDate()) &&
    ofMonths.includes(date.getUTCMonth() + 1) &&
    ofWeekdays.includes(date.getUTCDay());
  const timeFrom = (secondOfDay: number): number | null => {
    for (const hour of hours.filter((value) => value >= Math.floor(secondOfDay / 3_600)))
      for (const minute of minutes.filter((value) => (hour * 60 + value) * 60 + 59 >= secondOfDay)) {
        const found = seconds.map((second) => (hour * 60 + minute) * 60 + second).find((at) => at >= secondOfDay);
        if (found !== undefined) return found;
      }
    return null;
  };
  return {
    periodMs: daysOfMonth.length === 31 && ofMonths.length === 12 ? days(7) : days(366),
    next: (afterMs) => {
      const from = Math.floor(afterMs / 1000) + 1;
      const firstDay = Math.floor((from * 1000) / days(1));
      for (let day = firstDay; day <= firstDay + horizonDays; day += 1) {
        if (!isDay(new Date(days(day)))) continue;
        const time = timeFrom(day === firstDay ? from - days(day) / 1000 : 0);
        if (time !== null) return days(day) + time * 1000;
      }
      return null;
    },
  };
};

/** An NCRONTAB expression of 5 fields, or 6 with seconds first; null for anything else, and for one that never runs. */
export const parseNcrontab = (text: string): Schedule | null => {
  const texts = text.trim().split(/\s+/);
  const all = texts.length === fields.length - 1 ? ["0", ...texts] : texts;
  if (all.length !== fields.length) return null;
  const values = fields.map((field, i) => fieldValues(all[i] ?? "", field));
  const known = values.filter((each) => each !== null);
  if (known.length < fields.length) return null;
  const schedule = scheduleOf(known);
  return schedule.next(0) === null ? null : schedule;
};
