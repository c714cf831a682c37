import type { AccountConfig } from "./account-config";
import { activeQuarantine, claimIsLive } from "./claim";
import type { FleetState } from "./fleet/fleet-state";
import { fleetHold } from "./fleet/hold";
import { pauseInForce } from "./pause";
import { gate, type GateInput, type Shut, shutByPause } from "./gate/gate";
import { waitsForNewer } from "./newest-configuration";
import { type Phase, phaseFacts, rotationOf, type State } from "./phases";
import type { RotationRecord } from "./record";
import { scheduledDue } from "./schedule";
import type { Sightings } from "./gate/sightings";
import { latest, plusMs, toInstant } from "./time/time";
import { seconds } from "./time/units";

export type Waiting = Shut;

export interface AccountView {
  readonly record: RotationRecord;
  readonly config: AccountConfig;
  /** Of an account that waits at its gate; else `nothingSeen`. */
  readonly sightings: Sightings;
  readonly dryRun: boolean;
  /** Of an account that may be due; absent where it has not been read, or need not be. */
  readonly fleet?: FleetState | null;
  readonly now: Date;
}

/** The state as one that waits behind the gate, where it does. */
export const gatedState = (state: State): GateInput["state"] | null => {
  if (state.phase === "published" || state.phase === "settling") return state;
  return state.phase === "adopting" && state.active !== null ? { ...state, active: state.active } : null;
};

const gateInput = (seen: AccountView, state: GateInput["state"]): GateInput => ({
  config: seen.config,
  state,
  phaseSince: seen.record.phaseClock.since,
  sightings: seen.sightings,
  pause: pauseInForce(seen.record, seen.config),
  hold: seen.record.hold,
  searched: seen.record.searched,
  now: seen.now,
});

/** The gate of a waiting phase; null in the others. */
export const gateOf = (seen: AccountView): ReturnType<typeof gate> | null => {
  const state = gatedState(seen.record.state);
  return state === null ? null : gate(gateInput(seen, state));
};

type Ask = (seen: AccountView) => Waiting | null;

/** First, as what this process is configured to do does not count then. */
const newerConfiguration: Ask = ({ record, config, now }) => {
  const waits = waitsForNewer(record, config, now);
  return (
    waits && {
      reason: "NewerConfiguration",
      detail:
        "a process with a newer configuration has driven this account; this one repairs drift and takes no step, " +
        `and takes over at ${waits.until} unless a newer one drives before`,
      since: waits.since,
    }
  );
};

const paused: Ask = ({ record, config }) => shutByPause(pauseInForce(record, config));

const lostAnswer = ({ record, now }: AccountView, known: boolean): Waiting | null => {
  const quarantine = activeQuarantine(record, now);
  if (quarantine === null || (quarantine.slot !== null) !== known) return null;
  const what =
    quarantine.slot === null
      ? "a driver or a request was cut off"
      : `the answer to regenerating the ${quarantine.slot} key was lost`;
  return {
    reason: "OutcomeUnknown",
    detail: `${what}; nothing is regenerated before ${quarantine.until}`,
    since: quarantine.since,
  };
};

const backingOff: Ask = ({ record: { failure } }) =>
  failure && {
    reason: "BackingOff",
    detail: `${failure.detail}; tried ${times(failure.attempts)}, again at ${failure.nextAttemptAt}`,
    since: failure.since,
  };

/** What keeps vault and live keys from being compared. */
export const uncompared: Ask = (seen) => backingOff(seen) ?? seen.record.hold;

/** An idle account is compared whether it is due or not, paused or not, so what keeps it from that comes first. */
const uncomparedIdle: Ask = (seen) => (seen.record.state.phase === "idle" ? uncompared(seen) : null);

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

const inBlackout: Ask = ({ record, config, now }) => {
  const due = scheduledDue(record, config, now);
  if (!due.due || due.startsNow || due.blackout === null) return null;
  const { from, to, reason } = due.blackout;
  const detail = `due since ${due.at}; nothing scheduled starts before ${to}: ${reason}`;
  return { reason: "Blackout", detail, since: latest(due.at, from) };
};

/** What the fleet alone holds a due account back for, whatever its window says; null where it does not. */
export const heldByFleet: Ask = (seen) => {
  const { record, config, fleet, now } = seen;
  const due = scheduledDue(record, config, now);
  // A request that starts again is none of the schedule.
  if (!due.due || record.restart !== null) return null;
  return inBlackout(seen) ?? (fleet ? fleetHold(config, fleet, due.at, now) : null);
};

