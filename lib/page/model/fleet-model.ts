import type { UnprotectedAccount } from "../../account-directory";
import type { App } from "../../app";
import { callOptions } from "../../limits";
import { type FleetStop, stopOf } from "../../operations/status/fleet-view";
import { blackoutAt } from "../../rotation/fleet/blackouts";
import { recentFailures } from "../../rotation/fleet/breaker";
import type { Admission, FleetFailure } from "../../rotation/fleet/fleet-state";
import { usesRow } from "../../rotation/fleet/hold";
import { type Instant, toInstant } from "../../rotation/time/time";
import { minutes } from "../../rotation/time/units";

export interface CanaryRow {
  readonly account: string;
  readonly completedAt: Instant | null;
  /** Until when it counts. */
  readonly until: Instant | null;
  readonly counts: boolean;
}

export interface FleetModel {
  /** Why nothing scheduled starts; null while it does. */
  readonly stopped: FleetStop | null;
  readonly blackout: { readonly to: Instant; readonly reason: string } | null;
  readonly upcoming: readonly { readonly from: Instant; readonly to: Instant; readonly reason: string }[];
  readonly maxRotating: number | null;
  /** Null where starts are not counted, because nothing depends on their number. */
  readonly rotating: readonly Admission[] | null;
  readonly spread: number;
  readonly canaries: readonly CanaryRow[];
  readonly breaker: {
    readonly failures: number;
    readonly withinMs: number;
    readonly counted: readonly FleetFailure[];
  } | null;
  /** Null where the configuration lists all accounts. */
  readonly found: {
    readonly unprotected: readonly UnprotectedAccount[];
    readonly problems: readonly { readonly account: string; readonly reason: string; readonly detail: string }[];
    readonly trouble: string | null;
    readonly answeredAt: Instant | null;
  } | null;
}

const maxAgeMs = minutes(1);

/** What all accounts share. Throws `TransientServiceError` or `OperatorNeededError`. */
export const readFleetModel = async ({ ports, limits, fleet, accounts }: App): Promise<FleetModel> => {
  const now = ports.clock.now();
  const at = toInstant(now);
  const state = usesRow(fleet) ? await ports.fleet.read(maxAgeMs, callOptions(ports.clock, limits.callMs)) : null;
  const found = accounts.found();
  return {
    stopped: state && stopOf(state, fleet, now),
    blackout: blackoutAt(fleet, now),
    upcoming: fleet.blackouts.filter(({ from }) => from > at).slice(0, 5),
    maxRotating: fleet.maxRotating,
    rotating: fleet.maxRotating === null ? null : (state?.rotating ?? []),
    spread: fleet.spread,
    canaries: fleet.canaries.map((account) => {
      const pass = state?.canaries.find((one) => one.account === account) ?? null;
      const until = pass?.until ?? null;
      return { account, completedAt: pass?.completedAt ?? null, until, counts: until !== null && until > at };
    }),
    breaker: fleet.breaker && { ...fleet.breaker, counted: state === null ? [] : recentFailures(state, fleet, now) },
    found: found && {
      unprotected: found.unprotected,
      problems: found.problems.map(({ account, reason, detail }) => ({ account: account ?? "", reason, detail })),
      trouble: found.trouble?.detail ?? null,
      answeredAt: found.answeredAt,
    },
  };
};
