import { days, hours, minutes, seconds } from "./units";

/**
 * ISO 8601 in weeks, days, hours, minutes and seconds, whole numbers: `P60D`, `PT30M`, `P1DT12H`. No months or years:
 * their length varies.
 */
export const durationPattern =
  /^P(?=\d|T\d)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/;

const inOrder = [days(7), days(1), hours(1), minutes(1), seconds(1)];

/** Milliseconds; null where the text is not such a duration. */
export const parseDuration = (text: string): number | null => {
  const counts = durationPattern.exec(text)?.slice(1);
  return counts === undefined ? null : inOrder.reduce((sum, unitMs, i) => sum + Number(counts[i] ?? 0) * unitMs, 0);
};

/**
 * What `parseDuration` reads as `ms`, rounded to whole seconds, in days and smaller units. For lengths of 0 and more.
 */
export const formatDuration = (ms: number): string => {
  let restMs = Math.round(ms / seconds(1)) * seconds(1);
  const take = (unitMs: number, letter: string): string => {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    return count === 0 ? "" : `${count}${letter}`;
  };
  const date = take(days(1), "D");
  const time = take(hours(1), "H") + take(minutes(1), "M") + take(seconds(1), "S");
  if (time !== "") return `P${date}T${time}`;
  return date === "" ? "PT0S" : `P${date}`;
};
