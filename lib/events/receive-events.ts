import type { App } from "../app";
import { OperatorNeededError, failedWith, TransientServiceError } from "../errors";
import { concurrently } from "../concurrently";
import type { AccountConfig } from "../rotation/account-config";
import { seconds } from "../rotation/time/units";
import { type Findings, merged, noFindings } from "./findings";
import { lookAt } from "./look";
import type { AzureEvent, EventBatch } from "./parse-events";

/** Most of a look is waiting. */
const maxConcurrent = 32;

/**
 * After so long no look of a delivery begins: Event Grid waits 30 seconds, and a delivery may name thousands of
 * accounts. What is left comes with the next delivery, or is found by the timer.
 */
export const maxDeliveryMs = seconds(10);

/**
 * Looks at every account that these events are about. Throws `TransientServiceError` or `OperatorNeededError` where an
 * event must be delivered once more; the others have had their effect then.
 */
export const receiveEvents = async (app: App, { events, unreadable }: EventBatch): Promise<void> => {
  if (unreadable > 0) {
    const detail = `${unreadable} of the events of one delivery cannot be read`;
    app.ports.log.write("warn", { event: "EventUnreadable", account: null, detail });
  }
  const own = events.some(isOperation) ? await app.events.identity.read(app.limits.callMs) : null;
  const found = new Map<AccountConfig, Findings>();
  const index = app.events.accounts.use(app.accounts.list());
  for (const event of events) {
    const findings = findingsOf(event, own);
    if (findings === null) continue;
    const accounts = isOperation(event) ? index.ofResource(event.resourceId) : index.ofSecret(event.secret);
    for (const account of accounts) found.set(account, merged(found.get(account) ?? noFindings, findings));
  }
  const stop = app.ports.clock.abortAfter(maxDeliveryMs);
  const failures = await concurrently([...found], maxConcurrent, ([config, findings]) =>
    stop.aborted ? Promise.resolve(tooMany) : look(app, config, findings),
  );
  for (const failure of failures) if (failure !== null) throw failure;
};

const tooMany = new TransientServiceError({ operation: "look at the accounts of a delivery", code: "TooMany" });

type Operation = Extract<AzureEvent, { readonly operation: unknown }>;

const isOperation = (event: AzureEvent): event is Operation => "operation" in event;

/**
 * What an event asks for; null for nothing. The rotator's own operations are known by its identity. A list changes no
 * key, so it is no reason to look: two rotators would have each other look without end.
 */
const findingsOf = (event: AzureEvent, own: string | null): Findings | null => {
  if (!isOperation(event)) {
    const { version } = event.secret;
    return { ...noFindings, [event.kind === "versionAdded" ? "added" : "expiring"]: [version] };
  }
  const { identity } = event.operation;
  if (identity !== null && identity === own) return null;
  const operation = { ...event.operation, identity: identity ?? "an unknown identity" };
  if (event.kind === "regenerated") return { ...noFindings, mustLook: true, regenerations: [operation] };
  // Without its own identity the app cannot tell its own lists from those of others.
  return own === null || identity === null ? null : { ...noFindings, listings: [operation] };
};

/** The failure that another delivery may overcome; null where there is none. */
const look = async (
  app: App,
  config: AccountConfig,
  findings: Findings,
): Promise<TransientServiceError | OperatorNeededError | null> => {
  try {
    await app.events.turns.add(config.name, findings, (waiting) => lookAt(app, config, waiting));
    return null;
  } catch (error) {
    if (error instanceof TransientServiceError || error instanceof OperatorNeededError) return error;
    app.ports.log.write("warn", { event: "EventFailed", account: config.name, ...failedWith(error) });
    return null;
  }
};
