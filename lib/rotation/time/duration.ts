/**
 * ISO 8601 in weeks, days, hours, minutes and seconds, whole numbers: `P60D`, `PT30M`, `P1DT12H`. No months or years:
 * their length varies.
 */
export const durationPattern =
  /^P(?=\d|T\d)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/;

const weekMs = 604_800_000;
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const minuteMs = 60_000;
const secondMs = 1_000;
const inOrder = [weekMs, dayMs, hourMs, minuteMs, secondMs];

/** Milliseconds; null where the text is not such a duration. */
export const parseDuration = (text: string): number | null => {
  const counts = durationPattern.exec(text)?.slice(1);
  return counts === undefined ? null : inOrder.reduce((sum, unitMs, i) => sum + Number(counts[i] ?? 0) * unitMs, 0);
};

/**
 * What `parseDuration` reads as `ms`, rounded to whole seconds, in days and smaller units. For lengths of 0 and more.
 */
export const formatDuration = (ms: number): string => {
  let restMs = Math.round(ms / secondMs) * secondMs;
  const take = (unitMs: number, letter: string): string => {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    return count === 0 ? "" : `${count}${letter}`;
  };
  const days = take(dayMs, "D");
  const time = take(hourMs, "H") + take(minuteMs, "M") + take(secondMs, "S");
  if (time !== "") return `P${days}T${time}`;
  return days === "" ? "PT0S" : `P${days}`;
};
