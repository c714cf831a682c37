/** The part of an SDK's response headers that is needed here. */
export interface HeaderReader {
  get(name: string): string | null | undefined;
}

const asNumber = (text: string | null | undefined): number | null =>
  text != null && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null;

/**
 * Milliseconds a service asks to wait, or null. The three headers are the ones Azure's own pipelines know:
 * two in milliseconds, and the standard one in seconds or as an HTTP date. A date is measured against the answer's own
 * `Date`, so that a skewed clock here does not matter.
 */
export const retryAfterMs = (headers: HeaderReader): number | null => {
  for (const name of ["retry-after-ms", "x-ms-retry-after-ms"]) {
    const ms = asNumber(headers.get(name));
    if (ms !== null) return ms;
  }
  const retryAfter = headers.get("retry-after");
  const seconds = asNumber(retryAfter);
  if (seconds !== null) return seconds * 1000;
  if (retryAfter == null) return null;
  const answeredAt = Date.parse(headers.get("date") ?? "");
  const wait = Date.parse(retryAfter) - (Number.isNaN(answeredAt) ? Date.now() : answeredAt);
  return Number.isNaN(wait) ? null : Math.max(0, wait);
};