const outsideWindow: Ask = ({ record, config, now }) => {
  const due = scheduledDue(record, config, now);
  return due.due && !due.startsNow
    ? {
        reason: "OutsideWindow",
        detail: `due since ${due.at}; the maintenance window opens at ${due.opensAt}`,
        since: due.at,
      }
    : null;
};

const shutGate: Ask = (seen) => {
  const found = gateOf(seen);
  if (found === null || found.open) return null;
  return { reason: found.reason, detail: found.detail, since: found.since };
};

const dryRun: Ask = (seen) =>
  seen.dryRun && hasNextStep(seen)
    ? {
        reason: "DryRun",
        detail: `would ${nextStep(seen.record.state)}; nothing is changed while ROTATION_DRY_RUN is true`,
        since: seen.record.phaseClock.since,
      }
    : null;

const claimedByOther: Ask = ({ record, now }) => {
  const { claim } = record;
  if (claim === null || !claimIsLive(record, now)) return null;
  const detail = `a driver (${claim.by}) has worked since ${claim.takenAt}, until ${claim.until} at the latest`;
  return { reason: "Claimed", detail, since: claim.takenAt };
};

const asks: readonly Ask[] = [
  newerConfiguration,
  uncomparedIdle,
  paused,
  (seen) => lostAnswer(seen, true),
  backingOff,
  ({ record }) => record.hold,
  inBlackout,
  outsideWindow,
  heldByFleet,
  shutGate,
  (seen) => (mayRegenerateNext(seen.record.state.phase) ? lostAnswer(seen, false) : null),
  dryRun,
  claimedByOther,
];

/** Phases whose next step regenerates a key. */
export const mayRegenerateNext = (phase: Phase): boolean => phase === "started" || phase === "published";

const hasNextStep = ({ record, config, now }: AccountView): boolean =>
  record.state.phase !== "idle" || scheduledDue(record, config, now).due;

/** What the next step would do, in words. */
export const nextStep = (state: State): string =>
  state.phase === "adopting" && state.active === null
    ? "read the account and adopt the key that the vault holds, or publish the primary key"
    : phaseFacts[state.phase].next;

/**
 * What an account waits for, in the words of the status; null when it is idle and not due, while it is blocked, or when
 * the next driver moves it on.
 */
export const waitingFor = (seen: AccountView): Waiting | null => {
  if (seen.record.failure?.blocked) return null;
  // An idle account that is not due and can be compared waits for nothing, paused or not.
  for (const ask of hasNextStep(seen) ? asks : [uncomparedIdle]) {
    const found = ask(seen);
    if (found !== null) return { reason: found.reason, detail: found.detail, since: found.since };
  }
  return null;
};

/** Whether a signal could move this account on: its gate, evaluated without asking Batch, is open. */
export const couldMoveOn = (seen: AccountView): boolean => {
  const { record, config, now } = seen;
  if (waitsForNewer(record, config, now) !== null) return false;
  if (seen.dryRun || record.failure !== null || record.hold !== null) return false;
  if (record.state.phase === "published" && activeQuarantine(record, now) !== null) return false;
  return gateOf(seen)?.open === true;
};

/** Between two checks of Batch that signals cause. */
const checkAgainAfterMs = seconds(5);

/**
 * Whether a signal could make a rotation repeat what Batch or the vault was not ready for, before the next tick does.
 * The number of signals does not matter: a failed attempt has its backoff, and Batch is asked about a key again after
 * some seconds at the earliest.
 */
export const couldTryAgain = (seen: AccountView): boolean => {
  const { record, config, now } = seen;
  const { failure, hold, reconciledAt, state } = record;
  if (waitsForNewer(record, config, now) !== null) return false;
  if (seen.dryRun || rotationOf(state) === null || pauseInForce(record, config) !== null) return false;
  if (claimIsLive(record, now) || activeQuarantine(record, now) !== null) return false;
  const gated = gateOf(seen);
  if (failure !== null) return failure.nextAttemptAt <= toInstant(now) && gated?.open !== false;
  if (gated !== null) return false;
  return hold === null || reconciledAt === null || plusMs(reconciledAt, checkAgainAfterMs) <= toInstant(now);
};
