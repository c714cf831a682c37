/** Lowest and highest number of each field of NCRONTAB, seconds first. */
const bounds = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

/** Months and weekdays have names as well. */
const firstNamed = 4;

const item = /^(?:\*|(\d{1,2}|[A-Za-z]{3,9})(?:-(\d{1,2}|[A-Za-z]{3,9}))?)(?:\/([1-9]\d?))?$/;

const fieldIsValid = (field: string, index: number): boolean => {
  const [lowest, highest] = bounds[index] ?? [0, 0];
  const valueIsValid = (value: string): boolean =>
    /^\d/.test(value) ? Number(value) >= lowest && Number(value) <= highest : index >= firstNamed;
  return field.split(",").every((text) => {
    const parts = item.exec(text);
    return parts !== null && [parts[1], parts[2]].every((value) => value === undefined || valueIsValid(value));
  });
};

/** A light check of an NCRONTAB expression of 5 fields, or 6 with seconds first; the host has the last word. */
export const looksLikeNcrontab = (text: string): boolean => {
  const fields = text.split(/\s+/);
  const skipped = bounds.length - fields.length;
  return (skipped === 0 || skipped === 1) && fields.every((field, i) => fieldIsValid(field, i + skipped));
};
