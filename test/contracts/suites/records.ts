import type { RotationEvent } from "../../../lib/rotation/events/events";
import type { State } from "../../../lib/rotation/phases";
import type { RotationRecord } from "../../../lib/rotation/record";
import { aClaim, aFailure, aLastRotation, aPause, aQuarantine, aRecord } from "../../builders/record";
import { aDeathProof, adopting, anApproval, aRotation, idle, thePrimary } from "../../builders/state";
import { at as timeOf, minutes } from "../../builders/time";

export const at = timeOf("10:00");
export const later = timeOf("11:00");

const demand = { trigger: "demand", reason: "key found in a log", by: "operator:ada" } as const;
const rotation = aRotation({ ...demand, retireAfterMs: minutes(15), idempotencyKey: "incident-7" });

/** One state of every phase. */
export const everyState: readonly State[] = [
  adopting(),
  adopting({ active: thePrimary(), approval: anApproval() }),
  idle(),
  rotation.started(),
  rotation.regenerated(),
  rotation.published(),
  rotation.retired(),
  rotation.retired({ proof: aDeathProof() }),
  rotation.settling({ approval: anApproval() }),
];

export const anEvent = (sequence: number, change: Partial<RotationEvent> = {}): RotationEvent => ({
  id: `event-${sequence}`,
  sequence,
  at,
  event: "KeyPublished",
  account: "render-weu",
  rotationId: rotation.started().rotation.id,
  reason: null,
  detail: `event number ${sequence}`,
  by: "schedule",
  evidence: null,
  previousHash: null,
  ...change,
});

/** A record with every optional part filled in. */
export const aFullRecord = (): RotationRecord =>
  aRecord({
    state: rotation.published({ approval: anApproval() }),
    pause: aPause(),
    rollback: { since: later, by: "operator:ada", reason: "errors after the change" },
    phaseClock: { pausedSince: at, pausedMs: 60_000 },
    claim: aClaim({ intent: { slot: "primary", at } }),
    quarantine: aQuarantine(),
    failure: aFailure({ blocked: { reason: "Forbidden", remedy: "grant the right" } }),
    hold: { reason: "OldKeyStillAccepted", detail: "the retired key is accepted still", since: at },
    contest: { by: "/subscriptions/s/other", since: at },
    dueAgainAt: later,
    restart: { ...demand, retireAfterMs: minutes(15), idempotencyKey: "leak-7" },
    lastRotation: aLastRotation({ outcome: "rolledBack" }),
    publishing: {
      outbox: [anEvent(7), anEvent(8, { event: "RotationStalled", reason: "Unhealthy", rotationId: null })],
      announcedThrough: 7,
    },
    chain: { sequence: 8 },
  });
