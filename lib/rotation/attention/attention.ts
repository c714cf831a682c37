import { conditionOf } from "./account-condition";
import type { AccountConfig } from "../account-config";
import { overdueSince } from "../events/overdue";
import { pauseInForce } from "../pause";
import { rotationOf } from "../phases";
import type { RotationRecord } from "../record";
import { nextDueAt } from "../schedule";
import { type Instant, plusMs, toInstant } from "../time/time";
import type { AccountView } from "../waiting";
import { type Standing, standingOrder, whoActs } from "./who-acts";

/** When the account counts as stalled, or since when it does; null while nothing leads there. */
export const stallsAt = ({ state: { phase }, phaseClock }: RotationRecord, config: AccountConfig): Instant | null => {
  if (phase === "idle") return null;
  const at = plusMs(phaseClock.since, config.stalledAfterMs[phase] + phaseClock.pausedMs);
  return phaseClock.pausedSince === null || at <= phaseClock.pausedSince ? at : null;
};

/** Who must act while nothing is stalled or overdue, and since when. */
const standingOf = (view: AccountView): Attention => {
  const { record, config } = view;
  const { state, lastRotation, phaseClock } = record;
  const { standing, since } = whoActs({
    ...conditionOf(view),
    account: record.account,
    secret: { version: state.active?.version ?? null },
    rotation: rotationOf(state),
    nextDueAt: nextDueAt(record, config),
    lastRotation,
    stalled: false,
    overdue: false,
  });
  return { standing, since: since ?? pauseInForce(record, config)?.since ?? phaseClock.since };
};

/** A part of an idle account that is not due would have every idle account listed. */
const overdueFrom = (view: AccountView, { standing }: Attention): Instant | null => {
  const from = overdueSince(view);
  return standing === "idle" && from !== null && from > toInstant(view.now) ? null : from;
};

/**
 * Written beside a record, so that a page over a hundred thousand accounts need not read their records: who must act,
 * by the same rule as the status. `view`: as the last driver has seen it. Empty for an idle account for which no one
 * has to act.
 */
export const attentionOf = (view: AccountView): string => {
  const { record, config } = view;
  const base = standingOf(view);
  const parts: readonly Attention[] =
    base.standing === "blocked"
      ? [base]
      : [
          { standing: "stalled", since: stallsAt(record, config) },
          { standing: "overdue", since: overdueFrom(view, base) },
          ...(base.standing === "idle" ? [] : [base]),
        ];
  return parts.flatMap(({ standing, since }) => (since === null ? [] : [`${standing} ${since}`])).join(";");
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

/** Parts that hold from their instant on; any other holds already, whatever this process's clock says. */
const isToCome: ReadonlySet<Standing> = new Set(["stalled", "overdue"] as const);

/** The first that is so by now. A row without any is judged by its phase. */
export const attentionIn = ({ phase, phaseSince, attention }: AttentionRow, now: Date): Attention => {
  const parts = (attention ?? "").split(";").flatMap((part) => {
    const [, name, since] = partForm.exec(part) ?? [];
    const standing = standingOrder.find((known) => known === name);
    if (standing === undefined || since === undefined) return [];
    return isToCome.has(standing) && since > toInstant(now) ? [] : [{ standing, since }];
  });
  return parts[0] ?? { standing: phase === "idle" ? "idle" : "moving", since: phaseSince };
};
