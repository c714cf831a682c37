import type { AccountConfig } from "../account-config";
import { consumerState, sightingsByConsumer } from "./consumers";
import { formatDuration } from "../time/duration";
import type { Approval, GatedPhase, Published, StateOf } from "../phases";
import type { WaitingReason } from "../reasons";
import type { Hold, Pause } from "../record";
import { copied, isApprovedAfter, searchIsDue, type Searched } from "./key-copies";
import { unknownReaderFault, unreadLog } from "./readers";
import type { Sightings } from "./sightings";
import { type Instant, latest, latestOf, plusMs, toInstant } from "../time/time";
import { nextOpening, windowIsOpen } from "../time/window";

export interface GateInput {
  readonly config: AccountConfig;
  readonly state: StateOf<GatedPhase> & { readonly active: Published };
  /** Since when the account is in this phase. */
  readonly phaseSince: Instant;
  readonly sightings: Sightings;
  readonly pause: Pause | null;
  /** Set when Batch refused the published key at the last check. */
  readonly hold: Hold | null;
  /** The last search of the account for copies of the key that dies next. */
  readonly searched: Searched | null;
  readonly now: Date;
}

export interface Shut {
  readonly reason: WaitingReason;
  readonly detail: string;
  readonly since: Instant;
}

type Gate =
  | { readonly open: true /** Why it is open where that is not the plain case. */; readonly override: string | null }
  | ({ readonly open: false } & Shut);

interface Check {
  /** What may open the gate in spite of this check. */
  readonly yieldsTo: {
    readonly retireAfter: boolean;
    /** `ofWhatWasFound`: only one that was given after it was found. */
    readonly approval: boolean | "ofWhatWasFound";
  };
  readonly shut: (input: GateInput) => Shut | null;
}

const never = { retireAfter: false, approval: false } as const;
const toRetireAfter = { retireAfter: true, approval: false } as const;
const toBoth = { retireAfter: true, approval: true } as const;
const toBothOnceFound = { retireAfter: true, approval: "ofWhatWasFound" } as const;

/** Why a pause shuts the gate, and stops every other step. */
export const shutByPause = (pause: Pause | null): Shut | null =>
  pause && { reason: "Paused", detail: `paused by ${pause.by}: ${pause.reason}`, since: pause.since };

const paused = ({ pause }: GateInput): Shut | null => shutByPause(pause);

const targetKeyRefused = ({ hold }: GateInput): Shut | null =>
  hold?.reason === "TargetKeyRefused" ? { ...hold } : null;

const outsideWindow = ({ config, state, now }: GateInput): Shut | null => {
  const scheduled = "rotation" in state && state.rotation.trigger === "schedule";
  if (!scheduled || config.window === null || windowIsOpen(config.window, now)) return null;
  return {
    reason: "OutsideWindow",
    detail: `the maintenance window opens at ${nextOpening(config.window, now)}`,
    since: state.active.publishedAt,
  };
};

const approvalPending = ({ config, state }: GateInput): Shut | null => {
  if (config.gate.mode !== "approval" || state.approval !== null) return null;
  const { version, publishedAt } = state.active;
  const detail = `version ${version}, published at ${publishedAt}, waits for an operator to approve`;
  return { reason: "ApprovalPending", detail, since: publishedAt };
};

/** The wait begins when the rotator first sees a version: at first sight that is later than the publication. */
const delayNotElapsed = ({ config, state, phaseSince, now }: GateInput): Shut | null => {
  const { delayMs, mode } = config.gate;
  if (mode !== "delay" || delayMs === null) return null;
  const since = latest(state.active.publishedAt, phaseSince);
  const until = plusMs(since, delayMs);
  if (toInstant(now) >= until) return null;
  const detail = `the delay of ${formatDuration(delayMs)} since ${since} ends at ${until}`;
  return { reason: "DelayNotElapsed", detail, since };
};

const consumerNotGood = ({ config, state, sightings, now }: GateInput): Shut | null => {
  const { mode, consumers } = config.gate;
  if (mode === "signals" && consumers.length === 0) {
    // The configuration refuses this as well: without a consumer, silence must not count as consent.
    return {
      reason: "NoSignalYet",
      detail: "the gate is in mode signals, and no consumer is configured that could report",
      since: state.active.publishedAt,
    };
  }
  const knownOf = sightingsByConsumer(sightings);
  for (const consumer of consumers) {
    const found = consumerState(consumer, config.gate, state.active, knownOf(consumer), now);
    if (found.state !== "Good") return { reason: found.state, detail: found.detail, since: found.since };
  }
  return null;
};

