import type { AccountConfig } from "../account-config";
import { pauseInForce } from "../pause";
import type { RotationRecord } from "../record";
import { type Instant, plusMs, toInstant } from "../time/time";
import { gatedState } from "../waiting";
import { type Standing, standingOrder } from "./who-acts";

/** Since when it is an alarm that the account has not rotated; null where it is none. */
const overdueSince = ({ publishing: { alarms } }: RotationRecord): Instant | null =>
  alarms.find(({ kind }) => kind === "RotationOverdue")?.since ?? null;

/** When the account counts as stalled, or since when it does; null while nothing leads there. */
export const stallsAt = ({ state: { phase }, phaseClock }: RotationRecord, config: AccountConfig): Instant | null => {
  if (phase === "idle") return null;
  const at = plusMs(phaseClock.since, config.stalledAfterMs[phase] + phaseClock.pausedMs);
  return phaseClock.pausedSince === null || at <= phaseClock.pausedSince ? at : null;
};

/** Whom an account that is under way waits for, as far as the record says it: the reports are stored elsewhere. */
const waitsFor = (record: RotationRecord, config: AccountConfig): Standing => {
  const { mode, consumers } = config.gate;
  const gated = gatedState(record.state);
  if (gated === null || record.failure !== null || record.hold !== null) return "moving";
  if (gated.approval === null && mode === "approval") return "person";
  return (gated.approval !== null && mode !== "approval") || consumers.length === 0 ? "moving" : "app";
};

/**
 * Written beside a record, so that a page over a hundred thousand accounts need not read their records: who must act,
 * as far as the record says it. Empty for an idle account for which no one has to act.
 */
export const attentionOf = (record: RotationRecord, config: AccountConfig): string => {
  const { failure, phaseClock, state } = record;
  const parts: readonly (readonly [Standing, Instant | null])[] = [
    ["blocked", failure?.blocked ? failure.since : null],
    ["stalled", stallsAt(record, config)],
    ["overdue", overdueSince(record)],
    ["person", pauseInForce(record, config)?.since ?? null],
    [waitsFor(record, config), state.phase === "idle" ? null : phaseClock.since],
  ];
  return parts.flatMap(([standing, from]) => (from === null ? [] : [`${standing} ${from}`])).join(";");
};

/** What a row says of an account; it may be anything, as a person or another release may have written it. */
export interface AttentionRow {
  readonly account: string;
  readonly phase: string | null;
  readonly phaseSince: string | null;
  readonly attention: string | null;
}

export interface Attention {
  readonly standing: Standing;
  /** Null where the row does not say it. */
  readonly since: Instant | null;
}

const partForm = /^([a-z]+) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/;

/** The first that is so by now. A row without any is judged by its phase. */
export const attentionIn = ({ phase, phaseSince, attention }: AttentionRow, now: Date): Attention => {
  const parts = (attention ?? "").split(";").flatMap((part) => {
    const [, name, since] = partForm.exec(part) ?? [];
    const standing = standingOrder.find((known) => known === name);
    return standing === undefined || since === undefined || since > toInstant(now) ? [] : [{ standing, since }];
  });
  return parts[0] ?? { standing: phase === "idle" ? "idle" : "moving", since: phaseSince };
};
