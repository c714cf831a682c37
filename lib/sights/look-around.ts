import { safeMessage } from "../errors";
import type { App } from "../app";
import { callOptions } from "../limits";
import type { AccountConfig } from "../rotation/account-config";
import type { Sightings } from "../rotation/gate/sightings";
import { waitsForNewer } from "../rotation/newest-configuration";
import { pauseInForce } from "../rotation/pause";
import type { RotationRecord } from "../rotation/record";
import { gatedState } from "../rotation/waiting";
import type { Limit, Looker, LookInput } from "./looker";

/**
 * Has each looker that is due look, all at once, where the account waits at its gate. Never throws, and takes no longer
 * than `maxMs`: what could not be seen stays as it was known. Returns whether any has looked.
 */
export const lookAround = async (
  app: App,
  config: AccountConfig,
  record: RotationRecord,
  sightings: Sightings,
  maxMs = app.limits.requestMs,
): Promise<boolean> => {
  const { ports, limits } = app;
  const now = ports.clock.now();
  const state = gatedState(record.state);
  if (state === null || isStopped(record, config) || waitsForNewer(record, config, now) !== null) return false;
  const input = { config, record, state, sightings, dryRun: limits.dryRun, now };
  const due = app.lookers.filter((looker) => looker.isDue(input));
  if (due.length === 0) return false;
  await Promise.all(due.map((looker) => lookOnce(app, looker, input, now.getTime() + maxMs)));
  return true;
};

/** A pause stops steps, not the repair of apps that hold a key they cannot use. */
const isStopped = (record: RotationRecord, config: AccountConfig): boolean =>
  pauseInForce(record, config) !== null && (record.readAtOnce ?? "") !== record.state.active?.version;

const lookOnce = async ({ ports, limits }: App, looker: Looker, input: LookInput, endMs: number): Promise<void> => {
  const call: Limit = (maxMs = limits.callMs) =>
    callOptions(ports.clock, Math.max(0, Math.min(maxMs, endMs - ports.clock.now().getTime())));
  try {
    await looker.look(input, call);
  } catch (error) {
    const line = { event: "LookFailed", account: input.config.name, kind: looker.kind, detail: safeMessage(error) };
    ports.log.write("warn", line);
  }
};
