import type { BatchKey } from "../../batch-key";
import { TransientServiceError } from "../../errors";
import type { SlotKeys } from "../../ports/batch-keys";
import type { Slot } from "../../rotation/phases";
import type { StepContext, Waits } from "./step-context";

/** Which live key this is; null for neither. Compared in constant time, in memory only. */
export const slotOf = (keys: SlotKeys, key: BatchKey): Slot | null => {
  if (keys.primary.equals(key)) return "primary";
  return keys.secondary.equals(key) ? "secondary" : null;
};

/** What the data plane says about a key. */
export type Answer =
  | { readonly kind: "accepted" | "refused" }
  /** `probe` is `none`: only a comparison of values can show which keys live. */
  | { readonly kind: "notAsked" }
  | { readonly kind: "unanswered"; readonly error: unknown };

/** One signed call with this key. Never throws. */
export const ask = async (context: StepContext, key: BatchKey): Promise<Answer> => {
  const { ports, config, record, call } = context;
  if (config.probe === "none") return { kind: "notAsked" };
  try {
    if (record.accountEndpoint === null)
      throw new TransientServiceError({ operation: "Batch data plane", code: "NoEndpoint" });
    return { kind: await ports.batch.probe(config.batch, record.accountEndpoint, key, call()) };
  } catch (error) {
    return { kind: "unanswered", error };
  }
};

/** The same, where only an answer helps. */
export const answerFor = async (
  context: StepContext,
  key: BatchKey,
): Promise<Exclude<Answer, { kind: "unanswered" }>["kind"]> => {
  const answer = await ask(context, key);
  if (answer.kind === "unanswered") throw answer.error;
  return answer.kind;
};

export const newKeyNotAcceptedYet = (slot: Slot): Waits => ({
  hold: {
    reason: "NewKeyNotAcceptedYet",
    detail: `Batch does not accept the new ${slot} key yet, so it is not published`,
  },
});

/** `what` begins the sentence. */
export const keyListStale = (what: string): Waits => ({
  hold: { reason: "KeyListStale", detail: `${what}; nothing is published on the word of such a list` },
});
