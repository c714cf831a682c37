import { type Instant, isToCome, msBetween, plusMs, toInstant } from "../time/time";
import { hours, minutes } from "../time/units";

/** Why the graph did not answer in full. */
export interface DiscoveryTrouble {
  readonly since: Instant;
  /** Only an operator can end it. */
  readonly lasts: boolean;
  readonly detail: string;
}

/** One row that all processes read: whether their list is current, and who asks the graph when. */
export interface DiscoveryHead {
  /** Another one after every change of the stored accounts. */
  readonly version: string;
  /** A process began to write accounts and did not end: `version` does not say what they are. */
  readonly writing: boolean;
  /** When the graph last answered; null before its first answer. */
  readonly answeredAt: Instant | null;
  readonly nextAskAt: Instant;
  /** Until when the process that asks holds this row; null where none does. */
  readonly heldUntil: Instant | null;
  readonly trouble: DiscoveryTrouble | null;
  /** When the line about unprotected accounts was last logged. */
  readonly coverageLoggedAt: Instant | null;
}

export const firstHead = (now: Date): DiscoveryHead => ({
  version: "",
  writing: false,
  answeredAt: null,
  nextAskAt: toInstant(now),
  heldUntil: null,
  trouble: null,
  coverageLoggedAt: null,
});

/** Longer than asking the graph for 100,000 accounts and writing all of them may take. */
const maxAskMs = minutes(5);

const isHeld = ({ heldUntil }: DiscoveryHead, now: Date): boolean => isToCome(heldUntil, maxAskMs, now);

export const isAskDue = (head: DiscoveryHead, now: Date): boolean =>
  head.nextAskAt <= toInstant(now) && !isHeld(head, now);

export const heldHead = (head: DiscoveryHead, now: Date): DiscoveryHead => ({
  ...head,
  writing: true,
  heldUntil: plusMs(toInstant(now), maxAskMs),
});

/** `version`: null where the stored accounts are as before. */
export const answeredHead = (
  head: DiscoveryHead,
  answer: { readonly version: string | null; readonly incomplete: string | null; readonly everyMs: number },
  now: Date,
): DiscoveryHead => ({
  ...head,
  version: answer.version ?? head.version,
  writing: false,
  answeredAt: toInstant(now),
  nextAskAt: plusMs(toInstant(now), answer.everyMs),
  heldUntil: null,
  coverageLoggedAt: isCoverageDue(head, now) ? toInstant(now) : head.coverageLoggedAt,
  trouble: answer.incomplete === null ? null : troubleOf(head, { lasts: true, detail: answer.incomplete }, now),
});

/** After an error the graph is asked again soon, but not at once. `retryAfterMs`: what it asked to wait. */
export const failedHead = (
  head: DiscoveryHead,
  failure: { readonly lasts: boolean; readonly detail: string; readonly retryAfterMs: number | null },
  everyMs: number,
  now: Date,
): DiscoveryHead => {
  const at = toInstant(now);
  const again = plusMs(at, Math.max(failure.retryAfterMs ?? 0, Math.min(everyMs, minutes(4))));
  const { lasts, detail } = failure;
  return { ...head, nextAskAt: again, heldUntil: null, trouble: troubleOf(head, { lasts, detail }, now) };
};

const troubleOf = (
  { trouble }: DiscoveryHead,
  found: Omit<DiscoveryTrouble, "since">,
  now: Date,
): DiscoveryTrouble => ({ ...found, since: trouble?.since ?? toInstant(now) });

/** An outage that passes by itself is an alarm after this time. */
const passingOutageMs = hours(1);

/** What an operator must know of the graph's answers; null where nothing. */
export const lastingTrouble = ({ trouble }: DiscoveryHead, now: Date): DiscoveryTrouble | null =>
  trouble !== null && (trouble.lasts || msBetween(trouble.since, toInstant(now)) >= passingOutageMs) ? trouble : null;

/** An account that is gone from a list may be gone because the list was not read. */
export const emptyAnswer =
  "Resource Graph shows no Batch account at all, although some are known: check that the identity has its Batch " +
  "role, or the role Reader, on the scope of discovery";

const coverageEveryMs = hours(24);

export const isCoverageDue = ({ coverageLoggedAt }: DiscoveryHead, now: Date): boolean =>
  coverageLoggedAt === null || msBetween(coverageLoggedAt, toInstant(now)) >= coverageEveryMs;
