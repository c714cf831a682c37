import type { Pause } from "../rotation/record";
import type { StateOf } from "../rotation/phases";
import { toInstant } from "../rotation/time/time";
import { rolledBack } from "../rotation/transitions";
import { publishUnlessNewest } from "./key-operations";
import type { Decision, Done, StepContext } from "./step-context";

/** The states whose previous key lives still. */
export type Reversible = StateOf<"started" | "regenerated" | "published">;

/**
 * Because a consumer has been unhealthy for too long. The request is recorded first, so that it completes after a
 * crash.
 */
export const rollBackUnhealthy = (state: StateOf<"published">, context: StepContext, reason: string): Decision => {
  const request: Pause = { since: toInstant(context.now), by: context.by, reason };
  return {
    kind: "act",
    words: `roll back to the ${state.rotation.previous} key, because ${reason}`,
    run: async () => {
      await context.markRollback(request);
      return rollBack(state, context, request);
    },
  };
};

/**
 * Publishes the previous key again, where another is the newest. Never in quarantine: the previous key might be dying.
 * Safe twice: where the newest version holds the previous key already, it is kept.
 */
export const rollBack = async (state: Reversible, context: StepContext, request: Pause): Promise<Done> => {
  const { ports, config, call } = context;
  const { previous, id } = state.rotation;
  const newest = await ports.secrets.newest(config.secret, call());
  const keys = await ports.batch.readKeys(config.batch, call());
  const there = newest !== null && newest.key.equals(keys[previous]);
  const as = await publishUnlessNewest(context, previous, { keys, newest }, id);
  return rolledBack(state, as, !there || state.phase === "published", request, ports.clock.now());
};
