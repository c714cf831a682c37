/**
 * NCRONTAB as in the Functions host: five fields (minute first) or six (second first), always UTC.
 * Day of month and weekday must both match, while cron needs only one; `L`, `W`, `#` and `?` are not supported.
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 */
export interface Schedule {
  /** The first occurrence later than `after`. */
  next(after: Date): Date;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const second: Field = { name: "second", min: 0, max: 59 };
const minute: Field = { name: "minute", min: 0, max: 59 };
const hour: Field = { name: "hour", min: 0, max: 23 };
const dayOfMonth: Field = { name: "day of month", min: 1, max: 31 };
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const month: Field = { name: "month", min: 1, max: 12, words: months };
const weekday: Field = { name: "weekday", min: 0, max: 6, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/** Names are recognised by their first three letters, in any case: `Mon` and `monday`. */
const parseNumber = (text: string, field: Field): number => {
  const word = /^[a-z]{3,}$/i.test(text) ? field.words?.indexOf(text.slice(0, 3).toLowerCase()) : undefined;
  const number =
    word === undefined || word < 0 ? (/^\d{1,2}$/.test(text) ? Number(text) : Number.NaN) : word + field.min;
  if (Number.isNaN(number) || number < field.min || number > field.max) {
    throw new Error(`'${text}' is no ${field.name} (${field.min} to ${field.max})`);
  }
  return number;
};

const range = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);

/** One item of a list: `*`, `5`, `1-5`, each with or without `/step`; `5/15` is from 5 to the end. */
const parseItem = (text: string, field: Field): number[] => {
  const [base = "", stepText, ...rest] = text.split("/");
  const step = stepText === undefined ? 1 : /^\d{1,2}$/.test(stepText) ? Number(stepText) : 0;
  if (step < 1 || rest.length > 0) {
    throw new Error(`'${text}' is no ${field.name}: a step must be a number of at least 1`);
  }
  if (base === "*") return range(field.min, field.max, step);
  const [from = 0, to, ...tooMany] = base.split("-").map((part) => parseNumber(part, field));
  if (tooMany.length > 0 || (to !== undefined && to < from)) {
    throw new Error(`'${text}' is no ${field.name}: a range runs from lower to higher`);
  }
  return range(from, to ?? (stepText === undefined ? from : field.max), step);
};

const parseField = (text: string, field: Field): ReadonlySet<number> =>
  new Set(text.split(",").flatMap((item) => parseItem(item, field)));

const sorted = (values: ReadonlySet<number>): readonly number[] => [...values].toSorted((a, b) => a - b);

const dayMs = 86_400_000;
/** The longest possible wait: a 29 February on a certain weekday, across a century without a leap year. */
const horizonDays = 366 * 41;

/** Throws an Error with the reason if the expression is invalid or never matches. */
export const parseSchedule = (expression: string): Schedule => {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== 5 && texts.length !== 6) {
    throw new Error(`schedule '${expression}': expected five or six fields, found ${texts.length}`);
  }
  const [s = "", m = "", h = "", d = "", mo = "", w = ""] = texts.length === 5 ? ["0", ...texts] : texts;
  try {
    return scheduleOf({
      times: timesOfDay(parseField(h, hour), parseField(m, minute), parseField(s, second)),
      days: parseField(d, dayOfMonth),
      months: parseField(mo, month),
      weekdays: parseField(w, weekday),
    });
  } catch (problem) {
    throw new Error(`schedule '${expression}': ${problem instanceof Error ? problem.message : String(problem)}`, {
      cause: problem,
    });
  }
};

interface Parts {
  /** The first time of day, in milliseconds since midnight, at or after `fromMs`; null if there is none on this day. */
  readonly times: (fromMs: number) => number | null;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
}

const timesOfDay = (hours: ReadonlySet<number>, minutes: ReadonlySet<number>, seconds: ReadonlySet<number>) => {
  const [allHours, allMinutes, allSeconds] = [sorted(hours), sorted(minutes), sorted(seconds)];
  return (fromMs: number): number | null => {
    for (const h of allHours.filter((value) => value >= Math.floor(fromMs / 3_600_000))) {
      for (const m of allMinutes) {
        // The seconds of a past minute need not be checked.
        if ((h * 60 + m) * 60_000 + 59_999 >= fromMs) {
          const found = allSeconds.map((s) => ((h * 60 + m) * 60 + s) * 1000).find((ms) => ms >= fromMs);
          if (found !== undefined) return found;
        }
      }
    }
    return null;
  };
};

const scheduleOf = (parts: Parts): Schedule => {
  const next = (after: Date): Date => {
    // Occurrences are whole seconds, and strictly later than `after`.
    const from = Math.floor(after.getTime() / 1000) * 1000 + 1000;
    const firstDay = Math.floor(from / dayMs) * dayMs;
    for (let day = firstDay; day <= firstDay + horizonDays * dayMs; day += dayMs) {
      const date = new Date(day);
      if (
        parts.months.has(date.getUTCMonth() + 1) &&
        parts.days.has(date.getUTCDate()) &&
        parts.weekdays.has(date.getUTCDay())
      ) {
        const time = parts.times(Math.max(0, from - day));
        if (time !== null) return new Date(day + time);
      }
    }
    throw new Error("no such day ever comes");
  };
  next(new Date(0));
  return { next };
};
