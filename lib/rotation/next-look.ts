import type { AccountConfig } from "./account-config";
import { activeQuarantine } from "./claim";
import { configurationHash } from "./configuration-hash";
import { overdueAt } from "./events/overdue";
import { nothingSeen } from "./gate/sightings";
import { needsDriver } from "./needs-driver";
import { configurationChangesAt, waitsForNewer } from "./newest-configuration";
import { pauseInForce } from "./pause";
import type { WaitingReason } from "./reasons";
import type { RotationRecord } from "./record";
import { nextDueAt, scheduledDue } from "./schedule";
import { earliest, type Instant, msBetween, plusMs, toInstant } from "./time/time";
import { hours, minutes } from "./time/units";
import { waitingFor } from "./waiting";

/** Written beside a record: what a tick needs to leave the account alone. */
export interface NextLook {
  /** The earliest instant at which anything may have to be done; `atEveryTick` where ticks always look. */
  readonly nextLookAt: Instant;
  /** The configuration that this was computed with. */
  readonly lookedWith: string;
  /** What an account that is left alone waits for; null for nothing. */
  readonly waiting: WaitingReason | null;
}

/** What a row says. Each member may be missing, or be anything: a person or another release may have written it. */
export interface StoredLook {
  readonly nextLookAt: string | null;
  readonly lookedWith: string | null;
  readonly waiting: string | null;
}

/** Due by any clock. */
export const atEveryTick: Instant = new Date(0).toISOString();

/** How often a tick looks at every account, whatever the rows say. */
const allEveryMs = hours(1);
/** Clocks of two processes differ. */
const toleranceMs = minutes(10);

/** As `configurationHash`, with what pauses the account, which also changes what is due. */
const lookHash = (config: AccountConfig): string => {
  const held = config.discovered?.held ?? null;
  return [
    configurationHash(config),
    ...(config.paused ? ["paused"] : []),
    ...(held === null ? [] : [held.reason]),
  ].join("+");
};

/**
 * When an account must be looked at again, from its record as it is written. Only an idle account in which nothing is
 * open can be left alone: for every other one, each tick logs its state and asks its apps.
 */
export const nextLook = (record: RotationRecord, config: AccountConfig, now: Date): NextLook => {
  const lookedWith = lookHash(config);
  const { reconciledAt } = record;
  if (reconciledAt === null || !rests(record, config, now))
    return { nextLookAt: atEveryTick, lookedWith, waiting: null };
  const waits = waitingFor({ record, config, sightings: nothingSeen, dryRun: false, now });
  return { nextLookAt: nextInstant(record, reconciledAt, config, now), lookedWith, waiting: waits?.reason ?? null };
};

const rests = (record: RotationRecord, config: AccountConfig, now: Date): boolean =>
  record.state.phase === "idle" &&
  record.claim === null &&
  record.failure === null &&
  record.hold === null &&
  activeQuarantine(record, now) === null &&
  waitsForNewer(record, config, now) === null &&
  !needsDriver(record, config, nothingSeen, now);

/** The first of all instants at which `needsDriver` may become true, or what the account waits for may change. */
const nextInstant = (record: RotationRecord, reconciledAt: Instant, config: AccountConfig, now: Date): Instant => {
  const { alarms, deliveries } = record.publishing;
  const instants = [
    nextDueAt(record, config),
    opensAt(record, config, now),
    overdueAt(record, config),
    ...configurationChangesAt(record),
    ...alarms.map(({ lastNotifiedAt }) => plusMs(lastNotifiedAt, config.remindEveryMs)),
    ...deliveries.map(({ nextAttemptAt }) => nextAttemptAt),
  ];
  const ahead = instants.filter((at) => at !== null && at > toInstant(now));
  return earliest(plusMs(reconciledAt, config.reconcileEveryMs), ...ahead.filter((at) => at !== null));
};

/** When the window opens for a rotation that waits for it. */
const opensAt = (record: RotationRecord, config: AccountConfig, now: Date): Instant | null => {
  const due = scheduledDue(record, config, now);
  return due.due && !due.startsNow && pauseInForce(record, config) === null ? due.opensAt : null;
};

const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * Whether a tick has to look at the account. What is missing, has another form, was computed with another
 * configuration, or lies later than the next comparison can, says nothing: then it looks.
 */
export const lookIsDue = (
  { nextLookAt, lookedWith }: Omit<StoredLook, "waiting">,
  config: AccountConfig,
  now: Date,
): boolean =>
  nextLookAt === null ||
  !instantForm.test(nextLookAt) ||
  nextLookAt <= toInstant(now) ||
  nextLookAt > plusMs(toInstant(now), config.reconcileEveryMs + toleranceMs) ||
  lookedWith !== lookHash(config);

/** Whether a tick looks at all accounts. `lastAt`: when one did so last; null where that is unknown. */
export const lookAtAllIsDue = (lastAt: Instant | null, now: Date): boolean =>
  lastAt === null || lastAt > toInstant(now) || msBetween(lastAt, toInstant(now)) >= allEveryMs;
