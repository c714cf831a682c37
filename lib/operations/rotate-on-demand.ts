import { advance } from "../driver/advance";
import type { RequestRejection } from "../driver/requests";
import type { App } from "../app";
import { callOptions } from "../limits";
import { failedPrecondition, type Preconditions } from "./preconditions";
import { readStatus, statusAfter } from "./status/read-status";
import { readRecord } from "../driver/read-record";
import type { AccountConfig } from "../rotation/account-config";
import { pauseInForce } from "../rotation/pause";
import { rotationOf } from "../rotation/phases";
import type { RotationRecord } from "../rotation/record";
import type { Move } from "../rotation/moves/move";
import { rotationStarted } from "../rotation/moves/transitions";
import { lookAtNew } from "../sights/look-at-new";
import type { StatusBody } from "./status/status";

export interface Demand {
  readonly reason: string;
  readonly retireAfterMs: number | null;
  readonly idempotencyKey: string | null;
  /** The caller, as the platform names it, or `operator:function-key`. */
  readonly by: string;
  /** A repeated request is answered without them: its own rotation has changed what they compare. */
  readonly expected?: Preconditions;
}

export type Demanded =
  | { readonly kind: "accepted"; readonly status: StatusBody }
  /** `dryRun`: nothing was started; the status says what would be done. */
  | { readonly kind: "dryRun"; readonly status: StatusBody }
  | { readonly kind: "refused"; readonly reason: string; readonly detail: string }
  | { readonly kind: "busy"; readonly retryAfterSeconds: number };

/**
 * Starts a rotation whatever `nextDueAt` and the window say, and takes as many steps as it can at once.
 * The same idempotency key asks for the same rotation, while it is under way and after its end.
 */
export const rotateOnDemand = async (app: App, config: AccountConfig, demand: Demand): Promise<Demanded> => {
  const { ports, limits } = app;
  const beforeSteps = (record: RotationRecord): Move | RequestRejection | null => {
    const asked = knownDemand(record, demand);
    if (asked === "same") return null;
    if (asked === "other") return keyReused;
    const refusal = refusalOf(record, config, demand);
    if (refusal !== null || record.state.phase !== "idle") return refusal ?? notIdle(record);
    const { expected: _compared, ...asksFor } = demand;
    const request = { id: ports.ids.next(), trigger: "demand", ...asksFor } as const;
    return rotationStarted(record.state, request, record, ports.clock.now());
  };
  const begunAt = ports.clock.now();
  const known = await readRecord(ports, limits, config, callOptions(ports.clock, limits.callMs));
  const early = await answeredFromRecord(app, config, demand, known?.record ?? null);
  if (early !== null) return early;
  const driven = await advance(ports, limits, config, {
    by: "demand",
    stop: ports.clock.abortAfter(limits.requestMs),
    claimWaitMs: limits.claimWaitMs,
    beforeSteps,
    known,
  });
  if (driven.kind === "busy") return { kind: "busy", retryAfterSeconds: busySeconds(app, driven.claim?.until ?? null) };
  if (driven.kind === "refused") return refused(driven.refusal);
  const looked = await lookAtNew(app, config, driven, {
    before: known?.record ?? null,
    begunAt,
    maxMs: limits.requestMs,
  });
  return { kind: "accepted", status: await statusAfter(app, config, looked) };
};

/** Answers that need no claim: a repeated request, a refusal that the record shows already, a dry run. */
const answeredFromRecord = async (
  app: App,
  config: AccountConfig,
  demand: Demand,
  record: RotationRecord | null,
): Promise<Demanded | null> => {
  const { limits } = app;
  if (record === null) return refused(isPausedUnseen(config) ? pausedRefusal : notAdopted);
  const asked = knownDemand(record, demand);
  if (asked === "other") return refused(keyReused);
  if (asked === "same") return { kind: "accepted", status: await readStatus(app, config) };
  const refusal = refusalOf(record, config, demand);
  if (refusal !== null) return refused(refusal);
  return limits.dryRun ? { kind: "dryRun", status: await planned(app, config) } : null;
};

/** The status of a dry run: what a rotation on demand would do now. */
const planned = async (app: App, config: AccountConfig): Promise<StatusBody> => {
  const status = await readStatus(app, config);
  const since = app.ports.clock.now().toISOString();
  const detail = "would start a rotation on demand; nothing is changed while ROTATION_DRY_RUN is true";
  return status.waitingFor === null ? { ...status, waitingFor: { reason: "DryRun", detail, since } } : status;
};

const knownDemand = (record: RotationRecord, demand: Demand): "same" | "other" | null => {
  if (demand.idempotencyKey === null) return null;
  const known = [rotationOf(record.state), record.restart, record.lastRotation].find(
    (rotation) => rotation?.idempotencyKey === demand.idempotencyKey,
  );
  if (!known) return null;
  return known.reason === demand.reason && known.retireAfterMs === demand.retireAfterMs ? "same" : "other";
};

/** Before its first record. */
const isPausedUnseen = ({ paused, discovered }: AccountConfig): boolean =>
  paused || (discovered?.held ?? null) !== null;

const pausedRefusal: RequestRejection = {
  refused: "Paused",
  detail:
    'the account is paused: resume it first, or take "paused" out of its configuration; where its tag is the cause, ' +
    "GET the account for the remedy",
};
const notAdopted: RequestRejection = {
  refused: "NotAdopted",
  detail:
    "the account is not adopted yet: until every consumer has confirmed the published key, " +
    "a rotation could break one; GET the account to see what it waits for",
};
const startsAgain: RequestRejection = {
  refused: "RotationUnderWay",
  detail: "a rotation on demand was superseded and starts again at once with its own request: wait for its end",
};
const keyReused: RequestRejection = {
  refused: "IdempotencyKeyReused",
  detail: "this Idempotency-Key was used with another body: send the same body, or another key",
};

/** The first that applies. */
const refusalOf = (
  record: RotationRecord,
  config: AccountConfig,
  { expected = {} }: Demand,
): RequestRejection | null => {
  if (pauseInForce(record, config) !== null) return pausedRefusal;
  if (record.state.phase === "adopting") return notAdopted;
  if (record.state.phase !== "idle") return notIdle(record);
  // Another request in its place would lose what it was asked for.
  return record.restart === null ? failedPrecondition(record, expected) : startsAgain;
};

const notIdle = (record: RotationRecord): RequestRejection => ({
  refused: "RotationUnderWay",
  detail:
    `rotation ${rotationOf(record.state)?.id ?? ""} is under way, ` +
    `in phase ${record.state.phase}: wait for its end`,
});

const refused = ({ refused: reason, detail }: RequestRejection): Demanded => ({ kind: "refused", reason, detail });

/** A claim that is released normally lasts seconds; only a dead driver's claim lasts to its end. */
export const busySeconds = (app: App, until: string | null): number => {
  const leftMs = until === null ? 0 : Date.parse(until) - app.ports.clock.now().getTime();
  return Math.max(1, Math.min(30, Math.ceil(leftMs / 1000)));
};
