import type { Phase } from "../rotation/phases";
import { parseDuration } from "../rotation/time/duration";
import { type Instant, msBetween } from "../rotation/time/time";
import { days, hours, minutes, seconds } from "../rotation/time/units";
import type { Standing } from "../rotation/attention/who-acts";

const units = [
  [days(1), "day"],
  [hours(1), "hour"],
  [minutes(1), "minute"],
  [seconds(1), "second"],
] as const;

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;

/** In its two largest units: `3 days 4 hours`, `25 minutes`, `0 seconds`. Milliseconds. */
export const spell = (ms: number): string => {
  const first = units.findIndex(([unitMs]) => Math.abs(ms) >= unitMs);
  if (first === -1) return "0 seconds";
  let restMs = Math.abs(ms);
  const parts = units.slice(first, first + 2).map(([unitMs, unit]) => {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    return { count, unit };
  });
  return parts
    .filter(({ count }, index) => index === 0 || count > 0)
    .map(({ count, unit }) => counted(count, unit))
    .join(" ");
};

/** In its largest unit: `3 days`. */
export const roughly = (ms: number): string => {
  const [unitMs, unit] = units.find(([length]) => Math.abs(ms) >= length) ?? [seconds(1), "second"];
  return counted(Math.floor(Math.abs(ms) / unitMs), unit);
};

/** `3 days ago`, `in 2 hours`, `now`. */
export const relative = (at: Instant, now: Instant): string => {
  const ms = msBetween(at, now);
  if (Math.abs(ms) < seconds(1)) return "now";
  return ms > 0 ? `${roughly(ms)} ago` : `in ${roughly(ms)}`;
};

/** `2026-11-24 10:05`, in UTC. */
export const dateAndTime = (at: Instant): string => `${at.slice(0, 10)} ${at.slice(11, 16)}`;

/** With seconds. */
export const exactTime = (at: Instant): string => `${at.slice(0, 10)} ${at.slice(11, 19)}`;

const durationIn = /\bP(?:\d+[WD])*(?:T(?:\d+[HMS])+)?(?![A-Za-z0-9])/g;

/** A detail for people: instants without `T` and `Z`, durations in words, the first 8 digits of versions. */
export const readable = (text: string): string =>
  text
    .replaceAll(/\b([0-9a-f]{8})[0-9a-f]{24}\b/g, "$1")
    .replaceAll(/\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z/g, "$1 $2")
    .replaceAll(durationIn, (found) => {
      const ms = parseDuration(found);
      return ms === null ? found : spell(ms);
    });

export const sentence = (text: string): string => {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
};

/** A text that may be long, cut at a word. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most).replace(/\s+\S*$/, "")} …`;

export const standingWords = {
  blocked: "Blocked",
  stalled: "Stalled",
  overdue: "Overdue",
  person: "Waits for a person",
  app: "Waits for an app",
  moving: "Moving",
  idle: "Idle",
} as const satisfies Record<Standing, string>;

export const phaseWords = {
  adopting: "Adopting: no key is changed before every app runs on the published key",
  idle: "Idle: every app runs on the published key",
  started: "Rotation started",
  regenerated: "New key made, not published yet",
  published: "New key published, old key still works",
  retired: "Old key regenerated",
  settling: "Moving back to the primary key",
} as const satisfies Record<Phase, string>;
