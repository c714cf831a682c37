import type { AccountConfig } from "../rotation/account-config";
import { pauseInForce } from "../rotation/pause";
import { type ConsumerState, consumerState, healthUrlInstance, reportsByConsumer } from "../rotation/gate/consumers";
import { retireAt } from "../rotation/gate/gate";
import { formatDuration } from "../rotation/time/duration";
import { type Phase, rotationOf, type Slot } from "../rotation/phases";
import type { BlockedReason } from "../rotation/reasons";
import type { RotationRecord } from "../rotation/record";
import { nextDueAt } from "../rotation/schedule";
import type { InstanceReport } from "../rotation/gate/signals";
import { isStalled } from "../rotation/stall";
import { type Instant, msBetween, toInstant } from "../rotation/time/time";
import { gatedState, type Waiting, waitingFor } from "../rotation/waiting";

/** What `GET /api/accounts/{account}` shows. Every member is always there; null where there is nothing. */
export interface StatusBody {
  readonly account: string;
  readonly resourceId: string;
  readonly secret: { readonly vaultUrl: string; readonly name: string; readonly version: string | null };
  readonly phase: Phase | null;
  readonly waitingFor: Waiting | null;
  readonly blocked: BlockedBody | null;
  readonly stalled: boolean;
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
  readonly consumers: readonly ConsumerBody[];
}

interface BlockedBody {
  readonly reason: BlockedReason;
  readonly remedy: string;
  readonly since: Instant;
  readonly attempts: number;
  readonly nextAttemptAt: Instant;
}

interface RotationBody {
  readonly id: string;
  readonly trigger: string;
  readonly reason: string;
  readonly target: Slot;
  readonly previous: Slot;
  readonly startedAt: Instant;
  readonly publishedAt: Instant | null;
  readonly secretVersion: string | null;
  readonly retireAfter: string | null;
  readonly retireAt: Instant | null;
}

interface ConsumerBody {
  readonly name: string;
  readonly state: ConsumerState["state"];
  readonly instances: readonly {
    readonly id: string;
    readonly at: Instant;
    readonly secretVersion: string;
    readonly healthy: boolean;
    readonly proven: boolean;
  }[];
}

export interface AccountView {
  readonly config: AccountConfig;
  readonly record: RotationRecord | null;
  readonly reports: readonly InstanceReport[];
  readonly dryRun: boolean;
  readonly now: Date;
}

/** The status of one account, told from what is stored: no call to Batch or the vault. */
export const statusOf = (view: AccountView): StatusBody => {
  const { config, record, now } = view;
  if (record === null) return unseen(view);
  const { state, lastRotation } = record;
  return {
    account: config.name,
    resourceId: config.batch.resourceId,
    secret: { ...config.secret, version: state.active?.version ?? null },
    phase: state.phase,
    waitingFor: waitingFor({ ...view, record }),
    blocked: blockedBody(record),
    stalled: isStalled(record, config, now),
    paused: pauseInForce(record, config) !== null,
    activeSlot: state.active?.slot ?? null,
    rotation: rotationBody(record),
    lastRotation: lastRotation && {
      id: lastRotation.id,
      outcome: lastRotation.outcome,
      startedAt: lastRotation.startedAt,
      endedAt: lastRotation.endedAt,
    },
    nextDueAt: nextDueAt(record, config),
    consumers: consumerBodies(view),
  };
};

const unseen = (view: AccountView): StatusBody => ({
  account: view.config.name,
  resourceId: view.config.batch.resourceId,
  secret: { ...view.config.secret, version: null },
  phase: null,
  waitingFor: null,
  blocked: null,
  stalled: false,
  paused: view.config.paused,
  activeSlot: null,
  rotation: null,
  lastRotation: null,
  nextDueAt: null,
  consumers: consumerBodies(view),
});

/** The status of an account whose record cannot be read. `since`: when that was first told; null where it has not been. */
export const corruptStatus = (
  config: AccountConfig,
  problem: string,
  now: Date,
  since: Instant | null = null,
): StatusBody => ({
  ...unseen({ config, record: null, reports: [], dryRun: false, now }),
  blocked: {
    reason: "RecordCorrupt",
    remedy: `${problem}; mend or delete the row with PartitionKey ${config.name} in the Rotations table: without a row the account is adopted anew, which regenerates nothing before every consumer has confirmed`,
    since: since ?? toInstant(now),
    attempts: 1,
    nextAttemptAt: toInstant(now),
  },
});

const blockedBody = ({ failure }: RotationRecord): BlockedBody | null =>
  failure?.blocked
    ? {
        reason: failure.blocked.reason,
        remedy: failure.blocked.remedy,
        since: failure.since,
        attempts: failure.attempts,
        nextAttemptAt: failure.nextAttemptAt,
      }
    : null;

const rotationBody = ({ state }: RotationRecord): RotationBody | null => {
  const rotation = rotationOf(state);
  if (rotation === null) return null;
  const out = state.phase === "started" || state.phase === "regenerated" ? null : state.active;
  const gated = gatedState(state);
  return {
    id: rotation.id,
    trigger: rotation.trigger,
    reason: rotation.reason,
    target: rotation.target,
    previous: rotation.previous,
    startedAt: rotation.startedAt,
    publishedAt: out?.publishedAt ?? null,
    secretVersion: out?.version ?? null,
    retireAfter: rotation.retireAfterMs === null ? null : formatDuration(rotation.retireAfterMs),
    retireAt: gated === null ? null : retireAt(gated),
  };
};

const consumerBodies = ({ config, record, reports, now }: AccountView): readonly ConsumerBody[] => {
  const active = record?.state.active ?? null;
  const reportsOf = reportsByConsumer(reports);
  return config.gate.consumers.map((consumer) => ({
    name: consumer.name,
    state:
      active === null ? "NoSignalYet" : consumerState(consumer, config.gate, active, reportsOf(consumer), now).state,
    instances: reportsOf(consumer)
      .filter(
        (report) =>
          report.instance !== healthUrlInstance &&
          msBetween(report.at, toInstant(now)) <= config.gate.forgetInstanceAfterMs,
      )
      .map(({ instance, at, secretVersion, healthy, proven }) => ({
        id: instance,
        at,
        secretVersion,
        healthy,
        proven,
      })),
  }));
};
