import type { AccountConfig } from "../account-config";
import { rotationOf } from "../phases";
import type { RotationRecord } from "../record";
import { type Instant, toInstant } from "../time/time";
import { withFailure } from "./failures";
import type { FleetConfig } from "./fleet-config";
import type { Admission, FleetState } from "./fleet-state";
import { fleetHold } from "./hold";
import { settled } from "./settled";

export const withAdmission = (state: FleetState, admission: Admission): FleetState => ({
  ...state,
  rotating: [...state.rotating.filter(({ account }) => account !== admission.account), admission],
});

/**
 * The row with a rotation that is about to start; unchanged where the fleet holds it back. Only one can be under way in
 * an account, so an earlier entry of the same account never started: a crash or a failed write came in between.
 */
export const admitted = (
  state: FleetState,
  config: AccountConfig,
  { dueAt, ...admission }: Pick<Admission, "rotationId" | "claimId"> & { readonly dueAt: Instant },
  now: Date,
): FleetState =>
  fleetHold(config, state, dueAt, now) === null
    ? settled(
        state,
        withAdmission(state, { account: config.name, ...admission, at: toInstant(now) }),
        config.fleet,
        now,
      )
    : state;

/**
 * Whether this rotation is certainly not under way: it has ended, or it never started and no driver can start it any
 * more, because the claim under which it was to start is no longer in the record. `record`: as it was read after the
 * entry; null where there is none.
 */
export const isOver = ({ rotationId, claimId }: Admission, record: RotationRecord | null): boolean => {
  if (record === null || record.lastRotation?.id === rotationId) return true;
  return rotationOf(record.state)?.id !== rotationId && record.claim?.id !== claimId;
};

/** The row without an entry that is over. Another entry of the same account is a later one and stays. */
export const released = (
  state: FleetState,
  { account, rotationId }: Admission,
  record: RotationRecord | null,
  fleet: FleetConfig,
  now: Date,
): FleetState => {
  const rotating = state.rotating.filter((entry) => entry.account !== account || entry.rotationId !== rotationId);
  if (rotating.length === state.rotating.length) return state;
  const last = record?.lastRotation;
  const rolledBackAt = last?.id === rotationId && last.outcome === "rolledBack" ? last.endedAt : null;
  const counted = withFailure(state, { account, rotationId, cause: "rolledBack", at: rolledBackAt }, fleet, now);
  return settled(state, { ...counted, rotating }, fleet, now);
};
