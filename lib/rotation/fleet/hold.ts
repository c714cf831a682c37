import type { AccountConfig } from "../account-config";
import type { Shut } from "../gate/gate";
import { formatDuration } from "../time/duration";
import { type Instant, latest, latestOf, toInstant } from "../time/time";
import { lastBlackoutEnd } from "./blackouts";
import { lastStopEnd, type Stopped, stoppedNow } from "./breaker";
import type { FleetConfig } from "./fleet-config";
import type { Admission, CanaryPass, FleetFailure, FleetState } from "./fleet-state";

/** Whether a start depends on what other accounts do. Where it does not, no row is read or written. */
export const usesRow = ({ maxRotating, canaries, breaker }: FleetConfig): boolean =>
  maxRotating !== null || canaries.length > 0 || breaker !== null;

/** What the fleet holds a due account back for; null where it may start. Rotations on demand never ask. */
export const fleetHold = (config: AccountConfig, state: FleetState, dueAt: Instant, now: Date): Shut | null => {
  const { fleet } = config;
  const stopped = stoppedNow(state, fleet, now);
  if (stopped !== null) {
    const since = latest(dueAt, stopped.since ?? dueAt);
    return { reason: "FleetStopped", detail: stoppedDetail(stopped, fleet), since };
  }
  const canary = pendingCanary(config, state, now);
  if (canary !== null) {
    const detail = `canary ${canary.name} has yet to complete a rotation of its own: the others start after it`;
    return { reason: "CanaryPending", detail, since: latest(dueAt, canary.pass?.until ?? dueAt) };
  }
  const others = state.rotating.filter(({ account }) => account !== config.name);
  if (fleet.maxRotating === null || others.length < fleet.maxRotating) return null;
  const detail = `${others.length} scheduled rotations are under way (${named(others)}), as many as fleet.maxRotating`;
  return { reason: "FleetLimit", detail, since: dueAt };
};

const maxNamed = 5;

const named = (accounts: readonly Admission[]): string => {
  const names = accounts.slice(0, maxNamed).map(({ account }) => account);
  return accounts.length > maxNamed ? `${names.join(", ")} and others` : names.join(", ");
};

const causes = {
  rolledBack: "was rolled back",
  blocked: "is blocked",
  unhealthy: "found a consumer unhealthy on the new key",
} as const satisfies Record<FleetFailure["cause"], string>;

/** In words, with the remedy: for the status of each account that waits, and for the alarm. */
export const stoppedDetail = ({ until, failures }: Stopped, { breaker }: Pick<FleetConfig, "breaker">): string => {
  const resume = "POST /api/fleet/resume";
  if (breaker === null || until === null)
    return (
      "the row of the fleet in the Rotations table cannot be read, so no scheduled rotation starts: " +
      `${resume} begins a new one`
    );
  const shown = failures.slice(-maxNamed).map(({ account, cause }) => `${account} ${causes[cause]}`);
  return (
    `${failures.length} scheduled rotations failed within ${formatDuration(breaker.withinMs)} (${shown.join(", ")}): ` +
    `no further one starts before ${until}, or before ${resume}`
  );
};

/** The first canary that the account has to wait for. A canary itself waits for none. */
const pendingCanary = (
  { name: own, fleet }: AccountConfig,
  { canaries }: FleetState,
  now: Date,
): { readonly name: string; readonly pass: CanaryPass | null } | null => {
  if (fleet.canaries.includes(own)) return null;
  for (const name of fleet.canaries) {
    const pass = canaries.find(({ account }) => account === name) ?? null;
    if (pass === null || pass.until <= toInstant(now)) return { name, pass };
  }
  return null;
};

/** The last instant at which the fleet is known to have held something back; null where none is known. */
export const heldUntil = (fleet: FleetConfig, state: FleetState | null, now: Date): Instant | null =>
  latestOf(
    [lastBlackoutEnd(fleet, now), state?.heldUntil ?? null, state === null ? null : lastStopEnd(state, fleet)],
    (at) => at,
  );
