import { isFor } from "../rotation/first-record";
import { configurationChanged } from "../rotation/moves/corrections";
import { withConfigurationSeen } from "../rotation/newest-configuration";
import { withPauseSeen } from "../rotation/pause";
import { type DriveScope, isOlder } from "./drive-scope";
import type { Outcomes } from "./outcomes";
import type { RequestRejection } from "./requests";

const newerConfigurationRejection: RequestRejection = {
  refused: "NewerConfiguration",
  detail:
    "this process has an older configuration, which names another secret or Batch account: " +
    "try again when the deployment has replaced it",
};

/** Brings the record to this process's configuration, then does what was asked. The rejection, where it is one. */
export const beforeSteps = async (scope: DriveScope, outcomes: Outcomes): Promise<RequestRejection | null> => {
  const { ports, config, options, lease } = scope;
  const now = ports.clock.now();
  // Written with whatever comes next: before any request, and at the latest when the claim is released.
  lease.keep(withConfigurationSeen(lease.record, config, now));
  if (isOlder(scope, now)) {
    if (isFor(lease.record, config)) return carryOut(scope, outcomes, now);
    // No request to what only this configuration names can be carried out.
    return options.beforeSteps === undefined ? null : newerConfigurationRejection;
  }
  const seen = withPauseSeen(lease.record, config, now);
  if (seen !== lease.record) await lease.write(seen);
  if (!isFor(lease.record, config)) {
    const { batch, secret } = config;
    await outcomes.settle(configurationChanged(lease.record, { resourceId: batch.resourceId, secret }, now));
  }
  return carryOut(scope, outcomes, now);
};

const carryOut = async (
  { options, lease }: DriveScope,
  outcomes: Outcomes,
  now: Date,
): Promise<RequestRejection | null> => {
  const request = options.beforeSteps?.(lease.record, now) ?? null;
  if (request === null) return null;
  if ("refused" in request) return request;
  if ("note" in request) await outcomes.note(request, now);
  else await outcomes.settle(request);
  return null;
};
