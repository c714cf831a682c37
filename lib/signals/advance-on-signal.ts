import type { App } from "../app";
import { callOptions } from "../limits";
import { advance } from "../driver/advance";
import { readRecord } from "../driver/read-record";
import type { AccountConfig } from "../rotation/account-config";
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
  const before = await readView(app, config);
  if (before === null || !accepted) return before && waitingForSender(before, consumer);
  const gateIsOpen = couldMoveOn(before);
  if (!gateIsOpen && !couldTryAgain(before)) return waitingForSender(before, consumer);
  const stop = ports.clock.abortAfter(limits.requestMs);
  // Only one of several concurrent signals retries; any of them may wait for the claim when the gate is open.
  const claimWaitMs = gateIsOpen ? limits.claimWaitMs : 0;
  await advance(ports, limits, config, { by: `signal:${consumer}`, stop, claimWaitMs });
  const after = await readView(app, config);
  return after && waitingForSender(after, consumer);
};

/** Null before first sight. Only a gate needs reports. */
const readView = async (app: App, config: AccountConfig): Promise<AccountView | null> => {
  const { ports, limits } = app;
  const call = callOptions(ports.clock, limits.callMs);
  const stored = await readRecord(ports, limits, config, call);
  if (stored === null) return null;
  const { record } = stored;
  const reports = gatedState(record.state) === null ? [] : await app.reports.read(config.name, call);
  return { record, config, reports, dryRun: limits.dryRun, now: ports.clock.now() };
};
