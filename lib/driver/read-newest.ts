import { TransientServiceError } from "../errors";
import type { Published } from "../rotation/phases";
import type { Newest, StepContext } from "./step-context";

/**
 * What apps read now; null where there is no secret. During a failover the vault can answer from before the recorded
 * version: that is neither a manual publication nor a deleted secret, so it counts as no answer.
 */
export const readNewest = async (
  { ports, config, call, sawNewest }: StepContext,
  active: Pick<Published, "version" | "createdAt">,
): Promise<Newest | null> => {
  const newest = await ports.secrets.newest(config.secret, call());
  if (newest?.version === active.version) {
    sawNewest(newest);
    return newest;
  }
  const isStale =
    newest === null
      ? (await ports.secrets.version(config.secret, active.version, call())) !== null
      : newest.createdAt < active.createdAt;
  if (isStale) throw staleRead();
  sawNewest(newest);
  return newest;
};

export const staleRead = (): TransientServiceError =>
  new TransientServiceError({ operation: "Key Vault read of the newest version", code: "StaleRead" });
