import { ClaimLostError } from "../errors";
import type { Limits } from "../limits";
import type { Ports } from "../ports/ports";
import type { AccountConfig } from "../rotation/account-config";
import { Drive } from "./drive";
import { Lease } from "./lease";
import type { Advanced, AdvanceOptions } from "./requests";

/**
 * Takes the claim, then step after step until the account waits, then releases the claim.
 * Never throws for a failure of Batch or the vault: the record says so.
 */
export const advance = async (
  ports: Ports,
  limits: Limits,
  config: AccountConfig,
  options: AdvanceOptions,
): Promise<Advanced> => {
  const lease = new Lease(ports, limits, config, options.by);
  const busy = await lease.take(options.claimWaitMs, options.stop, options.known ?? null);
  if (busy !== null) return busy;
  try {
    return await new Drive({ ports, limits, config, options, lease }).run();
  } catch (error) {
    // Another driver owns the record now and reports its state.
    if (error instanceof ClaimLostError) return { kind: "busy", claim: null };
    throw error;
  }
};
