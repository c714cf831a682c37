import { changed, type RecordChanges } from "../../builders/record";
import type { RotationEvent } from "../../../lib/rotation/events/events";
import type { Published, Rotation, State } from "../../../lib/rotation/phases";
import type { RotationRecord } from "../../../lib/rotation/record";

export const at = "2026-11-22T10:00:00.000Z";
export const later = "2026-11-22T11:00:00.000Z";

const onPrimary: Published = { slot: "primary", version: "a".repeat(32), publishedAt: at, keyMadeAt: at };
const onSecondary: Published = { slot: "secondary", version: "b".repeat(32), publishedAt: later, keyMadeAt: later };

const rotation: Rotation = {
  id: "01JDA0000000000000000000R1",
  trigger: "demand",
  reason: "key found in a log",
  by: "operator:ada",
  target: "secondary",
  previous: "primary",
  startedAt: at,
  retireAfterMs: 900_000,
  idempotencyKey: "incident-7",
};

const approval = { at: later, by: "operator:ada", reason: "checked manually" };

/** One state of every phase. */
export const everyState: readonly State[] = [
  { phase: "adopting", active: null, approval: null },
  { phase: "adopting", active: onPrimary, approval },
  { phase: "idle", active: onSecondary },
  { phase: "started", active: onPrimary, rotation },
  { phase: "regenerated", active: onPrimary, rotation, regeneratedAt: later },
  {
    phase: "published",
    active: onSecondary,
    rotation,
    previousVersion: "a".repeat(32),
    previousKeyMadeAt: at,
    approval: null,
  },
  { phase: "retired", active: onSecondary, rotation, previousVersion: "a".repeat(32), retiredAt: later },
  { phase: "settling", active: { ...onPrimary, version: "c".repeat(32) }, rotation, approval },
];

export const anEvent = (sequence: number, change: Partial<RotationEvent> = {}): RotationEvent => ({
  id: `event-${sequence}`,
  sequence,
  at,
  event: "KeyPublished",
  account: "render-weu",
  rotationId: rotation.id,
  reason: null,
  detail: `event number ${sequence}`,
  by: "schedule",
  evidence: null,
  previousHash: null,
  ...change,
});

const plain: RotationRecord = {
  account: "render-weu",
  resourceId: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/renderweu",
  secret: { vaultUrl: "https://v.vault.azure.net", name: "renderweu-batch-key" },
  accountEndpoint: "renderweu.westeurope.batch.azure.com",
  state: { phase: "idle", active: onPrimary },
  phaseClock: { since: at, pausedSince: null, pausedMs: 0 },
  pause: null,
  rollback: null,

  claim: null,
  quarantine: null,
  failure: null,
  hold: null,
  reconciledAt: at,
  dueAgainAt: null,
  restart: null,
  lastRotation: null,
  publishing: { outbox: [], announcedThrough: 0, alarms: [], deliveries: [] },
  chain: { sequence: 0, hash: null, prunedThrough: 0 },
};

export const aRecord = (changes: RecordChanges = {}): RotationRecord => changed(plain, changes);

/** A record with every optional part filled in. */
export const aFullRecord = (): RotationRecord =>
  aRecord({
    state: {
      phase: "published",
      active: onSecondary,
      rotation,
      previousVersion: "a".repeat(32),
      previousKeyMadeAt: at,
      approval,
    },
    pause: { since: at, by: "operator:ada", reason: "maintenance" },
    rollback: { since: later, by: "operator:ada", reason: "errors after the change" },
    phaseClock: { pausedSince: at, pausedMs: 60_000 },

    claim: {
      id: "01JDA0000000000000000000C1",
      by: "schedule",
      takenAt: at,
      until: later,
      intent: { slot: "primary", at },
    },
    quarantine: { slot: "primary", since: at, until: later },
    failure: {
      blocked: { reason: "Forbidden", remedy: "grant the right" },
      detail: "Batch regenerateKeys, status 403",
      since: at,
      attempts: 3,
      nextAttemptAt: later,
    },
    hold: { reason: "OldKeyStillAccepted", detail: "the retired key is accepted still", since: at },
    dueAgainAt: later,
    restart: {
      trigger: "demand",
      reason: "the key leaked",
      by: "demand",
      retireAfterMs: 900_000,
      idempotencyKey: "leak-7",
    },
    lastRotation: {
      id: "01JDA0000000000000000000R0",
      outcome: "rolledBack",
      startedAt: at,
      endedAt: later,
      reason: "due",
      retireAfterMs: null,
      idempotencyKey: null,
    },
    publishing: {
      outbox: [anEvent(7), anEvent(8, { event: "RotationStalled", reason: "Unhealthy", rotationId: null })],
      announcedThrough: 7,
    },

    chain: { sequence: 8 },
  });
