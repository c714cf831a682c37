import { TransientServiceError } from "../../errors";
import type { AccountConfig } from "../../rotation/account-config";
import type { RotationEvent } from "../../rotation/events/events";
import { secretUrl } from "../../rotation/ownership";
import type { Published } from "../../rotation/phases";
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

/**
 * The history knows what was published last, also where the record does not: it was lost, or restored from an older
 * copy. An older newest version is a stale read then.
 */
export const refuseOlderThanPublished = async (
  { ports, config, call }: StepContext,
  newest: Newest | null,
): Promise<void> => refuseOlder(config, await ports.history.newestOf(config.name, ["KeyPublished"], call()), newest);

/**
 * The same before a regenerate. False where the history goes on above the record: it was restored from an older copy,
 * and an operator may have paused the account since.
 */
export const mayRegenerate = async (context: StepContext, newest: Newest): Promise<boolean> => {
  const { ports, config, call } = context;
  const recordedThrough = context.recordedThrough();
  const above = recordedThrough === null ? {} : { above: recordedThrough };
  const last = await ports.history.newestOf(config.name, ["KeyPublished"], { ...call(), ...above });
  if (last !== null && recordedThrough !== null && last.sequence > recordedThrough) return false;
  refuseOlder(config, last, newest);
  return true;
};

const refuseOlder = (config: AccountConfig, last: RotationEvent | null, newest: Newest | null): void => {
  const { createdAt, secret } = last?.evidence ?? {};
  if (secret !== secretUrl(config.secret)) return;
  if (newest !== null && typeof createdAt === "string" && newest.createdAt < createdAt) throw staleRead();
};

const staleRead = (): TransientServiceError =>
  new TransientServiceError({ operation: "Key Vault read of the newest version", code: "StaleRead" });
