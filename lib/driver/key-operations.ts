import type { BatchKey } from "../batch-key";
import { TransientServiceError } from "../errors";
import type { Receipt, SlotKeys } from "../ports";
import type { Slot } from "../rotation/phases";
import { plusMs, toInstant } from "../rotation/time/time";
import type { PublishedAs } from "../rotation/evidence";
import type { KeySnapshot, StepContext, Waits } from "./step-context";

/** Which live key this is; null for neither. Compared in constant time, in memory only. */
export const slotOf = (keys: SlotKeys, key: BatchKey): Slot | null => {
  if (keys.primary.equals(key)) return "primary";
  return keys.secondary.equals(key) ? "secondary" : null;
};

/** Publishes one live key: value, tags, content type and expiry in one `setSecret`. */
export const publish = (
  { ports, config, call }: StepContext,
  slot: Slot,
  keys: SlotKeys,
  rotationId: string,
): Promise<Receipt & { readonly version: string }> =>
  ports.secrets.publish(
    config.secret,
    {
      key: keys[slot],
      slot,
      resourceId: config.batch.resourceId,
      rotateEveryMs: config.rotateEveryMs,
      expiresAt: plusMs(toInstant(ports.clock.now()), config.expireAfterMs),
      rotationId,
    },
    call(),
  );

/** Publishes the slot's live key, unless the newest version holds it already: then an earlier attempt published it. */
export const publishUnlessNewest = async (
  context: StepContext,
  slot: Slot,
  { keys, newest }: KeySnapshot,
  rotationId: string,
): Promise<PublishedAs> =>
  newest !== null && newest.key.equals(keys[slot])
    ? { version: newest.version }
    : publish(context, slot, keys, rotationId);

/** One signed call with this key. */
export const probe = ({ ports, config, record, call }: StepContext, key: BatchKey): Promise<"accepted" | "refused"> => {
  if (record.accountEndpoint === null)
    throw new TransientServiceError({ operation: "Batch data plane", code: "NoEndpoint" });
  return ports.batch.probe(config.batch, record.accountEndpoint, key, call());
};

/** What Batch says to one signed call with this key; `notAsked` where probing is switched off. */
export const answerFor = async (context: StepContext, key: BatchKey): Promise<"accepted" | "refused" | "notAsked"> =>
  context.config.probe === "none" ? "notAsked" : probe(context, key);

export const newKeyNotAcceptedYet = (slot: Slot): Waits => ({
  hold: {
    reason: "NewKeyNotAcceptedYet",
    detail: `Batch does not accept the new ${slot} key yet, so it is not published`,
  },
});
