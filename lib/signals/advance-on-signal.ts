import type { App } from "../app";
import { callOptions } from "../limits";
import { advance } from "../driver/advance";
import { readRecord } from "../driver/read-record";
import type { CallOptions } from "../ports/call";
import type { AccountConfig } from "../rotation/account-config";
import type { RotationRecord } from "../rotation/record";
import { nothingSeen } from "../rotation/gate/sightings";
import { type AccountView, couldMoveOn, couldTryAgain, gatedState, type Waiting } from "../rotation/waiting";
import { waitingForSender } from "./waiting-for-sender";

/**
 * Advances the account after a stored signal, and returns what the account waits for then.
 * Costs only table reads unless the gate is open or a failed rotation may be retried.
 */
export const advanceOnSignal = async (
  app: App,
  config: AccountConfig,
  consumer: string,
  accepted: boolean,
): Promise<Waiting | null> => {
  const { ports, limits } = app;
  const call = () => callOptions(ports.clock, limits.callMs);
  const known = await readRecord(ports, limits, config, call());
  if (known === null) return null;
  const before = await viewOf(app, config, known.record, call());
  if (!accepted) return waitingForSender(before, consumer);
  const gateIsOpen = couldMoveOn(before);
  if (!gateIsOpen && !couldTryAgain(before)) return waitingForSender(before, consumer);
  const stop = ports.clock.abortAfter(limits.requestMs);
  // Only one of several concurrent signals retries; any of them may wait for the claim when the gate is open.
  const claimWaitMs = gateIsOpen ? limits.claimWaitMs : 0;
  const driven = await advance(ports, limits, config, { by: `signal:${consumer}`, stop, claimWaitMs, known });
  const after = driven.kind === "driven" ? driven.record : (await readRecord(ports, limits, config, call()))?.record;
  return after === undefined ? null : waitingForSender(await viewOf(app, config, after, call()), consumer);
};

/** Only a gate needs sightings. */
const viewOf = async (
  app: App,
  config: AccountConfig,
  record: RotationRecord,
  call: CallOptions,
): Promise<AccountView> => {
  const { ports, limits } = app;
  const sightings = gatedState(record.state) === null ? nothingSeen : await app.reports.read(config.name, call);
  return { record, config, sightings, dryRun: limits.dryRun, now: ports.clock.now() };
};
