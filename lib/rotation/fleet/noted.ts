import type { AccountConfig } from "../account-config";
import { type Rotation, rotationOf } from "../phases";
import type { RotationRecord } from "../record";
import { nextDueAt } from "../schedule";
import { type Instant, toInstant } from "../time/time";
import { released, withAdmission } from "./admissions";
import { withFailure } from "./failures";
import type { FleetState } from "./fleet-state";
import { settled } from "./settled";

/** What a driver knows of its account at the end of a drive. */
export interface Driven {
  readonly config: AccountConfig;
  readonly record: RotationRecord;
  /** The rotation that was under way when the drive began. */
  readonly before: Rotation | null;
  /** Since when a consumer has been unhealthy on the new key; null where none is. */
  readonly unhealthySince: Instant | null;
}

const isScheduled = (rotation: Rotation | null): boolean => rotation?.trigger === "schedule";

/** Whether the fleet has to know what became of this drive. */
export const concernsFleet = ({ config, record, before }: Driven): boolean =>
  isScheduled(before) || isScheduled(rotationOf(record.state)) || config.fleet.canaries.includes(config.name);

/** The row with what a drive has found; the same object where that adds nothing. Can be repeated. */
export const noted = (state: FleetState, driven: Driven, now: Date): FleetState => {
  if (state.unreadable) return state;
  const steps = [withFailures, withEntry, withoutEnded, withPass];
  const after = steps.reduce((changed, step) => step(changed, driven, now), state);
  return after === state ? state : settled(state, after, driven.config.fleet, now);
};

type Step = (state: FleetState, driven: Driven, now: Date) => FleetState;

/** A roll-back is counted by the rotation that was under way before: the record no longer says what had started it. */
const withFailures: Step = (state, { config, record, before, unhealthySince }, now) => {
  const { name: account, fleet } = config;
  const rotation = rotationOf(record.state);
  const { failure, lastRotation } = record;
  const counted = (
    changed: FleetState,
    id: string,
    cause: "blocked" | "unhealthy" | "rolledBack",
    at: Instant | null,
  ) => withFailure(changed, { account, rotationId: id, cause, at }, fleet, now);
  if (rotation !== null && isScheduled(rotation)) {
    const blocked = counted(state, rotation.id, "blocked", failure?.blocked ? failure.since : null);
    return counted(blocked, rotation.id, "unhealthy", unhealthySince);
  }
  if (before === null || !isScheduled(before) || lastRotation?.id !== before.id) return state;
  return counted(state, before.id, "rolledBack", lastRotation.outcome === "rolledBack" ? lastRotation.endedAt : null);
};

/** A rotation that is under way counts, also where its entry was lost: the row was deleted, or is new. */
const withEntry: Step = (state, { config: { name: account, fleet }, record }) => {
  const rotation = rotationOf(record.state);
  if (fleet.maxRotating === null || rotation === null || !isScheduled(rotation)) return state;
  if (state.rotating.some((entry) => entry.account === account && entry.rotationId === rotation.id)) return state;
  const claimId = record.claim?.id ?? "";
  return withAdmission(state, { account, rotationId: rotation.id, claimId, at: rotation.startedAt });
};

/** Only a rotation that has ended: an entry of another driver may be newer than this record. */
const withoutEnded: Step = (state, { config, record }, now) => {
  const ended = state.rotating.find(
    ({ account, rotationId }) => account === config.name && rotationId === record.lastRotation?.id,
  );
  return ended === undefined ? state : released(state, ended, record, config.fleet, now);
};

const withPass: Step = (state, { config, record }, now) => {
  const { name: account, fleet } = config;
  const { lastRotation } = record;
  if (!fleet.canaries.includes(account) || lastRotation === null) return state;
  const others = state.canaries.filter((pass) => pass.account !== account);
  const known = state.canaries.find((pass) => pass.account === account) ?? null;
  const completedAt = lastRotation.endedAt;
  if (lastRotation.outcome === "rolledBack") {
    return known === null || known.completedAt > completedAt ? state : { ...state, canaries: others };
  }
  const until = lastRotation.outcome === "completed" ? nextDueAt(record, config) : null;
  if (until === null || until <= toInstant(now)) return state;
  if (known?.until === until && known.completedAt === completedAt) return state;
  return { ...state, canaries: [...others, { account, completedAt, until }] };
};
