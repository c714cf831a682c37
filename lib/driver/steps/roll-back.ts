import type { EventDraft } from "../../rotation/events/events";
import type { PublishedAs } from "../../rotation/moves/evidence";
import type { StateOf } from "../../rotation/phases";
import type { Pause } from "../../rotation/record";
import { toInstant } from "../../rotation/time/time";
import { rolledBack } from "../../rotation/moves/transitions";
import { ask, keyListStale, slotOf } from "./key-operations";
import { listTooOld, publishProven } from "./publish";
import { readNewest } from "./read-newest";
import type { Decision, Done, KeySnapshot, StepContext, Waits } from "./step-context";

/** The states whose previous key lives still. */
type Reversible = StateOf<"started" | "regenerated" | "published">;

interface Open {
  readonly kind: "open";
  readonly snapshot: KeySnapshot;
  /** Empty where the newest version holds the previous key still. */
  readonly proof: Pick<PublishedAs, "answer">;
}

/** Whether apps can go back to the previous key. */
type WayBack =
  | Open
  /** There is nothing to go back to. */
  | { readonly kind: "gone"; readonly why: string }
  | { readonly kind: "unclear"; readonly waits: Waits };

/**
 * Only a key that is still what its secret version says, and that Batch accepts. It may have been replaced by a request
 * of this rotation whose result is not in the record.
 */
const wayBack = async (state: Reversible, context: StepContext): Promise<WayBack> => {
  const { ports, config, call } = context;
  const { previous } = state.rotation;
  const newest = await readNewest(context, state.active);
  const keys = await ports.batch.readKeys(config.batch, call());
  if (newest?.key.equals(keys[previous])) return { kind: "open", snapshot: { keys, newest }, proof: {} };
  const version = state.phase === "published" ? state.previousVersion : state.active.version;
  const old = await ports.secrets.version(config.secret, version, call());
  if (old?.enabled !== true)
    return { kind: "gone", why: `its secret version ${version} is ${old === null ? "gone" : "disabled"}` };
  if (!old.key.equals(keys[previous])) return { kind: "gone", why: "it has been regenerated" };
  const answer = await ask(context, old.key);
  if (answer.kind === "unanswered") {
    const isDead = newest === null || slotOf(keys, newest.key) === null;
    if (!isDead) throw answer.error;
    const waits = listTooOld(context, newest, previous);
    if (waits !== null) return { kind: "unclear", waits };
  }
  if (answer.kind === "refused") {
    const what = `Batch refuses the ${previous} key that its own key list shows and version ${version} holds`;
    return { kind: "unclear", waits: keyListStale(what) };
  }
  return { kind: "open", snapshot: { keys, newest }, proof: { answer: answer.kind } };
};

/**
 * Because a consumer has been unhealthy for too long. The request is recorded first, so that it completes after a
 * crash. Null where the previous key is gone: then the rotation goes on, and its gate says who is unhealthy.
 */
export const rollBackUnhealthy = async (
  state: StateOf<"published">,
  context: StepContext,
  reason: string,
): Promise<Decision | null> => {
  const way = await wayBack(state, context);
  if (way.kind === "gone") return null;
  const request: Pause = { since: toInstant(context.now), by: context.by, reason };
  return {
    kind: "act",
    words: `roll back to the ${state.rotation.previous} key, because ${reason}`,
    run: async () => {
      if (way.kind === "unclear") return way.waits;
      await context.markRollback(request);
      return goBack(state, way, context, request);
    },
  };
};

/** A roll-back that cannot be done any more: the rotation is past that point and goes on. */
export interface Impossible {
  readonly impossible: EventDraft;
}

/**
 * Publishes the previous key again, where another is the newest. Never in quarantine: the previous key might be dying.
 * Safe twice: where the newest version holds the previous key already, it is kept.
 */
export const rollBack = async (state: Reversible, context: StepContext, request: Pause): Promise<Done | Impossible> => {
  const way = await wayBack(state, context);
  if (way.kind === "unclear") return way.waits;
  if (way.kind === "open") return goBack(state, way, context, request);
  const detail = `there is no way back to the ${state.rotation.previous} key: ${way.why}; the rotation goes on`;
  return { impossible: { event: "RollbackImpossible", detail } };
};

const goBack = async (
  state: Reversible,
  { snapshot, proof }: Open,
  context: StepContext,
  request: Pause,
): Promise<Done> => {
  const { previous, id } = state.rotation;
  const there = snapshot.newest?.key.equals(snapshot.keys[previous]) === true;
  const as = { ...(await publishProven(context, previous, snapshot, id)), ...proof };
  return rolledBack(state, as, !there || state.phase === "published", request, context.ports.clock.now());
};
