import { advance } from "../driver/advance";
import type { Note, RequestRejection } from "../driver/requests";
import type { App } from "../app";
import { readRecord } from "../driver/read-record";
import { callOptions } from "../limits";
import { failedPrecondition, type Preconditions } from "./preconditions";
import { busySeconds } from "./rotate-on-demand";
import { statusAfter } from "./status/read-status";
import type { AccountConfig } from "../rotation/account-config";
import { activeQuarantine } from "../rotation/claim";
import { pauseInForce } from "../rotation/pause";
import { rotationOf } from "../rotation/phases";
import type { Pause, RotationRecord } from "../rotation/record";
import { toInstant } from "../rotation/time/time";
import { gatedState } from "../rotation/waiting";
import { lookAtNew } from "../sights/look-at-new";
import type { StatusBody } from "./status/status";

export const operatorActions = ["approve", "rollback", "pause", "resume"] as const;
export type OperatorAction = (typeof operatorActions)[number];

export interface Order {
  readonly action: OperatorAction;
  readonly reason: string;
  /** `operator:<name>` */
  readonly by: string;
  /** What the order was decided on; compared under the claim, so nothing can change in between. */
  readonly expected?: Preconditions;
}

export type Operated =
  | { readonly kind: "done"; readonly status: StatusBody }
  | { readonly kind: "refused"; readonly reason: string; readonly detail: string }
  | { readonly kind: "busy"; readonly retryAfterSeconds: number };

/** Executes an operator's order under the claim, and advances the account at once where that is possible. */
export const operate = async (app: App, config: AccountConfig, order: Order): Promise<Operated> => {
  const { ports, limits } = app;
  const beforeSteps = (record: RotationRecord, now: Date): Note | RequestRejection => {
    const differs = failedPrecondition(record, order.expected ?? {});
    if (differs !== null) return differs;
    const asked: Pause = { since: toInstant(now), by: order.by, reason: order.reason };
    return orders[order.action]({ record, config, asked, now, dryRun: limits.dryRun });
  };
  const begunAt = ports.clock.now();
  const known = await readRecord(ports, limits, config, callOptions(ports.clock, limits.callMs));
  const driven = await advance(ports, limits, config, {
    by: order.by,
    stop: ports.clock.abortAfter(limits.requestMs),
    claimWaitMs: limits.claimWaitMs,
    beforeSteps,
    known,
  });
  if (driven.kind === "busy") return { kind: "busy", retryAfterSeconds: busySeconds(app, driven.claim?.until ?? null) };
  if (driven.kind === "refused") {
    return { kind: "refused", reason: driven.refusal.refused, detail: driven.refusal.detail };
  }
  const rotation = rotationOf(driven.record.state);
  if (limits.dryRun && order.action === "rollback" && rotation !== null) {
    const detail = `would roll back to the ${rotation.previous} key, because ${order.by} asks: ${order.reason}`;
    ports.log.write("info", { event: "DryRun", account: config.name, detail });
  }
  const looked = await lookAtNew(app, config, driven, {
    before: known?.record ?? null,
    begunAt,
    maxMs: limits.requestMs,
  });
  return { kind: "done", status: await statusAfter(app, config, looked) };
};

interface Asked {
  readonly record: RotationRecord;
  readonly config: AccountConfig;
  readonly asked: Pause;
  readonly now: Date;
  readonly dryRun: boolean;
}

const orders: { readonly [A in OperatorAction]: (asked: Asked) => Note | RequestRejection } = {
  approve: ({ record, config, asked }) => {
    const { state } = record;
    if (
      (state.phase !== "adopting" && state.phase !== "published" && state.phase !== "settling") ||
      gatedState(state) === null
    ) {
      return {
        refused: "NothingToApprove",
        detail:
          `phase ${state.phase} waits for no consumer: ` +
          "approve when the status shows a reason of a consumer, or ApprovalPending",
      };
    }
    const approval = { at: asked.since, by: asked.by, reason: asked.reason };
    const what = config.gate.mode === "approval" ? "approved" : "approved in spite of the consumers";
    return {
      note: [{ event: "Approved", detail: `${what}, in phase ${state.phase}: ${asked.reason}` }],
      change: { state: { ...state, approval } },
    };
  },
  rollback: ({ record, asked, now, dryRun }) => {
    const { phase } = record.state;
    if (phase !== "started" && phase !== "regenerated" && phase !== "published") {
      return {
        refused: "NothingToRollBack",
        detail:
          `phase ${phase} has no previous key to go back to: ` +
          "a roll-back is possible from the start of a rotation until its old key is retired",
      };
    }
    const quarantine = activeQuarantine(record, now);
    if (quarantine !== null) {
      return {
        refused: "OutcomeUnknown",
        detail: `a request whose answer was lost may still replace a key: roll back after ${quarantine.until}`,
      };
    }
    return dryRun ? { note: [] } : { note: [], change: { rollback: asked, failure: null, hold: null } };
  },
  pause: ({ record, config, asked }) =>
    pauseInForce(record, config) === null
      ? { note: [{ event: "Paused", detail: asked.reason }], change: { pause: asked } }
      : { refused: "AlreadyPaused", detail: "the account is paused already" },
  resume: ({ record, config, asked }) => {
    if (config.paused)
      return {
        refused: "PausedInConfiguration",
        detail: 'take "paused": true out of the account\'s configuration in ROTATION_ACCOUNTS',
      };
    const held = record.pause === null ? pauseInForce(record, config) : null;
    if (held !== null) return { refused: "PausedInConfiguration", detail: held.reason };
    if (record.pause === null && !record.failure?.blocked) {
      const again = record.failure === null ? "" : `, its next attempt is at ${record.failure.nextAttemptAt}`;
      return {
        refused: "NotPaused",
        detail: `the account is neither paused nor blocked: it moves on by itself${again}`,
      };
    }
    return { note: [{ event: "Resumed", detail: asked.reason }], change: { pause: null, failure: null, hold: null } };
  },
};
