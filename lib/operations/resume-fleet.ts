import type { App } from "../app";
import { callOptions } from "../limits";
import { stoppedNow } from "../rotation/fleet/breaker";
import { usesRow } from "../rotation/fleet/hold";
import type { FleetState } from "../rotation/fleet/fleet-state";
import { type ExpectedStop, isAnotherStop, resumed } from "../rotation/fleet/resume";
import { reportRotator } from "./alarms/rotator-alarms";

interface ResumeFleet {
  readonly reason: string;
  /** `operator:<name>` */
  readonly by: string;
  readonly expected?: ExpectedStop;
}

type FleetResumed =
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly reason: "FleetNotStopped" | "PreconditionFailed"; readonly detail: string };

/**
 * Ends the stop of the fleet: failures from before count no more. Throws `TransientServiceError` or
 * `OperatorNeededError` where the tables cannot be read or written.
 */
export const resumeFleet = async (app: App, { reason, by, expected }: ResumeFleet): Promise<FleetResumed> => {
  const { ports, limits, fleet } = app;
  if (!usesRow(fleet)) return notStopped;
  const call = () => callOptions(ports.clock, limits.callMs);
  // Another process may have stopped it a moment ago.
  const refusal = refusalOf(app, await ports.fleet.read(0, call()), expected);
  if (refusal !== null) return refusal;
  const request = { id: ports.ids.next(), by, reason, expected };
  const after = await ports.fleet.update((known) => resumed(known, request, fleet, ports.clock.now()), call());
  if (after.resumed?.id !== request.id) return refusalOf(app, after, expected) ?? notStopped;
  await announce(app);
  return { kind: "done" };
};

const refusalOf = ({ fleet, ports }: App, state: FleetState, expected: ExpectedStop): FleetResumed | null => {
  const stopped = stoppedNow(state, fleet, ports.clock.now());
  if (stopped === null) return notStopped;
  if (!isAnotherStop(stopped, expected)) return null;
  const detail =
    `the fleet is stopped until ${stopped.until ?? "an operator resumes it"}, not until ${expected ?? "then"}: ` +
    "more rotations may have failed, so GET the accounts, decide again, and send what fleetStopped shows now";
  return { kind: "refused", reason: "PreconditionFailed", detail };
};

/** Where this fails, the next tick announces it. */
const announce = async (app: App): Promise<void> => {
  const { ports, limits } = app;
  const notices = await ports.notices.list(callOptions(ports.clock, limits.callMs)).catch(() => null);
  if (notices !== null) await reportRotator(app, notices.find(({ notice }) => notice.account === null) ?? null);
};

const notStopped: FleetResumed = {
  kind: "refused",
  reason: "FleetNotStopped",
  detail: "the breaker of the fleet has stopped nothing: GET the account to see what it waits for",
};
