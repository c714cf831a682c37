import { safeMessage } from "../errors";
import type { App } from "../app";
import { advance } from "../driver/advance";
import { callOptions } from "../limits";
import type { AccountConfig } from "../rotation/account-config";
import type { EventDraft } from "../rotation/events/events";
import type { Sightings } from "../rotation/gate/sightings";
import { waitsForNewer } from "../rotation/newest-configuration";
import { pauseInForce } from "../rotation/pause";
import type { RotationRecord } from "../rotation/record";
import { gatedState } from "../rotation/waiting";
import type { Limit, Looker, LookInput } from "./looker";

/**
 * Has each looker that is due look, all at once, where the account waits at its gate. Never throws, and takes no longer
 * than a request may: what could not be seen stays as it was known. Returns whether any has looked.
 */
export const lookAround = async (
  app: App,
  config: AccountConfig,
  record: RotationRecord,
  sightings: Sightings,
): Promise<boolean> => {
  const { ports, limits } = app;
  const now = ports.clock.now();
  const state = gatedState(record.state);
  if (state === null || pauseInForce(record, config) !== null || waitsForNewer(record, config, now) !== null)
    return false;
  const input = { config, record, state, sightings, dryRun: limits.dryRun, now };
  const due = app.lookers.filter((looker) => looker.isDue(input));
  if (due.length === 0) return false;
  const seen = await Promise.all(due.map((looker) => lookOnce(app, looker, input)));
  await note(app, config, seen.flat());
  return true;
};

const lookOnce = async ({ ports, limits }: App, looker: Looker, input: LookInput): Promise<readonly EventDraft[]> => {
  const endMs = input.now.getTime() + limits.requestMs;
  const call: Limit = (maxMs = limits.callMs) =>
    callOptions(ports.clock, Math.max(0, Math.min(maxMs, endMs - ports.clock.now().getTime())));
  try {
    return await looker.look(input, call);
  } catch (error) {
    logFailure(ports, input.config, looker.kind, error);
    return [];
  }
};

const logFailure = ({ log }: App["ports"], { name }: AccountConfig, kind: string, error: unknown): void =>
  log.write("warn", { event: "LookFailed", account: name, kind, detail: safeMessage(error) });

/** In the history; in the log alone where another driver holds the account, or the tables refuse. */
const note = async (app: App, config: AccountConfig, drafts: readonly EventDraft[]): Promise<void> => {
  if (drafts.length === 0) return;
  const noted = await advance(app.ports, app.limits, config, {
    by: "schedule",
    stop: AbortSignal.abort(),
    claimWaitMs: app.limits.claimWaitMs,
    beforeSteps: () => ({ note: drafts }),
  }).catch((error: unknown) => {
    // Its claim may stay until it expires: the log names the cause of that wait.
    logFailure(app.ports, config, "history", error);
    return null;
  });
  if (noted?.kind === "driven") return;
  for (const { event, detail } of drafts)
    app.ports.log.write("warn", { event, account: config.name, detail, by: "schedule" });
};
