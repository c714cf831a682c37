import type { BatchKey } from "../../batch-key";
import type { SlotKeys } from "../../ports/batch-keys";
import type { DeathProof, StateOf } from "../../rotation/phases";
import { toInstant } from "../../rotation/time/time";
import { answerFor, slotOf } from "./key-operations";
import type { GoodSnapshot, StepContext, Waits } from "./step-context";

/**
 * The state with its proof; without one where the old key cannot be read any more: then none is claimed, and the
 * rotation ends all the same, as no later attempt could prove it.
 */
export const disableDead = async (
  state: StateOf<"retired">,
  { keys }: GoodSnapshot,
  context: StepContext,
): Promise<Waits | StateOf<"retired">> => {
  const { ports, config, call } = context;
  const { previousVersion } = state;
  const old = await context.version(previousVersion);
  if (old === null || !old.enabled) return state;
  const by = state.proof === null ? await proofOf(old.key, keys, context) : state.proof.by;
  if (by === null) return oldKeyStillAccepted(state);
  const proven = { ...state, proof: state.proof ?? { by, at: toInstant(ports.clock.now()) } };
  if (state.proof === null) await context.markProven(proven);
  await ports.secrets.disable(config.secret, previousVersion, call());
  return proven;
};

/** Null while the key lives. */
const proofOf = async (old: BatchKey, keys: SlotKeys, context: StepContext): Promise<DeathProof["by"] | null> => {
  if (slotOf(keys, old) !== null) return null;
  // The live active key has just been accepted, so a refusal here is about this key, not about a clock or a firewall.
  const answer = await answerFor(context, old);
  if (answer === "accepted") return null;
  return answer === "refused" ? "signedCall" : "comparison";
};

const oldKeyStillAccepted = ({ rotation, previousVersion }: StateOf<"retired">): Waits => ({
  hold: {
    reason: "OldKeyStillAccepted",
    detail: `Batch still accepts the old ${rotation.previous} key, version ${previousVersion}`,
  },
});