/** A reader that is no configured consumer may use the key too. Where it holds the gate, the log must have answered. */
const unknownReader = ({ config, state, sightings: { readers }, now }: GateInput): Shut | null => {
  if (config.gate.unknownReaders !== "hold") return null;
  const found = unknownReaderFault(config.gate, readers, now) ?? unreadLog(readers, state.active);
  return found && { reason: "UnknownReader", detail: found.detail, since: found.since };
};

const soakNotElapsed = ({ config, state, sightings, now }: GateInput): Shut | null => {
  const { consumers, soakMs } = config.gate;
  const knownOf = sightingsByConsumer(sightings);
  const good = consumers.flatMap((consumer) => {
    const found = consumerState(consumer, config.gate, state.active, knownOf(consumer), now);
    return found.state === "Good" ? [{ name: consumer.name, goodSince: found.goodSince }] : [];
  });
  const { publishedAt } = state.active;
  const since = latest(publishedAt, latestOf(good, ({ goodSince }) => goodSince) ?? publishedAt);
  const last = good.find(({ goodSince }) => goodSince === since);
  if (last === undefined) return null;
  const until = plusMs(since, soakMs);
  return toInstant(now) >= until
    ? null
    : {
        reason: "SoakNotElapsed",
        detail:
          `all consumers have been good on version ${state.active.version} since ${since}, ${last.name} last; ` +
          `the soak of ${formatDuration(soakMs)} ends at ${until}`,
        since,
      };
};

const keyInAccount = ({ config, state, searched }: GateInput): Shut | null =>
  copied(config, state.active, searched, state.approval);

/** The ordered checks between a publication and the next step. The first that shuts the gate is the reason to wait. */
const checks: readonly Check[] = [
  { yieldsTo: never, shut: paused },
  { yieldsTo: never, shut: targetKeyRefused },
  { yieldsTo: toRetireAfter, shut: outsideWindow },
  { yieldsTo: toRetireAfter, shut: approvalPending },
  { yieldsTo: toRetireAfter, shut: delayNotElapsed },
  { yieldsTo: toBoth, shut: consumerNotGood },
  { yieldsTo: toBoth, shut: unknownReader },
  { yieldsTo: toBoth, shut: soakNotElapsed },
  // Last, as the account is searched only where nothing else shuts the gate.
  { yieldsTo: toBothOnceFound, shut: keyInAccount },
];

/** When a rotation with `retireAfter` opens its gate whatever the consumers say; null for any other. */
export const retireAt = (state: GateInput["state"]): Instant | null =>
  state.phase === "published" && state.rotation.retireAfterMs !== null
    ? plusMs(state.active.publishedAt, state.rotation.retireAfterMs)
    : null;

const covers = (approval: Approval, yields: Check["yieldsTo"]["approval"], { since }: Shut): boolean =>
  yields === "ofWhatWasFound" ? isApprovedAfter(approval, since) : yields;

const isOverdue = (state: GateInput["state"], now: Date): boolean => {
  const deadline = retireAt(state);
  return deadline !== null && toInstant(now) >= deadline;
};

/**
 * Whether the account must be searched now: nothing but a copy shuts the gate, and no override lets it open. A leaked
 * key that is overdue lives no longer for a search.
 */
export const mustSearch = (input: GateInput): boolean => {
  const { config, state, searched, now } = input;
  if (isOverdue(state, now) || !searchIsDue(config, state.active, searched, now)) return false;
  const found = copied(config, state.active, searched, state.approval);
  return gate({ ...input, searched: null }).open && (found === null || !isApprovedAfter(state.approval, found.since));
};

/** Asks every check in order. */
export const gate = (input: GateInput): Gate => {
  const deadline = retireAt(input.state);
  const leaked = isOverdue(input.state, input.now);
  const { approval } = input.state;
  let override: string | null = null;
  for (const { shut, yieldsTo } of checks) {
    const found = shut(input);
    if (found === null) continue;
    if (leaked && yieldsTo.retireAfter)
      override = `retireAfter has passed at ${deadline}, in spite of ${found.reason}: ${found.detail}`;
    else if (approval !== null && covers(approval, yieldsTo.approval, found))
      override = `approved by ${approval.by} (${approval.reason}), in spite of ${found.reason}: ${found.detail}`;
    else return { open: false, ...found };
  }
  return { open: true, override };
};
