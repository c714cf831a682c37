import { type CorruptRecordError, RecordElsewhereError } from "../../errors";
import { type Blocked, conditionOf } from "../../rotation/attention/account-condition";
import type { AccountConfig } from "../../rotation/account-config";
import type { Phase, Slot } from "../../rotation/phases";
import type { RotationRecord } from "../../rotation/record";
import { nothingSeen } from "../../rotation/gate/sightings";
import { nextDueAt } from "../../rotation/schedule";
import { type Instant, toInstant } from "../../rotation/time/time";
import { keysUnusedSince } from "../../rotation/attention/way-out";
import type { AccountView, Waiting } from "../../rotation/waiting";
import { type ConsumerBody, consumerBodies } from "./consumer-body";
import { type RotationBody, rotationBody } from "./rotation-body";

/** What `GET /api/accounts/{account}` shows. Every member is always there; null where there is nothing. */
export interface StatusBody {
  readonly account: string;
  readonly resourceId: string;
  readonly secret: { readonly vaultUrl: string; readonly name: string; readonly version: string | null };
  readonly phase: Phase | null;
  readonly waitingFor: Waiting | null;
  readonly blocked: Blocked | null;
  readonly stalled: boolean;
  /** Due, and it should have started by now. */
  readonly overdue: boolean;
  readonly paused: boolean;
  readonly activeSlot: Slot | null;
  readonly rotation: RotationBody | null;
  readonly lastRotation: {
    readonly id: string;
    readonly outcome: string;
    readonly startedAt: Instant;
    readonly endedAt: Instant;
  } | null;
  readonly nextDueAt: Instant | null;
  /** Nothing is known to have used the keys since then, at least 30 days: shared keys could perhaps be switched off. */
  readonly keysUnusedSince: Instant | null;
  readonly consumers: readonly ConsumerBody[];
}

/** What is stored of an account; the record is null before first sight. */
export interface StatusInput extends Omit<AccountView, "record"> {
  readonly record: RotationRecord | null;
  /** Of an account whose keys seem to be unused otherwise; absent where it has not been read, or need not be. */
  readonly keysListedAt?: Instant | null;
}

/** The status of one account, from what is stored: no call to Batch or the vault. */
export const statusOf = (view: StatusInput): StatusBody => {
  const { config, record } = view;
  if (record === null) return unseen(view);
  const { state, lastRotation } = record;
  return {
    account: config.name,
    resourceId: config.batch.resourceId,
    secret: { ...config.secret, version: state.active?.version ?? null },
    ...conditionOf({ ...view, record }),
    activeSlot: state.active?.slot ?? null,
    rotation: rotationBody(record),
    lastRotation: lastRotation && {
      id: lastRotation.id,
      outcome: lastRotation.outcome,
      startedAt: lastRotation.startedAt,
      endedAt: lastRotation.endedAt,
    },
    nextDueAt: nextDueAt(record, config),
    keysUnusedSince: keysUnusedSince({ ...view, record, keysListedAt: view.keysListedAt ?? null }),
    consumers: consumerBodies(view),
  };
};

const unseen = (view: StatusInput): StatusBody => ({
  account: view.config.name,
  resourceId: view.config.batch.resourceId,
  secret: { ...view.config.secret, version: null },
  phase: null,
  waitingFor: null,
  blocked: null,
  stalled: false,
  overdue: false,
  paused: view.config.paused || (view.config.discovered?.held ?? null) !== null,
  activeSlot: null,
  rotation: null,
  lastRotation: null,
  nextDueAt: null,
  keysUnusedSince: null,
  consumers: consumerBodies(view),
});

const remedyOf = ({ name }: AccountConfig, error: CorruptRecordError): string =>
  error instanceof RecordElsewhereError
    ? `${error.problem}: give the account this name in ROTATION_ACCOUNTS; to keep the name ${name}, wait until no ` +
      `rotation of ${error.holder} is under way, then delete the row with PartitionKey ${error.holder} in the ` +
      "Rotations table: the account is adopted anew, and its history stays under the old name"
    : `${error.problem}; fix or delete the row with PartitionKey ${name} in the Rotations table: ` +
      "without a row the account is adopted anew, which regenerates nothing before every consumer has confirmed";

/**
 * The status of an account whose record cannot be used. `since`: when the alarm about it began; null where it has not.
 */
export const corruptStatus = (
  config: AccountConfig,
  error: CorruptRecordError,
  now: Date,
  since: Instant | null = null,
): StatusBody => ({
  ...unseen({ config, record: null, sightings: nothingSeen, dryRun: false, now }),
  blocked: {
    reason: error.reason,
    remedy: remedyOf(config, error),
    since: since ?? toInstant(now),
    attempts: 1,
    nextAttemptAt: toInstant(now),
  },
});
