import type { App } from "../../app";
import { callOptions } from "../../limits";
import { type Instant, toInstant } from "../../rotation/time/time";
import { type KeyUses, keysUnusedSince } from "../../rotation/attention/way-out";

/**
 * When an event of Azure has reported last that the keys were listed outside the rotator; null for none, and where the
 * keys are known to be in use anyway: then the history is not read. Where it cannot be read, they count as listed now.
 */
export const keysListedAt = async (
  { ports, limits }: App,
  seen: Omit<KeyUses, "keysListedAt">,
): Promise<Instant | null> => {
  if (keysUnusedSince({ ...seen, keysListedAt: null }) === null) return null;
  try {
    const options = callOptions(ports.clock, limits.callMs);
    return (await ports.history.newestOf(seen.config.name, ["KeysListed"], options))?.at ?? null;
  } catch {
    return toInstant(seen.now);
  }
};
